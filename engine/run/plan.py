"""A request becomes a plan: the scenario in absolute rates and seconds, and each worker's share.

A rehearsal (`speed`) divides every duration, never a rate, a criterion or a breaker time. A rate
scale multiplies every rate. Both marks go with the run wherever it is shown.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.model.config import StressTestConfig
from engine.model.control import WorkerPlan
from engine.model.errors import ConfigurationError
from engine.model.request import RunRequest
from engine.model.scenario import LoadProfile, TestScenario
from engine.run.own_data import PlannedTraffic, planned_traffic

PLAIN_SENDER = "engine.load.senders.fast_http:create"
GENERAL_SENDER = "engine.load.senders.general_http:create"
TICK_SECONDS = 0.25
CONNECTIONS = 128
OWN_DATA = "OWN DATA"
NO_BREAKERS = "NO BREAKERS"
_DURATIONS = (
    "ramp_up_seconds",
    "hold_seconds",
    "ease_seconds",
    "ramp_down_seconds",
    "burst_duration_seconds",
    "burst_interval_seconds",
    "first_burst_seconds",
    "wave_period_seconds",
    "chaos_change_interval_seconds",
)
_RATES = (
    "start_tps",
    "peak_tps",
    "sustained_tps",
    "burst_tps",
    "chaos_min_tps",
    "chaos_max_tps",
)


@dataclass(frozen=True)
class RunPlan:
    """All that is decided before a run starts.

    `scenario` is as asked for; `scaled` is what is run: cut, sped up and scaled.
    """

    run_id: str
    id_prefix: str
    request: RunRequest
    config: StressTestConfig
    scenario: TestScenario
    scaled: TestScenario
    seed: int
    workers: int
    marks: tuple[str, ...]
    traffic: PlannedTraffic

    @property
    def duration_seconds(self) -> float:
        """Length of the plan on the run clock."""
        return self.scaled.duration_seconds

    def pacer(self) -> Pacer:
        """The due instants of all workers together."""
        return Pacer(Profile(self.scaled.load_profile, self.duration_seconds, self.seed))

    def worker_plans(
        self, url: str, agent_bounds: Mapping[str, float] | None = None
    ) -> list[WorkerPlan]:
        """One plan a worker; customers, connections and users are divided among them.

        Plain http goes by the sender that is fastest at it, everything else by the general one.
        """
        asked = self.request
        connections = divided(asked.connections or max(CONNECTIONS, self.workers), self.workers)
        users = divided(asked.users or 0, self.workers)
        return [
            WorkerPlan(
                run_id=self.run_id,
                id_prefix=self.id_prefix,
                seed=self.seed,
                share=share,
                shares=self.workers,
                profile=self.scaled.load_profile.model_dump(mode="json"),
                duration_seconds=self.duration_seconds,
                mix=self.scaled.traffic_mix.value,
                sender=PLAIN_SENDER if url.startswith("http:") else GENERAL_SENDER,
                url=url,
                connections=connections[share],
                users=users[share],
                ca_file=str(Path(asked.ca_file).resolve()) if asked.ca_file else "",
                tick_seconds=TICK_SECONDS,
                traffic_file=self.traffic.file,
                traffic_repeat=self.traffic.source.repeated,
                agent_bounds=dict(agent_bounds or {}),
            )
            for share in range(self.workers)
        ]


def make_plan(request: RunRequest, config: StressTestConfig) -> RunPlan:
    """The plan for a request; `config` holds the run's settings.

    The machine decides how many workers there are, unless the request does.

    Raises:
        ConfigurationError: There are fewer connections or users than workers, or own data that
            cannot be read or ends before the run does.
    """
    scenario = request.scenario
    workers = request.workers or workers_of_this_machine()
    _check_division(request, workers)
    now = datetime.now(UTC)
    key = secrets.token_hex(4)
    faults = config.enable_failure_injection
    kept = scenario if faults else scenario.model_copy(update={"failure_scenarios": ()})
    scaled = _scaled(_cut(kept, request.duration_seconds), request.speed, request.rate_scale)
    profile = Profile(scaled.load_profile, scaled.duration_seconds, request.seed)
    return RunPlan(
        run_id=f"{scenario.scenario_id}-{now:%Y%m%d-%H%M%S}-{key}",
        id_prefix=f"{key}-",
        request=request,
        config=config,
        scenario=scenario,
        scaled=scaled,
        seed=request.seed,
        workers=workers,
        marks=marks_asked(request),
        traffic=planned_traffic(request, scaled, Pacer(profile)),
    )


def preview(request: RunRequest) -> TestScenario:
    """The scenario as it would be run: cut, sped up and scaled."""
    cut = _cut(request.scenario, request.duration_seconds)
    return _scaled(cut, request.speed, request.rate_scale)


def workers_of_this_machine() -> int:
    """Half its processors: the other half is the target's."""
    return max(1, (os.cpu_count() or 1) // 2)


def _check_division(request: RunRequest, workers: int) -> None:
    least = f"≥ the number of load workers ({workers}), so that each has one"
    problems = [
        f"{name} must be {least}, got {asked}"
        for name, asked in (("connections", request.connections), ("users", request.users))
        if asked is not None and asked < workers
    ]
    if request.connections is not None and request.users is not None:
        problems.append("give connections or users, not both: every user has one connection")
    if problems:
        raise ConfigurationError(problems)


def divided(total: int, among: int) -> list[int]:
    """So many each, the first ones one more: together exactly the total."""
    each, rest = divmod(total, among)
    return [each + (index < rest) for index in range(among)]


def _cut(scenario: TestScenario, duration_seconds: float | None) -> TestScenario:
    if duration_seconds is None or duration_seconds >= scenario.duration_seconds:
        return scenario
    return scenario.model_copy(
        update={
            "duration_seconds": duration_seconds,
            "failure_scenarios": tuple(
                fault
                for fault in scenario.failure_scenarios
                if fault.start_time_seconds < duration_seconds
            ),
            "acts": tuple(act for act in scenario.acts if act.start_seconds < duration_seconds),
        }
    )


def _scaled(scenario: TestScenario, speed: float, rate_scale: float) -> TestScenario:
    return scenario.model_copy(
        update={
            "load_profile": _scaled_profile(scenario.load_profile, speed, rate_scale),
            "duration_seconds": scenario.duration_seconds / speed,
            "failure_scenarios": tuple(
                fault.model_copy(
                    update={
                        "start_time_seconds": fault.start_time_seconds / speed,
                        "duration_seconds": fault.duration_seconds / speed,
                    }
                )
                for fault in scenario.failure_scenarios
            ),
            "acts": tuple(
                act.model_copy(update={"start_seconds": act.start_seconds / speed})
                for act in scenario.acts
            ),
        }
    )


def _scaled_profile(profile: LoadProfile, speed: float, rate_scale: float) -> LoadProfile:
    update: dict[str, float] = {}
    for name in _DURATIONS:
        value = getattr(profile, name)
        if value is not None:
            update[name] = value / speed
    for name in _RATES:
        update[name] = getattr(profile, name) * rate_scale
    return profile.model_copy(update=update)


def marks_asked(request: RunRequest) -> tuple[str, ...]:
    """The marks a run of this request begins with, and carries wherever it is shown."""
    marks = []
    cut, whole = request.duration_seconds, request.scenario.duration_seconds
    if cut is not None and cut < whole:
        marks.append(f"CUT TO {cut:g} S OF {whole:g} S")
    if request.speed != 1:
        marks.append(f"REHEARSAL ×{request.speed:g}")
    if request.rate_scale != 1:
        marks.append(f"SCALED {request.rate_scale * 100:.3g} %")
    if request.traffic_file is not None:
        marks.append(OWN_DATA)
    if not request.scenario.breakers:
        marks.append(NO_BREAKERS)
    return tuple(marks)
