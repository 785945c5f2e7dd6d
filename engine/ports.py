"""The engine's ports: what the run needs from outside, as small Protocols."""

from __future__ import annotations

from typing import Protocol

from engine.model.control import PlatformReport, WorkerCommand, WorkerMessage, WorkerPlan
from engine.model.results import Target


class Clock(Protocol):
    """Monotonic time, shared by every process of this machine."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary origin."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class WorkerLost:
    """A load worker ended without its final report."""

    def __init__(self, share: int, reason: str) -> None:
        self.share = share
        self.reason = reason


class Fleet(Protocol):
    """Where load workers run."""

    def start(self, plans: list[WorkerPlan]) -> None:
        """Start one worker a plan and wait until all are ready; raises FleetError."""

    def command(self, command: WorkerCommand) -> None:
        """Tell every living worker."""

    def poll(self) -> list[WorkerMessage | WorkerLost]:
        """All that arrived since the last call; never blocks."""

    def close(self) -> None:
        """End every worker, at once; idempotent."""


class FaultInjector(Protocol):
    """The platform's side of faults."""

    def hold_down(self, scorers: list[int], lease_seconds: float) -> None:
        """Kill these scorers and keep them down until released or the lease ends."""

    def release(self) -> None:
        """Clear every fault; idempotent."""


class TargetSystem(Protocol):
    """The system under test: started (or only reached), watched, and closed."""

    def start(self, run_id: str) -> Target:
        """Make it ready to answer; raises TargetError."""

    def poll(self) -> PlatformReport | None:
        """Its newest telemetry, if it has any and one arrived; never blocks."""

    def injector(self) -> FaultInjector | None:
        """Its faults, or None if it offers none."""

    def alive(self) -> bool:
        """Whether it can still be expected to answer."""

    def journal(self) -> str | None:
        """The path of its journal, once closed; None if it has none."""

    def close(self) -> None:
        """End what `start` started; idempotent."""
