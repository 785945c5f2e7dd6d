"""Asking the scheduler for short turns, so that who has little to do at a time is let in at once.

Since 6.12 Linux lets a process that wakes interrupt one whose turns are longer, and any process may
ask for turns between 0.1 and 100 ms; by default they are some milliseconds, and a worker that wakes
to send waits that long for the process beside it. Its share of the processor stays the same. With
the traffic made on the same core, 2.6 ms at a time, a task that woke each millisecond came 1.3 ms
late in 1 % of cases, and 0.15 ms with turns of 0.1 ms (two cores, Linux 6.18).

Older kernels and other systems ignore it. Python has no function for it: the system call is
sched_setattr(2), for which the C library got one only lately.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

SHORT_NS = 100_000
DEFAULT_NS = 0
_CALLS = {"x86_64": 314, "aarch64": 274}
# struct sched_attr, its first version, which all kernels take: size, policy, flags, nice, priority,
# then what is the length of a turn for ordinary processes, deadline and period.
_ATTRIBUTES = "=IIQiIQQQ"
_SIZE = struct.calcsize(_ATTRIBUTES)


def ask_for_turns(turn_ns: int) -> bool:
    """Have this thread, and those it starts, run so long at a time; whether the system took it."""
    call = _CALLS.get(platform.machine())
    if not sys.platform.startswith("linux") or call is None:
        return False
    if os.sched_getscheduler(0) != os.SCHED_OTHER:  # whoever chose another knows better
        return False
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wanted = struct.pack(_ATTRIBUTES, _SIZE, os.SCHED_OTHER, 0, nice, 0, turn_ns, 0, 0)
    library = ctypes.CDLL(None, use_errno=True)
    taken: int = library.syscall(call, 0, wanted, 0)
    return taken == 0
