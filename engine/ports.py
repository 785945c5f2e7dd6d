"""The engine's ports: what the run needs from outside, as small Protocols."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.model.control import (
    PlatformReport,
    SparseHistogram,
    WorkerCommand,
    WorkerMessage,
    WorkerPlan,
)
from engine.model.event import RunEvent
from engine.model.metrics import AgentMetrics
from engine.model.orders import FaultOrder, LinkTrouble
from engine.model.results import RunSummary, Target, TestStatus
from engine.model.run import RunMeta, RunProgress
from engine.model.tick import Tick

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class JournalRows:
    """The journal's own count: arrival numbers, uint32 of shape (rows,), one a row.

    `applied_twice` counts the ids the journal was asked to apply more than once.
    """

    numbers: np.ndarray
    applied_twice: int


class TickLatencies(NamedTuple):
    """One tick's histograms, all workers merged.

    Response and service are of decisions, lateness and queue of arrivals: the generator's own.
    """

    response: SparseHistogram
    service: SparseHistogram
    lateness: SparseHistogram
    queue: SparseHistogram


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

    def command(self, command: WorkerCommand, share: int | None = None) -> None:
        """Tell every living worker, or only the one with this share."""

    def poll(self) -> list[WorkerMessage | WorkerLost]:
        """All that arrived since the last call; never blocks.

        A worker that ended before its final report, or that hung and was ended, is lost: once.
        """

    def close(self) -> None:
        """End every worker, at once; idempotent."""


class RunStore(Protocol):
    """Where one run is written, tick by tick, by its own thread."""

    def create(self, meta: RunMeta) -> None:
        """Begin the run, owned by this process."""

    def append(self, run_id: str, tick: Tick, latencies: TickLatencies) -> None:
        """Write one tick with its histograms."""

    def event(self, run_id: str, event: RunEvent) -> None:
        """Write one event."""

    def heartbeat(self, run_id: str, status: TestStatus, progress: RunProgress) -> None:
        """Say that the owner lives, and how far it is."""

    def finish(self, run_id: str, progress: RunProgress, summary: RunSummary) -> None:
        """Close the run."""

    def rows(self, run_id: str) -> np.ndarray:
        """All ticks so far in order: float64, shape (ticks, len(COLUMNS))."""

    def histograms(self, run_id: str) -> Iterable[TickLatencies]:
        """The histograms of every tick so far, in order."""


class RunArchive(Protocol):
    """Where runs are read again."""

    def orphans(self) -> list[str]:
        """Runs that never ended although their owner is dead."""

    def load(self, run_id: str) -> tuple[RunMeta, RunProgress, RunSummary | None]:
        """What is known of a run besides its ticks and events."""

    def rows(self, run_id: str) -> np.ndarray:
        """All its ticks in order: float64, shape (ticks, len(COLUMNS))."""

    def histograms(self, run_id: str) -> Iterable[TickLatencies]:
        """The histograms of every tick, in order; empty where none were kept."""

    def events(self, run_id: str) -> list[RunEvent]:
        """All its events, in order."""

    def finish(self, run_id: str, progress: RunProgress, summary: RunSummary) -> None:
        """Close it."""


class FaultInjector(Protocol):
    """The target's side of faults."""

    def inject(self, order: FaultOrder | LinkTrouble) -> None:
        """Let an order hold from now on, in place of the one with its tag; raises TargetError."""

    def release(self, *tags: str) -> None:
        """End the orders with these tags, all without any; idempotent."""


class TargetSystem(Protocol):
    """The system under test: started (or only reached), watched, and closed."""

    def start(self, run_id: str) -> Target:
        """Make it ready to answer; raises TargetError."""

    def poll(self) -> PlatformReport | None:
        """Its newest telemetry, if it has any and one arrived; never blocks."""

    def agents(self) -> tuple[AgentMetrics, ...]:
        """Its agents as they are now, if it shows any; never blocks."""

    def injector(self) -> FaultInjector | None:
        """Its faults, or None if it offers none."""

    def alive(self) -> bool:
        """Whether it can still be expected to answer."""

    def journal(self, id_prefix: str) -> JournalRows | None:
        """What its journal holds of this run's ids, read after `close`; None if it has none."""

    def discard(self) -> None:
        """Delete what the run left behind, such as the journal; idempotent."""

    def keep_evidence(self, run_id: str) -> None:
        """Keep what the run left behind: it did not add up."""

    def close(self) -> None:
        """End what `start` started; idempotent."""
