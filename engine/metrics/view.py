"""What a run looks like at one instant: published whole by its own thread, read by anybody."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model.event import RunEvent
from engine.model.fault import FailureScenario
from engine.model.presentation import TransactionFlowNode
from engine.model.results import FaultRecord, JournalReconciliation, RunSummary, TestStatus
from engine.model.run import RunMeta
from engine.model.tick import Tick


@dataclass(frozen=True)
class RunView:
    """One instant of one run; never changed after it was published."""

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
    warnings: tuple[str, ...] = ()
    journal: JournalReconciliation | None = None
    summary: RunSummary | None = None
    exchange: tuple[str, str] | None = None
