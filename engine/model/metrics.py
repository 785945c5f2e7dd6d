"""Metrics models. A figure that was not measured is None, never 0."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class DegradationLevel(StrEnum):
    """How far the target is from its steady state: the level of its worst signal."""

    NONE = "none"
    MODERATE = "moderate"
    SEVERE = "severe"
    CRITICAL = "critical"


class Interval(BaseModel):
    """A 95 % confidence interval of a share, with its sample size."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    low: float
    high: float
    sample_size: int


class _Metrics(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SystemMetrics(_Metrics):
    """The target as its clients see it, and the machine; shares 0..1, rates per second."""

    timestamp: datetime
    throughput_tps: float | None = None
    requests_total: int | None = None
    requests_successful: int | None = None
    requests_failed: int | None = None
    avg_response_time_ms: float | None = None
    p50_response_time_ms: float | None = None
    p95_response_time_ms: float | None = None
    p99_response_time_ms: float | None = None
    max_response_time_ms: float | None = None
    avg_service_time_ms: float | None = None
    p50_service_time_ms: float | None = None
    p95_service_time_ms: float | None = None
    p99_service_time_ms: float | None = None
    max_service_time_ms: float | None = None
    error_rate: float | None = None
    timeout_rate: float | None = None
    cpu_utilization: float | None = None
    memory_utilization: float | None = None
    network_throughput_mbps: float | None = None
    queue_depth: int | None = None
    queue_latency_ms: float | None = None


class AgentMetrics(_Metrics):
    """One agent; shares 0..1, times in ms."""

    agent_id: str
    agent_name: str
    timestamp: datetime
    requests_processed: int | None = None
    avg_response_time_ms: float | None = None
    p95_response_time_ms: float | None = None
    p99_response_time_ms: float | None = None
    success_rate: float | None = None
    error_count: int | None = None
    timeout_count: int | None = None
    current_load: float | None = None
    concurrent_requests: int | None = None
    health_score: float | None = None
    status: str | None = None
    decision_accuracy: float | None = None
    false_positive_rate: float | None = None
    false_negative_rate: float | None = None


class BusinessMetrics(_Metrics):
    """What the decisions were worth; money in USD, shares 0..1."""

    transactions_processed: int | None = None
    transactions_per_second: float | None = None
    fraud_detected: int | None = None
    fraud_prevented_amount: float | None = None
    fraud_detection_rate: Interval | None = None
    fraud_detection_accuracy: float | None = None
    cost_per_transaction: float | None = None
    total_cost: float | None = None
    roi_percentage: float | None = None
    money_saved: float | None = None
    payback_period_months: float | None = None
    customer_impact_score: float | None = None
    false_positive_impact: float | None = None
    performance_vs_baseline: float | None = None
    cost_vs_baseline: float | None = None
    aws_cost_breakdown: dict[str, float] | None = None


class CostEfficiencyMetrics(_Metrics):
    """Cost by period, by service and by outcome, in USD."""

    hourly_cost_usd: float | None = None
    daily_cost_usd: float | None = None
    monthly_cost_usd: float | None = None
    cost_by_service: dict[str, float] | None = None
    cost_per_transaction: float | None = None
    cost_per_fraud_detected: float | None = None
    potential_savings: float | None = None
    optimization_recommendations: list[str] = Field(default_factory=list)


class HeroMetrics(_Metrics):
    """The large numbers on stage."""

    total_transactions: int | None = None
    transactions_per_second: float | None = None
    offered_tps: float | None = None
    p99_response_time_ms: float | None = None
    fraud_blocked: int | None = None
    recall: Interval | None = None
    false_positive_rate: Interval | None = None
    failed: int | None = None
    lost: int | None = None
    uptime_percentage: float | None = None
    cost_per_transaction: float | None = None
    money_saved: float | None = None
    roi_percentage: float | None = None


class ResilienceMetrics(_Metrics):
    """How the target took its faults; formulas in `engine.analysis.uptime`."""

    uptime_percentage: float | None = None
    downtime_seconds: float | None = None
    failures_injected: int | None = None
    failures_recovered: int | None = None
    recovery_time_avg_seconds: float | None = None
    degradation_events: int | None = None
    degradation_level: DegradationLevel | None = None
    circuit_breaker_trips: int | None = None
    circuit_breaker_recoveries: int | None = None
    dead_lettered: int | None = None
    redriven: int | None = None
    redrive_failed: int | None = None
    stranded: int | None = None
    retries_refused: int | None = None


class DegradationSummary(_Metrics):
    """The levels of a run: the worst, seconds at each, and rises of the level above none."""

    worst: DegradationLevel | None
    seconds: dict[DegradationLevel, float]
    events: int
