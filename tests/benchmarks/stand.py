"""The test stand: the fast target on one core, one client on another, and what both cost.

CPU is user and system time of the client's whole process tree between two instants, as the system
counts it (in steps of 10 ms), over the requests the target read between the same two instants; so
what a client spends to start and to end is left out, for all in the same way. What everybody else
on the machine used meanwhile is noted beside it: the stand is quiet where that is near zero.
"""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

START_SECONDS = 30.0
END_SECONDS = 30.0
LOOK_SECONDS = 0.05


class StandError(Exception):
    """A client could not be measured; the message says why."""


def cores():
    """The cores of the target and of the client; empty sets where processes cannot be bound."""
    if not hasattr(os, "sched_setaffinity"):
        return frozenset(), frozenset()
    usable = sorted(os.sched_getaffinity(0))
    return frozenset(usable[:1]), frozenset(usable[1:2] or usable)


def how_bound():
    """`cores` in words."""
    target, client = (",".join(map(str, sorted(some))) for some in cores())
    if not target:
        return "processes not bound to cores: this system cannot"
    return f"target on core {target}, client on core {client}"


@contextlib.contextmanager
def bound(to):
    """What is started in here runs on these cores only."""
    if not to:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Usage:
    """CPU seconds so far, at an instant: of the client's tree, of the target, of the machine."""

    at_ns: int
    client: float
    target: float
    machine: float


@dataclass(frozen=True)
class Seen:
    """What the target saw of one client.

    Attributes:
        arrivals_ns: All arrivals, ascending.
        begin, end: CPU use at both ends of the window.
        freeze_ns: Begin and end of the freeze, where there was one.
    """

    arrivals_ns: np.ndarray
    begin: Usage
    end: Usage
    freeze_ns: tuple[int, int] | None

    @property
    def window_ns(self):
        """The arrivals between both ends."""
        at = np.searchsorted(self.arrivals_ns, [self.begin.at_ns, self.end.at_ns])
        return self.arrivals_ns[at[0] : at[1]]

    @property
    def seconds(self):
        return (self.end.at_ns - self.begin.at_ns) / 1e9


class Target:
    """`tests.benchmarks.target` as a child process on the first core."""

    def __init__(self, scratch):
        self._file = Path(scratch) / "arrivals.bin"
        with bound(cores()[0]):
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.target"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/v1/transactions"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return tuple(int(word) for word in self.process.stdout.readline().split())

    def arrivals_ns(self):
        self.ask(f"save {self._file}")
        arrivals = np.fromfile(self._file, dtype=np.int64)
        self._file.unlink()
        return arrivals


@dataclass(frozen=True)
class Timing:
    """Seconds from the first arrival: to the window, its length, and to a freeze (its length)."""

    warm: float
    window: float
    freeze_at: float = 0.0
    freeze: float = 0.0


def observe(target, start, timing):
    """Let one client run to its end; return what it says of itself and what the target saw.

    `start` starts it and returns an object with a `process` (a `Popen`) and `finish(timeout)`.
    """
    target.ask("clear")
    with bound(cores()[1]):
        client = start()
    try:
        tree, server = psutil.Process(client.process.pid), psutil.Process(target.process.pid)
        first_ns = _first_arrival(target, client.process)
        _sleep_until(first_ns + round(timing.warm * 1e9))
        begin = _usage(tree, server)
        freeze_ns = None
        if timing.freeze:
            _sleep_until(first_ns + round(timing.freeze_at * 1e9))
            freeze_ns = target.ask(f"freeze {timing.freeze}")
        _sleep_until(begin.at_ns + round(timing.window * 1e9))
        end = _usage(tree, server)
        said = client.finish(END_SECONDS)
    except psutil.NoSuchProcess as error:
        msg = f"it ended before its time: {_last_words(client)}"
        raise StandError(msg) from error
    finally:
        if client.process.poll() is None:
            client.process.kill()
            client.process.wait(30)
    return said, Seen(target.arrivals_ns(), begin, end, freeze_ns)


def _first_arrival(target, process):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        (first_ns,) = target.ask("first")
        if first_ns:
            return first_ns
        if process.poll() is not None:
            raise psutil.NoSuchProcess(process.pid)
        time.sleep(LOOK_SECONDS)
    msg = f"it sent nothing within {START_SECONDS:g} s"
    raise StandError(msg)


def _sleep_until(at_ns):
    time.sleep(max(at_ns - time.monotonic_ns(), 0) / 1e9)


def _usage(tree, server):
    at_ns = time.monotonic_ns()
    used = _used(tree) + sum(_used(child) for child in tree.children(recursive=True))
    if not tree.is_running() or tree.status() == psutil.STATUS_ZOMBIE:
        raise psutil.NoSuchProcess(tree.pid)
    machine = psutil.cpu_times()
    idle = machine.idle + getattr(machine, "iowait", 0.0)
    guests = getattr(machine, "guest", 0.0) + getattr(machine, "guest_nice", 0.0)
    return Usage(at_ns, used, _used(server), sum(machine) - idle - guests)


def _used(process):
    """User and system time of a process, and of its children that have ended."""
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _last_words(client):
    try:
        client.finish(1.0)
    except Exception as error:  # noqa: BLE001 - whatever it was, this is what is known of it
        return str(error)
    return "no error"
