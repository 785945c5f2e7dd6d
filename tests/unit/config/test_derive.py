"""A bare configuration is a run of its own, and each of its fields does something."""

import pytest

from engine.config.derive import (
    config_for_scenario,
    request_for,
    scenario_from_config,
    under_config,
)
from engine.config.presets import preset, presets
from engine.load.profiles import Profile
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError


def test_a_bare_configuration_ramps_up_holds_and_ramps_down():
    config = StressTestConfig(
        target_tps=200, duration_seconds=100, ramp_up_seconds=20, ramp_down_seconds=30
    )
    scenario = scenario_from_config(config)
    assert scenario.load_profile.hold_seconds == 50
    profile = Profile(scenario.load_profile, scenario.duration_seconds, seed=1)
    rates = [float(profile.rate_tps(t)) for t in (0, 10, 20, 50, 69, 85)]
    assert rates == pytest.approx([0, 100, 200, 200, 200, 100])
    assert float(profile.rate_tps(99.999)) == pytest.approx(0, abs=0.1)


def test_a_configuration_without_ramps_holds_its_rate_throughout():
    config = StressTestConfig(
        target_tps=50, duration_seconds=10, ramp_up_seconds=0, ramp_down_seconds=0
    )
    scenario = scenario_from_config(config)
    profile = Profile(scenario.load_profile, 10, seed=1)
    assert [float(profile.rate_tps(t)) for t in (0, 5, 9.9)] == pytest.approx([50, 50, 50])


def test_the_limits_of_a_configuration_are_its_criteria():
    config = StressTestConfig(max_error_rate=0.02, max_p99_latency_ms=750, min_success_rate=0.9)
    assert scenario_from_config(config).success_criteria == {
        "error_rate": 0.02,
        "p99_latency_ms": 750,
        "success_rate": 0.9,
    }


def test_the_names_of_a_configuration_are_the_scenario_s():
    config = StressTestConfig(
        test_id="9-Nightly.run", test_name="Nightly", description="Why", tags=("ci",)
    )
    scenario = scenario_from_config(config)
    assert scenario.scenario_id == "test_9_nightly_run"
    assert (scenario.name, scenario.description, scenario.tags) == ("Nightly", "Why", ("ci",))


def test_ramps_longer_than_the_run_are_refused():
    with pytest.raises(ConfigurationError, match="ramp_up_seconds \\+ ramp_down_seconds must be"):
        scenario_from_config(StressTestConfig(duration_seconds=10))


def test_workers_are_asked_for_only_where_the_file_gives_them():
    assert request_for(StressTestConfig()).workers is None
    assert request_for(StressTestConfig(num_workers=3)).workers == 3
    assert request_for(preset("pitch")).workers is None


def test_a_configuration_can_switch_off_faults_and_acts():
    pitch = preset("pitch")
    assert under_config(pitch, StressTestConfig()) == pitch
    quiet = StressTestConfig(enable_failure_injection=False, enable_presentation_mode=False)
    assert under_config(pitch, quiet).failure_scenarios == ()
    assert under_config(pitch, quiet).acts == ()


@pytest.mark.parametrize("scenario", presets(), ids=lambda scenario: scenario.scenario_id)
def test_every_preset_has_a_configuration_of_its_own_numbers(scenario):
    config = config_for_scenario(scenario)
    assert StressTestConfig.model_validate(config.model_dump()) == config
    assert config.test_id == scenario.scenario_id
    assert config.target_tps == scenario.load_profile.max_tps
    assert config.duration_seconds == scenario.duration_seconds


def test_limits_a_scenario_states_take_the_place_of_the_defaults():
    config = config_for_scenario(preset("peak_load"))
    assert (config.max_error_rate, config.max_p99_latency_ms) == (0.001, 5000)
    assert config.min_success_rate == 0.99
    assert config_for_scenario(preset("pitch")).max_p99_latency_ms == 1000
