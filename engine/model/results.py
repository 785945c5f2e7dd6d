"""The results of a run: verdict, counts, latencies, faults, journal, and the state it is in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from engine.model.config import StressTestConfig
from engine.model.event import RunEvent
from engine.model.fault import FailureType
from engine.model.instrument import Instrument
from engine.model.metrics import (
    AgentMetrics,
    BusinessMetrics,
    DegradationSummary,
    HeroMetrics,
    ResilienceMetrics,
    SystemMetrics,
)
from engine.model.scenario import TestScenario
from engine.model.scorecard import Scorecard
from engine.model.traffic import TrafficSource

SCHEMA_VERSION = 1


class TestStatus(StrEnum):
    """The states of a run."""

    NOT_STARTED = "not_started"
    INITIALIZING = "initializing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the run has ended."""
        return self in {TestStatus.COMPLETED, TestStatus.FAILED, TestStatus.CANCELLED}


class Verdict(StrEnum):
    """What a run showed. `aborted` is a run that did not reach its end."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ABORTED = "aborted"


class CriterionOutcome(StrEnum):
    """How one criterion came out."""

    HELD = "held"
    DID_NOT_HOLD = "did not hold"
    NOT_EXERCISED = "not exercised"
    NOT_TESTED = "not tested at this scale"
    NOT_MEASURED = "not measured on this target"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CriterionResult(_Record):
    """One criterion: its key and formula, what was measured against which threshold."""

    key: str
    label: str
    formula: str
    threshold: bool | float
    unit: str
    measured: float | None
    outcome: CriterionOutcome
    explanation: str


class Counts(_Record):
    """Totals. due = sent + dropped + backlog; sent = decided + rejected + failed + in_flight."""

    due: int
    sent: int
    dropped: int
    backlog: int
    decided: int
    rejected: int
    failed: int
    in_flight: int

    @property
    def conserved(self) -> bool:
        """Whether both conservation laws hold."""
        return (
            self.due == self.sent + self.dropped + self.backlog
            and self.sent == self.decided + self.rejected + self.failed + self.in_flight
        )


class LatencySummary(_Record):
    """Percentiles in ms; None where there are too few samples for that percentile."""

    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p99_9: float | None
    max: float | None
    mean: float | None
    count: int


class PerSecond(_Record):
    """Series by second since Start; `backlog` and `in_flight` are at the end of the second."""

    offered: list[int]
    sent: list[int]
    decided: list[int]
    failed: list[int]
    rejected: list[int]
    dropped: list[int]
    backlog: list[int]
    in_flight: list[int]
    planned: list[float]


class SteadyState(_Record):
    """The target before a fault; rates per second, shares 0..1, times in ms."""

    window_seconds: float
    achieved_tps: float
    offered_tps: float
    error_rate: float
    timeout_rate: float
    p99_ms: float | None


class FaultRecord(_Record):
    """One fault of a run; instants in seconds since Start, None where it did not happen.

    `paused_seconds` is how long the run was paused before the onset: an instant minus this is the
    run clock's, as the plan counts. `proof` and `removal` are what an independent probe measured
    while it was on and after it was cleared, or that it saw nothing; without both there is no
    recovery.
    """

    failure_type: FailureType
    display_name: str
    severity: float
    by_hand: bool
    onset_seconds: float
    paused_seconds: float = 0.0
    clear_seconds: float | None
    share: str
    parameters: dict[str, float] = Field(default_factory=dict)
    component: str = ""
    proven: bool
    proof: str
    removed: bool = False
    removal: str = ""
    steady_state: SteadyState | None
    detected_after_seconds: float | None
    recovered_at_seconds: float | None
    recovery_from_onset_seconds: float | None
    recovery_from_clear_seconds: float | None
    failed_during: int
    explanation: str
    scorecard: Scorecard | None = None


class JournalReconciliation(_Record):
    """Distinct acknowledged ids against the journal's rows."""

    acknowledged: int
    found: int
    missing: int
    duplicated: int
    unacknowledged: int


class RateChange(_Record):
    """From this second of the run clock on, the planned rate was multiplied by this factor."""

    schedule_seconds: float
    factor: float


class ScalingRecord(_Record):
    """The platform changed its number of scorers.

    `t_seconds` since Start: when the customers had moved. `seconds`: how long that had taken since
    the cause began to hold. `utilisation` (0 and up) is what it was decided on. `held` transactions
    waited at the edge for up to `held_ms`, while `shards` of its 64 shards of customers moved.
    """

    t_seconds: float
    from_scorers: int
    to_scorers: int
    cause: str
    utilisation: float | None
    seconds: float
    shards: int
    held: int
    held_ms: float


class DegradedInterval(_Record):
    """A load worker was lost: from its last report to the takeover nobody offered its arrivals.

    Instants in seconds of the run clock; `to_seconds` is None where nobody was left to take over.
    """

    share: int
    shares: int
    reason: str
    from_seconds: float
    to_seconds: float | None


class MeasurementWindow(_Record):
    """What was measured while the plan did not ramp; rates per second of the run clock.

    `spans` are (begin, end) on the run clock: the whole run but for ramp up, ease and ramp down.
    """

    spans: list[tuple[float, float]]
    seconds: float
    offered_tps: float | None
    achieved_tps: float | None
    response_ms: LatencySummary
    service_ms: LatencySummary


class Target(_Record):
    """What was tested, as the title row, every export and the summary say it."""

    name: str
    kind: str  # embedded | loopback
    line: str
    url: str
    has_journal: bool
    has_faults: bool
    has_telemetry: bool
    metrics_url: str | None = None  # its Prometheus endpoint
    agent_bounds: dict[str, float] = Field(default_factory=dict)  # scores that flag, by agent


class Machine(_Record):
    """Where the run was measured."""

    cpu_count: int
    memory_gb: float
    system: str
    python: str
    limelight: str


class RunSummary(_Record):
    """What `--json` prints and the snapshot embeds.

    `duration_seconds` runs from Start to the end of the drain; `offered_tps` and `achieved_tps` are
    due and decided over the run clock, which stands still in pauses and ends with the plan.
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str
    preset: str
    name: str
    seed: int
    target: Target
    environment: Machine
    marks: list[str]
    speed: float
    rate_scale: float
    status: TestStatus
    verdict: Verdict
    verdict_reason: str
    warnings: list[str]
    criteria: list[CriterionResult]
    started_at: datetime
    ended_at: datetime | None
    duration_seconds: float
    counts: Counts
    attempts: int
    outcomes: dict[str, int]
    decisions: dict[str, int]
    offered_tps: float | None
    achieved_tps: float | None
    response_ms: LatencySummary
    service_ms: LatencySummary
    lateness_ms: LatencySummary
    queue_ms: LatencySummary
    measured: MeasurementWindow
    instrument: Instrument | None = None
    not_offered: int = 0
    rate_changes: list[RateChange] = Field(default_factory=list)
    scalings: list[ScalingRecord] = Field(default_factory=list)
    degraded: list[DegradedInterval] = Field(default_factory=list)
    per_second: PerSecond
    faults: list[FaultRecord]
    journal: JournalReconciliation | None
    confusion: dict[str, int]
    cpu_seconds: dict[str, float]
    resilience: ResilienceMetrics | None = None
    degradation: DegradationSummary | None = None
    issues_detected: list[str] = Field(default_factory=list)
    recommendations: list[str] = Field(default_factory=list)
    traffic: TrafficSource | None = None  # not in records of earlier versions


class RealTimeMetrics(BaseModel):
    """A snapshot of a running test; rates per second, times in seconds."""

    model_config = ConfigDict(extra="forbid")

    test_id: str
    status: TestStatus
    current_tps: float | None
    target_tps: float | None
    elapsed_seconds: float
    remaining_seconds: float
    system: SystemMetrics | None = None
    agents: list[AgentMetrics] = Field(default_factory=list)
    hero: HeroMetrics | None = None


class TestResults(BaseModel):
    """Complete results of a run, for programs; `metrics_history` is one entry a second."""

    model_config = ConfigDict(extra="forbid")

    config: StressTestConfig
    scenario: TestScenario
    start_time: datetime
    end_time: datetime | None
    status: TestStatus
    summary: RunSummary
    final_system: SystemMetrics
    final_agents: list[AgentMetrics] = Field(default_factory=list)
    final_business: BusinessMetrics | None = None
    final_resilience: ResilienceMetrics | None = None
    metrics_history: list[SystemMetrics] = Field(default_factory=list)
    events: list[RunEvent] = Field(default_factory=list)
    criteria_results: list[CriterionResult] = Field(default_factory=list)
    success_criteria_met: bool | None
    issues_detected: list[str] = Field(default_factory=list)
    recommendations: list[str] = Field(default_factory=list)
