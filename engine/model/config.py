"""The settings of one run."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine.model.scenario import MAX_DURATION_SECONDS, MAX_RATE_TPS


class Environment(StrEnum):
    """Where a declared target runs; its rules limit the rate."""

    DEV = "dev"
    STAGING = "staging"
    PRODUCTION = "production"


class StressTestConfig(BaseModel):
    """Settings of a run: rates per second, times in seconds, money in USD, shares 0..1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)] = "test"
    test_name: Annotated[str, Field(min_length=1, max_length=120)] = "Stress test"
    description: str = ""
    target_tps: Annotated[float, Field(ge=1, le=MAX_RATE_TPS)] = 1_000
    duration_seconds: Annotated[float, Field(ge=1, le=MAX_DURATION_SECONDS)] = 300
    ramp_up_seconds: Annotated[float, Field(ge=0)] = 60
    ramp_down_seconds: Annotated[float, Field(ge=0)] = 60
    num_workers: Annotated[int, Field(ge=1, le=100)] = 10
    enable_failure_injection: bool = True
    enable_presentation_mode: bool = True
    enable_real_time_metrics: bool = True
    test_environment: Environment = Environment.STAGING
    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.01
    max_p99_latency_ms: Annotated[float, Field(gt=0)] = 5_000
    min_success_rate: Annotated[float, Field(ge=0, le=1)] = 0.99
    max_cost_per_hour: Annotated[float, Field(gt=0)] = 100
    auto_stop_on_budget_exceed: bool = True
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    created_by: str = ""
    tags: tuple[str, ...] = ()
