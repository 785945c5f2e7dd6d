"""Faults: what can be broken, when and how hard."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class FailureType(StrEnum):
    """The eight ways in which a run can break its target on purpose."""

    LAMBDA_CRASH = "lambda_crash"
    DYNAMODB_THROTTLE = "dynamodb_throttle"
    NETWORK_LATENCY = "network_latency"
    BEDROCK_RATE_LIMIT = "bedrock_rate_limit"
    KINESIS_LAG = "kinesis_lag"
    AGENT_TIMEOUT = "agent_timeout"
    MEMORY_PRESSURE = "memory_pressure"
    CASCADING_FAILURE = "cascading_failure"


# These kill scorers: severity is a share of whole ones.
WITH_CRASH = frozenset({FailureType.LAMBDA_CRASH, FailureType.CASCADING_FAILURE})

DISPLAY_NAMES: dict[FailureType, str] = {
    FailureType.LAMBDA_CRASH: "Worker crash",
    FailureType.DYNAMODB_THROTTLE: "Journal throttled",
    FailureType.NETWORK_LATENCY: "Network delay",
    FailureType.BEDROCK_RATE_LIMIT: "Reasoning rate-limited",
    FailureType.KINESIS_LAG: "Intake stalled",
    FailureType.AGENT_TIMEOUT: "Agent too slow",
    FailureType.MEMORY_PRESSURE: "Memory pressure",
    FailureType.CASCADING_FAILURE: "Cascade",
}


class FaultParameter(BaseModel):
    """A number beside severity that a fault may be given: its unit and its bounds, both included.

    `default` None: it follows from severity unless it is given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    unit: str
    least: float
    most: float
    default: float | None = None
    what: str


class FaultKind(BaseModel):
    """What can be said of a type of fault before there is one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    failure_type: FailureType
    display_name: str
    severity: str
    parameters: tuple[FaultParameter, ...]
    proof: str
    needs_component: bool = False


class FailureScenario(BaseModel):
    """One fault of a scenario: type, time box on the run clock, and severity (0..1)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    failure_type: FailureType
    start_time_seconds: Annotated[float, Field(ge=0)]
    duration_seconds: Annotated[float, Field(gt=0, le=7_200)]
    severity: Annotated[float, Field(ge=0, le=1)]
    target_component: str = ""
    parameters: dict[str, float] = Field(default_factory=dict)

    @property
    def display_name(self) -> str:
        """The plain name shown to an audience."""
        return DISPLAY_NAMES[self.failure_type]
