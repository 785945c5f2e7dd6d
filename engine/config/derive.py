"""Test configuration ⇄ scenario: what every field of `StressTestConfig` does.

| field | effect |
|---|---|
| test_id | the scenario's id and so the run's name in the store, in small letters |
| test_name, description, tags | the scenario's name, promise and tags |
| target_tps, duration_seconds, ramp_up_seconds, ramp_down_seconds | the load: up, hold, down |
| num_workers | how many load workers share it, where it was given; else the machine decides |
| enable_failure_injection | false: the scenario's faults are left out, faults by hand refused |
| enable_presentation_mode | false: no acts |
| enable_real_time_metrics | false: no progress display; the record is the same |
| test_environment | which rate rule a declared target gets; all targets of today are exempt |
| max_error_rate, max_p99_latency_ms, min_success_rate | criteria, where the scenario has none |
| max_cost_per_hour, auto_stop_on_budget_exceed | the budget of a target with cost counters |
| created_at, created_by | stand in the record and its exports |
"""

from __future__ import annotations

import re

from engine.config.loader import config_rules
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError
from engine.model.request import RunRequest
from engine.model.scenario import MAX_RATE_TPS, LoadProfile, LoadProfileType, TestScenario

LONGEST_ID = 40
# A criterion's key and the limit of a configuration that says the same.
LIMITS = {
    "error_rate": "max_error_rate",
    "p99_latency_ms": "max_p99_latency_ms",
    "success_rate": "min_success_rate",
}


def scenario_from_config(config: StressTestConfig) -> TestScenario:
    """The scenario a bare configuration asks for: ramp up to target_tps, hold, ramp down.

    Raises:
        ConfigurationError: The ramps do not fit into the duration.
    """
    if problems := config_rules(dict(config)):
        raise ConfigurationError([f"{config.test_id}: {problem}" for problem in problems])
    up, down = config.ramp_up_seconds, config.ramp_down_seconds
    return TestScenario(
        scenario_id=_slug(config.test_id),
        name=config.test_name[:80],
        description=config.description,
        load_profile=LoadProfile(
            profile_type=LoadProfileType.RAMP_UP,
            peak_tps=config.target_tps,
            sustained_tps=config.target_tps,
            ramp_up_seconds=up,
            hold_seconds=config.duration_seconds - up - down,
            ramp_down_seconds=down,
        ),
        duration_seconds=config.duration_seconds,
        success_criteria={key: getattr(config, field) for key, field in LIMITS.items()},
        tags=config.tags,
    )


def config_for_scenario(scenario: TestScenario) -> StressTestConfig:
    """The configuration a scenario runs under when nobody gave one: its own numbers.

    Limits the scenario states take the place of the defaults; the rest stays at the defaults.
    """
    profile, criteria = scenario.load_profile, scenario.success_criteria
    ramps = profile.profile_type is LoadProfileType.RAMP_UP
    base = StressTestConfig(
        test_id=scenario.scenario_id,
        test_name=scenario.name,
        description=scenario.description,
        target_tps=min(max(1, profile.max_tps), MAX_RATE_TPS),
        duration_seconds=scenario.duration_seconds,
        ramp_up_seconds=profile.ramp_up_seconds if ramps else 0,
        ramp_down_seconds=profile.ramp_down_seconds if ramps else 0,
        tags=scenario.tags,
    )
    limits = {field: _limit(key, criteria.get(key)) for key, field in LIMITS.items()}
    stated = {field: limit for field, limit in limits.items() if limit is not None}
    return base.model_copy(update=stated)


def under_config(scenario: TestScenario, config: StressTestConfig) -> TestScenario:
    """The scenario as this configuration lets it run: without what it switches off."""
    changes: dict[str, object] = {}
    if not config.enable_failure_injection:
        changes["failure_scenarios"] = ()
    if not config.enable_presentation_mode:
        changes["acts"] = ()
    return scenario.model_copy(update=changes) if changes else scenario


def request_for(loaded: TestScenario | StressTestConfig) -> RunRequest:
    """The run that a file asks for, without any option."""
    if isinstance(loaded, TestScenario):
        return RunRequest(scenario=loaded)
    workers = loaded.num_workers if "num_workers" in loaded.model_fields_set else None
    return RunRequest(
        scenario=under_config(scenario_from_config(loaded), loaded),
        config=loaded,
        workers=workers,
    )


def _slug(test_id: str) -> str:
    slug = re.sub(r"[^a-z0-9_]+", "_", test_id.lower()).strip("_") or "test"
    return (slug if slug[0].isalpha() else f"test_{slug}")[:LONGEST_ID]


def _limit(key: str, threshold: bool | float | None) -> float | None:
    if threshold is None or isinstance(threshold, bool):
        return None
    if key == "p99_latency_ms":
        return threshold or None
    return min(threshold, 1.0)
