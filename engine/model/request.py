"""What a presenter or a command asks for when starting a run."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine.model.config import StressTestConfig
from engine.model.scenario import MAX_DURATION_SECONDS, TestScenario


class RunRequest(BaseModel):
    """One run: a scenario and how to run it.

    `speed` divides every duration of the scenario (a rehearsal); `rate_scale` multiplies every
    rate; `duration_seconds` cuts the run short, before `speed`; `target_url` names an endpoint on
    this machine, None means the embedded platform; `workers` None lets the machine decide.
    `connections` are those of all workers together; with `users`, each of that many simulated users
    has a connection of its own instead. `ca_file` (PEM) vouches for an https target.
    `traffic_file` is own data, as `limelight traffic convert` makes it, instead of the simulator;
    with `repeat_traffic` it begins again when it ends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: TestScenario
    config: StressTestConfig | None = None
    speed: Annotated[float, Field(ge=1, le=100)] = 1
    rate_scale: Annotated[float, Field(gt=0, le=1)] = 1
    duration_seconds: Annotated[float, Field(ge=1, le=MAX_DURATION_SECONDS)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    target_url: str | None = None
    workers: Annotated[int, Field(ge=1, le=100)] | None = None
    connections: Annotated[int, Field(ge=1, le=2_000)] | None = None
    users: Annotated[int, Field(ge=1, le=2_000)] | None = None
    ca_file: str | None = None
    traffic_file: str | None = None
    repeat_traffic: bool = False
