"""The state of the engine as a page needs it, once a tick."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from engine.model.event import RunEvent
from engine.model.figure import Figure
from engine.model.presentation import TransactionFlowNode
from engine.model.results import DegradedInterval, RunSummary, TestStatus


class FaultSpan(BaseModel):
    """One fault on the timeline: planned, under way or over; seconds on the run clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    start_seconds: float
    end_seconds: float | None
    status: str  # planned | active | cleared | recovered
    recovered_seconds: float | None = None
    proven: bool = False


class CriterionLine(BaseModel):
    """A criterion drawn as a line on a chart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    label: str
    value: float
    unit: str


class LiveState(BaseModel):
    """All but the ticks: identity, state, plan, events, nodes and figures.

    `plan` holds (seconds, transactions per second) corner points of the planned rate.
    `criteria` are those with a number, `must_hold` names the others.
    `doubts` are the generator's about itself, now: each says what and what to do; `rate_factor` is
    what the operator multiplied the planned rate by, and `plan` follows it. `degraded` are the
    spans in which a lost worker's arrivals were offered by nobody. `clock_seconds` is the run
    clock: it stands still in a pause.
    """

    model_config = ConfigDict(extra="forbid")

    run_id: str | None = None
    status: TestStatus = TestStatus.NOT_STARTED
    target_line: str
    preset: str | None = None
    name: str = ""
    promise: str = ""
    act: str | None = None
    marks: list[str] = Field(default_factory=list)
    clock_seconds: float = 0.0
    duration_seconds: float = 0.0
    plan: list[tuple[float, float]] = Field(default_factory=list)
    faults: list[FaultSpan] = Field(default_factory=list)
    criteria: list[CriterionLine] = Field(default_factory=list)
    must_hold: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    doubts: list[str] = Field(default_factory=list)
    rate_factor: float = 1.0
    degraded: list[DegradedInterval] = Field(default_factory=list)
    events: list[RunEvent] = Field(default_factory=list)
    nodes: list[TransactionFlowNode] = Field(default_factory=list)
    figures: list[Figure] = Field(default_factory=list)
    summary: RunSummary | None = None
