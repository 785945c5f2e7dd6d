"""What a worker uses of the machine, the process that makes its traffic included."""

from __future__ import annotations

from typing import Protocol

from engine.measure.resources import ProcessUsage


class Helper(Protocol):
    """Processes that work for a worker."""

    def cpu_seconds(self) -> float:
        """User and system time so far."""

    def rss_bytes(self) -> int:
        """Resident memory now."""


class WorkerUsage:
    """CPU since the previous look and memory now, of this process and its helper."""

    def __init__(self, helper: Helper | None = None) -> None:
        self._own, self._helper = ProcessUsage(), helper
        self._own_seconds = self._helper_seconds = 0.0

    def cpu_seconds(self) -> tuple[float, float]:
        """Of this process and of its helper, each since the previous call."""
        own = self._own.cpu_seconds()
        helper = 0.0 if self._helper is None else self._helper.cpu_seconds()
        spent = own - self._own_seconds, helper - self._helper_seconds
        self._own_seconds, self._helper_seconds = own, helper
        return spent

    def rss_bytes(self) -> int:
        """Of both now."""
        helper = 0 if self._helper is None else self._helper.rss_bytes()
        return self._own.rss_bytes() + helper
