"""What the presentation shows: flow nodes, benchmarks and the complete package."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from engine.model.figure import Figure
from engine.model.metrics import (
    AgentMetrics,
    BusinessMetrics,
    CostEfficiencyMetrics,
    HeroMetrics,
    ResilienceMetrics,
    SystemMetrics,
)


class TransactionFlowNode(BaseModel):
    """One node of the flow: rates per second, latency in ms, error rate 0..1.

    `node_type` is source, edge, scorer, agent, aggregator, journal or outcome; `status` is up,
    starting, down or unknown. `position` is in units of a 100 × 100 canvas.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    node_id: str
    node_type: str
    node_name: str
    status: str = "unknown"
    throughput: float | None = None
    latency_ms: float | None = None
    error_rate: float | None = None
    queue_depth: int | None = None
    process_id: int | None = None
    position: tuple[float, float] | None = None
    color: str | None = None
    size: float | None = None


class CompetitiveBenchmarks(BaseModel):
    """Measured baselines beside quoted figures of others, never mixed.

    `improvement_percentage` is by baseline name and from measured baselines only.
    """

    model_config = ConfigDict(extra="forbid")

    our_performance: list[Figure] = Field(default_factory=list)
    baselines: dict[str, list[Figure]] = Field(default_factory=dict)
    quoted: list[Figure] = Field(default_factory=list)
    improvement_percentage: dict[str, float] | None = None
    unique_advantages: list[str] = Field(default_factory=list)
    market_position: str | None = None


class PresentationData(BaseModel):
    """The complete package behind the stage and the snapshot."""

    model_config = ConfigDict(extra="forbid")

    hero: HeroMetrics
    system: SystemMetrics
    agents: list[AgentMetrics] = Field(default_factory=list)
    business: BusinessMetrics | None = None
    cost: CostEfficiencyMetrics | None = None
    resilience: ResilienceMetrics | None = None
    flow: list[TransactionFlowNode] = Field(default_factory=list)
    benchmarks: CompetitiveBenchmarks = Field(default_factory=CompetitiveBenchmarks)
    business_narrative: str = ""
    key_highlights: list[str] = Field(default_factory=list)
    investor_profile: str = "general"
