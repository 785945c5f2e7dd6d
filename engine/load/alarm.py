"""Waking the event loop at an instant, as exactly as the system allows.

The loop's own timers count in milliseconds. On Linux a timerfd wakes it to a few tens of
microseconds; elsewhere the loop's timer has to do. Python has no timerfd before 3.13, so the C
library is called; a `PyDLL` call does not hand the interpreter to another thread on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import time
from collections.abc import Callable
from typing import Protocol

_CLOCK_MONOTONIC = 1
_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
_ABSOLUTE = 1


class Alarm(Protocol):
    """Calls back at one instant at a time."""

    def arm(self, at_ns: int) -> None:
        """Call back at this instant (`time.monotonic_ns()`); it replaces the one before."""

    def close(self) -> None:
        """Never call back again."""


class TimerFdAlarm:
    """Wakes by a timerfd of the monotonic clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        library = ctypes.PyDLL(None, use_errno=True)
        self._fd: int = library.timerfd_create(_CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._times = (ctypes.c_long * 4)()  # struct itimerspec: repeat after, first at
        self._pointer = ctypes.byref(self._times)
        self._settime = library.timerfd_settime
        self._loop, self._ring = loop, ring
        self._at_ns = 0
        loop.add_reader(self._fd, self._readable)

    def arm(self, at_ns: int) -> None:
        """Call back at this instant; in the past means at once."""
        self._at_ns = max(at_ns, 1)
        self._times[2], self._times[3] = divmod(self._at_ns, 1_000_000_000)
        self._settime(self._fd, _ABSOLUTE, self._pointer, None)

    def close(self) -> None:
        """Never call back again."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _readable(self) -> None:
        """Ring. Arming anew takes back that it went off, so mostly there is nothing to read.

        A read would hand the interpreter to the thread that makes traffic, at every turn.
        """
        if time.monotonic_ns() < self._at_ns:  # put off since it went off
            return
        self._at_ns = 0
        self._ring()
        if not self._at_ns and self._fd >= 0:
            with contextlib.suppress(BlockingIOError):
                os.read(self._fd, 8)


class LoopAlarm:
    """Wakes by the loop's own timer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop, self._ring = loop, ring
        self._handle: asyncio.TimerHandle | None = None

    def arm(self, at_ns: int) -> None:
        """Call back at this instant; in the past means at once."""
        self.close()
        wait_seconds = max(at_ns - time.monotonic_ns(), 0) / 1e9
        self._handle = self._loop.call_later(wait_seconds, self._ring)

    def close(self) -> None:
        """Never call back again."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


def best_alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> Alarm:
    """The most exact alarm this system has."""
    try:
        return TimerFdAlarm(loop, ring)
    except (OSError, AttributeError):  # no such function outside Linux
        return LoopAlarm(loop, ring)
