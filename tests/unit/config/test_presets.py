"""The presets hold the numbers they were promised with, transcribed here one by one."""

import re
from pathlib import Path

import pytest

from engine.config.builder import ScenarioBuilder
from engine.config.presets import ORDER, SCENARIOS, preset, presets, read_presets
from engine.model.errors import ConfigurationError
from engine.model.fault import FailureType
from engine.model.scenario import LoadProfile, TestScenario

# duration, load profile, faults (type, start, duration, severity, parameters), criteria, mix
EXPECTED = {
    "pitch": (
        180,
        {"profile_type": "ramp_up", "start_tps": 0, "peak_tps": 6000, "ramp_up_seconds": 20},
        [("lambda_crash", 70, 15, 0.3, {})],
        {"zero_data_loss": True, "recovery_demonstrated": True, "p99_latency_ms": 1000},
        "demo",
    ),
    "investor_presentation": (
        600,
        {
            "profile_type": "ramp_up",
            "start_tps": 0,
            "peak_tps": 8000,
            "ramp_up_seconds": 60,
            "hold_seconds": 180,
            "ease_seconds": 30,
            "sustained_tps": 5000,
        },
        [("lambda_crash", 300, 30, 0.3, {})],
        {"recovery_demonstrated": True, "business_value_clear": True},
        "demo",
    ),
    "peak_load": (
        1800,
        {
            "profile_type": "ramp_up",
            "start_tps": 0,
            "peak_tps": 10000,
            "sustained_tps": 10000,
            "ramp_up_seconds": 300,
            "hold_seconds": 1200,
            "ramp_down_seconds": 300,
        },
        [],
        {
            "zero_data_loss": True,
            "p95_latency_ms": 2000,
            "p99_latency_ms": 5000,
            "error_rate": 0.001,
            "all_agents_healthy": True,
        },
        "stress",
    ),
    "sustained_load": (
        7200,
        {"profile_type": "sustained", "sustained_tps": 2000},
        [],
        {"no_memory_leaks": True, "consistent_performance": True, "no_degradation": True},
        "stress",
    ),
    "burst_traffic": (
        900,
        {
            "profile_type": "burst",
            "sustained_tps": 1000,
            "burst_tps": 10000,
            "burst_duration_seconds": 5,
            "burst_interval_seconds": 180,
            "first_burst_seconds": 180,
        },
        [],
        {
            "all_transactions_queued": True,
            "auto_scaling_triggered": 60,
            "no_transaction_loss": True,
        },
        "stress",
    ),
    "failure_recovery": (
        2700,
        {"profile_type": "sustained", "sustained_tps": 3000},
        [
            ("lambda_crash", 300, 60, 0.3, {}),
            ("dynamodb_throttle", 600, 120, 0.5, {}),
            ("network_latency", 900, 90, 0.4, {"latency_ms": 500}),
            ("bedrock_rate_limit", 1200, 60, 0.6, {}),
        ],
        {"automatic_recovery": True, "no_cascading_failures": True, "graceful_degradation": True},
        "stress",
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_preset_holds_its_exact_numbers(name):
    duration, profile, faults, criteria, mix = EXPECTED[name]
    scenario = preset(name)
    assert scenario.scenario_id == name
    assert scenario.duration_seconds == duration
    assert scenario.load_profile == LoadProfile.model_validate(profile)
    assert [
        (f.failure_type, f.start_time_seconds, f.duration_seconds, f.severity, f.parameters)
        for f in scenario.failure_scenarios
    ] == [(FailureType(kind), *rest) for kind, *rest in faults]
    assert scenario.success_criteria == criteria
    assert [type(value) is bool for value in scenario.success_criteria.values()] == [
        value is True for value in criteria.values()
    ]
    assert scenario.traffic_mix == mix


@pytest.mark.parametrize("name", ["wave", "chaos", "scale_out"])
def test_our_own_presets_last_five_minutes_and_ask_for_no_loss(name):
    scenario = preset(name)
    assert scenario.duration_seconds == 300
    assert scenario.success_criteria["zero_data_loss"] is True


def test_scale_out_starts_too_small_and_may_grow_beyond_its_peak():
    one, peak = preset("scale_out"), preset("scale_out").load_profile.peak_tps
    assert one.scorers == 1
    assert one.scorer_tps is not None
    assert one.scorer_tps < 0.5 * peak
    assert one.scorers_most is not None
    assert one.scorers_most * one.scorer_tps * 0.8 > peak
    assert preset("pitch").scorers >= 4


def test_only_presets_about_scaling_scale():
    scaling = {p.scenario_id for p in presets() if p.platform_size.most > p.scorers}
    asked = {p.scenario_id for p in presets() if "auto_scaling_triggered" in p.success_criteria}
    assert scaling == asked
    assert {p.scenario_id for p in presets() if p.scorer_tps} == {"scale_out"}


def test_every_preset_loads_and_the_default_comes_first():
    found = read_presets()
    assert found.problems == []
    assert tuple(scenario.scenario_id for scenario in found.scenarios) == ORDER
    assert found.scenarios == presets()


@pytest.mark.parametrize("scenario", presets(), ids=lambda scenario: scenario.scenario_id)
def test_what_a_preset_says_holds_no_digit(scenario):
    texts = [scenario.name, scenario.description]
    texts += [text for act in scenario.acts for text in (act.title, act.say)]
    assert scenario.description.count(".") == 1, "a promise is one sentence"
    assert [text for text in texts if re.search(r"\d", text)] == []


@pytest.mark.parametrize("name", ["pitch", "investor_presentation"])
def test_the_acts_of_a_stage_preset_follow_its_story(name):
    scenario = preset(name)
    starts = {act.title: act.start_seconds for act in scenario.acts}
    fault = scenario.failure_scenarios[0]
    assert next(iter(starts.values())) == 0
    assert list(starts.values()) == sorted(starts.values())
    assert starts["The crash"] == fault.start_time_seconds
    assert starts["The recovery"] == fault.start_time_seconds + fault.duration_seconds
    assert list(starts)[-1] == "Close"


def test_the_builder_returns_what_the_preset_files_hold():
    assert ScenarioBuilder.create_peak_load_scenario() == preset("peak_load")
    assert ScenarioBuilder.create_sustained_load_scenario() == preset("sustained_load")
    assert ScenarioBuilder.create_burst_traffic_scenario() == preset("burst_traffic")
    assert ScenarioBuilder.create_failure_recovery_scenario() == preset("failure_recovery")
    assert ScenarioBuilder.create_investor_presentation_scenario() == preset(
        "investor_presentation"
    )


def test_a_broken_preset_hides_no_other(tmp_path: Path):
    for path in SCENARIOS.glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "chaos.toml").write_text("scenario_id = ")
    (tmp_path / "pitch.toml").write_text('scenario_id = "other"\nname = "x"\n')
    found = read_presets(tmp_path)
    assert [s.scenario_id for s in found.scenarios] == [
        name for name in ORDER if name not in ("chaos", "pitch")
    ]
    assert all(str(tmp_path) in problem for problem in found.problems)
    assert {Path(problem.split(":")[0]).name for problem in found.problems} == {
        "chaos.toml",
        "pitch.toml",
    }


def test_a_preset_file_must_bear_its_scenario_s_id(tmp_path: Path):
    (tmp_path / "mine.toml").write_text((SCENARIOS / "wave.toml").read_text())
    (problem,) = read_presets(tmp_path).problems
    assert problem == f"{tmp_path}/mine.toml: scenario_id must be the file's name, mine, got wave"


def test_a_directory_without_presets_says_so(tmp_path: Path):
    assert read_presets(tmp_path).problems == [f"{tmp_path}: holds no preset (*.toml)"]


def test_a_preset_that_is_not_there_is_named():
    with pytest.raises(ConfigurationError, match="there is no preset named ptich"):
        preset("ptich")


def test_presets_are_scenarios():
    assert all(isinstance(scenario, TestScenario) for scenario in presets())
