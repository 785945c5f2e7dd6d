"""What a run looks like at one instant: published whole by its own thread, read by anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.model.control import PlatformReport
from engine.model.dead_letter_record import DeadLetterRecord
from engine.model.event import RunEvent
from engine.model.fault import FailureScenario
from engine.model.metrics import AgentMetrics, ResilienceMetrics
from engine.model.presentation import TransactionFlowNode
from engine.model.results import (
    DegradedInterval,
    FaultRecord,
    JournalReconciliation,
    RateChange,
    RunSummary,
    TestStatus,
)
from engine.model.run import RunMeta
from engine.model.tick import Tick

RATE_CHANGED, DEGRADED = "RATE CHANGED LIVE", "DEGRADED"


def _rate_mark(changes: Sequence[RateChange]) -> str:
    """How far from the plan the rate was taken by hand: to its lowest, or highest, or both."""
    factors = [1.0, *(change.factor for change in changes)]
    extremes = [f"{factor:.0%}".replace("%", " %") for factor in (min(factors), max(factors))]
    reached = [shown for shown in extremes if shown != "100 %"] or ["100 %"]
    return f"{RATE_CHANGED} TO {' AND '.join(reached)}"


def marks_of(
    meta: RunMeta, changes: Sequence[RateChange], degraded: Sequence[DegradedInterval]
) -> list[str]:
    """The marks a run carries wherever it is shown: those it began with, and what became of it."""
    return [
        *meta.marks,
        *([_rate_mark(changes)] if changes else []),
        *([DEGRADED] if degraded else []),
    ]


@dataclass(frozen=True)
class RunView:
    """One instant of one run; never changed after it was published.

    `rate_changes` are all so far, also one that takes effect in a moment. `doubts` are the
    generator's about itself, as of the newest tick. `reports` are the platform's of the latest half
    minute, oldest first; none while it is silent or gone.
    """

    meta: RunMeta | None
    status: TestStatus
    clock_seconds: float = 0.0
    tick: Tick | None = None
    totals: dict[str, float] = field(default_factory=dict)
    confusion: dict[str, int] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    nodes: tuple[TransactionFlowNode, ...] = ()
    faults: tuple[FaultRecord, ...] = ()
    waiting_faults: tuple[FailureScenario, ...] = ()
    events: tuple[RunEvent, ...] = ()
    journal: JournalReconciliation | None = None
    summary: RunSummary | None = None
    exchange: tuple[str, str] | None = None
    rate_changes: tuple[RateChange, ...] = ()
    degraded: tuple[DegradedInterval, ...] = ()
    doubts: tuple[str, ...] = ()
    agents: tuple[AgentMetrics, ...] = ()
    dead_letters: tuple[DeadLetterRecord, ...] = ()
    reports: tuple[PlatformReport, ...] = ()
    agent_confusion: dict[str, int] = field(default_factory=dict)
    resilience: ResilienceMetrics | None = None

    @property
    def rate_factor(self) -> float:
        """What the operator last multiplied the planned rate by; 1 if nobody did."""
        return self.rate_changes[-1].factor if self.rate_changes else 1.0

    @property
    def marks(self) -> list[str]:
        """The marks this run carries now."""
        return [] if self.meta is None else marks_of(self.meta, self.rate_changes, self.degraded)
