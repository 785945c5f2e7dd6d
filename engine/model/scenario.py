"""Scenarios: the load over time, the faults, the acts and what counts as success."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.model.fault import FailureScenario
from engine.model.rules import profile_problems, scenario_problems

MAX_RATE_TPS = 50_000
MAX_DURATION_SECONDS = 7_200

Rate = Annotated[float, Field(ge=0, le=MAX_RATE_TPS)]
Seconds = Annotated[float, Field(ge=0, le=MAX_DURATION_SECONDS)]


class LoadProfileType(StrEnum):
    """The five shapes of arrival rate over time."""

    RAMP_UP = "ramp_up"
    SUSTAINED = "sustained"
    BURST = "burst"
    WAVE = "wave"
    CHAOS = "chaos"


class LoadProfile(BaseModel):
    """Arrival rate as a function of the run clock; rates per second, times in seconds.

    ramp_up: `start_tps` to `peak_tps` in `ramp_up_seconds`, held for `hold_seconds` (None: until
    the end or the ramp down), eased to `sustained_tps` in `ease_seconds`, and down to 0 in the
    last `ramp_down_seconds`. sustained: `sustained_tps`. burst: `sustained_tps`, with `burst_tps`
    for `burst_duration_seconds` at `first_burst_seconds` and every `burst_interval_seconds`
    after. wave: `sustained_tps` × (1 + `wave_amplitude` × sin(2πt / `wave_period_seconds`)).
    chaos: a seeded rate between `chaos_min_tps` and `chaos_max_tps`, drawn anew every
    `chaos_change_interval_seconds`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile_type: LoadProfileType
    start_tps: Rate = 0
    peak_tps: Rate = 0
    sustained_tps: Rate = 0
    ramp_up_seconds: Seconds = 0
    hold_seconds: Seconds | None = None
    ease_seconds: Seconds = 0
    ramp_down_seconds: Seconds = 0
    burst_tps: Rate = 0
    burst_duration_seconds: Seconds = 0
    burst_interval_seconds: Seconds = 0
    first_burst_seconds: Seconds = 0
    wave_amplitude: Annotated[float, Field(ge=0, le=1)] = 0
    wave_period_seconds: Seconds = 0
    chaos_min_tps: Rate = 0
    chaos_max_tps: Rate = 0
    chaos_change_interval_seconds: Seconds = 0

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> Self:
        if problems := profile_problems(dict(self)):
            raise ValueError("; ".join(problems))
        return self

    @property
    def max_tps(self) -> float:
        """The highest rate the profile can ask for, per second."""
        return {
            LoadProfileType.RAMP_UP: max(self.start_tps, self.peak_tps, self.sustained_tps),
            LoadProfileType.SUSTAINED: self.sustained_tps,
            LoadProfileType.BURST: max(self.sustained_tps, self.burst_tps),
            LoadProfileType.WAVE: self.sustained_tps * (1 + self.wave_amplitude),
            LoadProfileType.CHAOS: self.chaos_max_tps,
        }[self.profile_type]


class TrafficMix(StrEnum):
    """Shares of legitimate, fraudulent and edge-case transactions."""

    STRESS = "stress"
    DEMO = "demo"
    REALISTIC = "realistic"


MIX_SHARES: dict[TrafficMix, tuple[float, float, float]] = {
    TrafficMix.STRESS: (0.80, 0.15, 0.05),
    TrafficMix.DEMO: (0.97, 0.02, 0.01),
    TrafficMix.REALISTIC: (0.999, 0.001, 0.0),
}


class PlatformSize(NamedTuple):
    """How many scorers the embedded platform begins with, and within which bounds that may change.

    `tps`: what a scorer is provisioned for, per second; 0: whatever it can do. Without `breakers`
    it waits for every agent and uses no strategy of degradation, for the comparison.
    """

    scorers: int
    least: int
    most: int
    tps: float = 0.0
    breakers: bool = True


class Act(BaseModel):
    """One act of the presentation: when it begins on the run clock and what to say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1)]
    start_seconds: Seconds
    say: str = ""


class TestScenario(BaseModel):
    """A complete scenario, as a preset file holds it.

    `success_criteria` maps a criterion's key to its threshold (or true): the keys and their
    formulas are in `engine.analysis.criteria`. The embedded platform begins with `scorers`; where
    `scorers_least` or `scorers_most` is given, it scales itself down or up to that, and where
    `scorer_tps` is, a scorer is sent no more than so many transactions a second. Without
    `breakers` it does nothing against what is slow or too much: for the comparison.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    description: str = ""
    load_profile: LoadProfile
    duration_seconds: Annotated[float, Field(ge=1, le=MAX_DURATION_SECONDS)]
    success_criteria: dict[str, bool | float] = Field(default_factory=dict)
    failure_scenarios: tuple[FailureScenario, ...] = ()
    acts: tuple[Act, ...] = ()
    traffic_mix: TrafficMix = TrafficMix.STRESS
    scorers: Annotated[int, Field(ge=1, le=64)] = 4
    scorers_least: Annotated[int, Field(ge=1, le=64)] | None = None
    scorers_most: Annotated[int, Field(ge=1, le=64)] | None = None
    scorer_tps: Annotated[float, Field(ge=1, le=MAX_RATE_TPS)] | None = None
    breakers: bool = True
    tags: tuple[str, ...] = ()

    @property
    def platform_size(self) -> PlatformSize:
        """What the embedded platform is given."""
        return PlatformSize(
            self.scorers,
            self.scorers_least or self.scorers,
            self.scorers_most or self.scorers,
            self.scorer_tps or 0.0,
            self.breakers,
        )

    @model_validator(mode="after")
    def _everything_starts_before_the_end(self) -> Self:
        if problems := scenario_problems(self.model_dump()):
            raise ValueError("; ".join(problems))
        return self
