"""Whether a worker hangs: it lives, and sends nothing although it could.

A worker reports every quarter of a second. Silence counts only while the app itself was looking:
a gap between two looks counts `GAP_SECONDS` at most, so an app that was frozen or starved accuses
nobody. Nor does the time count that the worker waited for a processor, where the system tells it:
it is slow then, and a slow worker is not a hung one. The system adds up such waits only when they
are over, so one that lasts is known by its signs: ready to run, and not run since the last look.
"""

from __future__ import annotations

from pathlib import Path

SILENT_SECONDS = 0.75
SUSPECT_SECONDS = 0.3  # of silence; before that no look asks the system
GAP_SECONDS = 0.1


class Pulse:
    """The signs of life of one process; `wait` and `beat` at every look."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.silent_seconds = 0.0
        self._queued_seconds = 0.0
        self._ran_seconds = -1.0

    def beat(self) -> None:
        """It sent something."""
        self.silent_seconds = 0.0
        self._queued_seconds = queued_seconds(self._pid)

    def wait(self, seconds: float) -> bool:
        """It sent nothing in this time since the last look; whether it hangs."""
        if self.silent_seconds >= SUSPECT_SECONDS and self._waits_for_a_processor():
            return False
        self.silent_seconds += min(seconds, GAP_SECONDS)
        if self.silent_seconds < SILENT_SECONDS:
            return False
        queued = queued_seconds(self._pid) - self._queued_seconds
        return self.silent_seconds - queued >= SILENT_SECONDS

    def _waits_for_a_processor(self) -> bool:
        before, self._ran_seconds = self._ran_seconds, ran_seconds(self._pid)
        return self._ran_seconds == before and ready_to_run(self._pid)


def ran_seconds(pid: int) -> float:
    """How long a process's main thread has run so far; 0 where nobody tells.

    Linux: the first field of /proc/PID/schedstat, in ns.
    """
    return _schedstat_seconds(pid, 0)


def queued_seconds(pid: int) -> float:
    """How long a process's main thread has waited for a processor so far; 0 where nobody tells.

    Linux: the second field of /proc/PID/schedstat, in ns.
    """
    return _schedstat_seconds(pid, 1)


def _schedstat_seconds(pid: int, field: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[field]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def ready_to_run(pid: int) -> bool:
    """Whether a process's main thread runs or would if it had a processor; no if nobody tells.

    Linux: the state after the name, which is in brackets, in /proc/PID/stat.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    except (OSError, IndexError):
        return False
