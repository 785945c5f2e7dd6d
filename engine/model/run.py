"""A run as the store knows it: what was decided before it began, and how far it got."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from engine.model.config import StressTestConfig
from engine.model.dead_letter_record import DeadLetterRecord
from engine.model.presentation import TransactionFlowNode
from engine.model.results import (
    DegradedInterval,
    FaultRecord,
    Machine,
    RateChange,
    ScalingRecord,
    Target,
    TestStatus,
    Verdict,
)
from engine.model.scenario import TestScenario
from engine.model.traffic import TrafficSource


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunMeta(_Stored):
    """Known before the first arrival. `scenario` is as asked for, `scaled` is what is run."""

    run_id: str
    id_prefix: str
    seed: int
    target: Target
    machine: Machine
    marks: tuple[str, ...]
    speed: float
    rate_scale: float
    scenario: TestScenario
    scaled: TestScenario
    config: StressTestConfig
    workers: int
    tick_seconds: float
    started_at: datetime
    traffic: TrafficSource | None = None  # not in records of earlier versions


class RunProgress(_Stored):
    """What ticks do not hold, written beside them once a second."""

    faults: list[FaultRecord] = Field(default_factory=list)
    confusion: dict[str, int] = Field(default_factory=dict)
    cpu_seconds: dict[str, float] = Field(default_factory=dict)
    nodes: list[TransactionFlowNode] = Field(default_factory=list)
    workers_lost: int = 0
    rate_changes: list[RateChange] = Field(default_factory=list)
    scalings: list[ScalingRecord] = Field(default_factory=list)
    degraded: list[DegradedInterval] = Field(default_factory=list)
    dead_letters: list[DeadLetterRecord] = Field(default_factory=list)


class RunRow(_Stored):
    """One line of the list of runs."""

    run_id: str
    name: str
    preset: str
    status: TestStatus
    verdict: Verdict | None
    marks: tuple[str, ...]
    target_line: str
    started_at: datetime
    ended_at: datetime | None
