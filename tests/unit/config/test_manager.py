"""Configurations are made, saved, loaded and checked."""

import json

import pytest

from engine.config.manager import ConfigurationManager
from engine.config.presets import preset
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError


def test_the_default_configuration_has_the_documented_defaults():
    config = ConfigurationManager.create_default_config()
    assert (config.target_tps, config.duration_seconds) == (1_000, 300)
    assert (config.ramp_up_seconds, config.ramp_down_seconds, config.num_workers) == (60, 60, 10)
    assert config.test_environment == "staging"
    assert (config.max_error_rate, config.max_p99_latency_ms) == (0.01, 5_000)
    assert (config.min_success_rate, config.max_cost_per_hour) == (0.99, 100)
    assert config.auto_stop_on_budget_exceed
    assert ConfigurationManager.validate_config(config) == []


def test_a_saved_configuration_loads_as_it_was(tmp_path):
    config = StressTestConfig(test_id="mine", target_tps=250.5, tags=("a", "b"), created_by="me")
    path = tmp_path / "mine.json"
    ConfigurationManager.save_config(config, path)
    assert ConfigurationManager.load_config(path) == config
    assert json.loads(path.read_text())["target_tps"] == 250.5


def test_a_saved_scenario_loads_as_it_was(tmp_path):
    for name in ("investor_presentation", "failure_recovery"):
        ConfigurationManager.save_config(preset(name), tmp_path / "s.json")
        assert ConfigurationManager.load_scenario(tmp_path / "s.json") == preset(name)


def test_an_invalid_configuration_is_not_saved(tmp_path):
    bad = StressTestConfig.model_construct(target_tps=0, num_workers=500)
    with pytest.raises(ConfigurationError) as caught:
        ConfigurationManager.save_config(bad, tmp_path / "x.json")
    assert caught.value.problems == [
        "configuration: target_tps must be ≥ 1, got 0",
        "configuration: num_workers must be ≤ 100, got 500",
    ]
    assert list(tmp_path.iterdir()) == []


def test_configurations_are_saved_as_json_only(tmp_path):
    with pytest.raises(ConfigurationError, match=r"must end in \.json, got '\.toml'"):
        ConfigurationManager.save_config(StressTestConfig(), tmp_path / "x.toml")


def test_every_error_of_a_configuration_is_told_at_once():
    problems = ConfigurationManager.validate_config(
        {"target_tps": 60_000, "duration_seconds": 0.5, "test_environment": "moon", "workers": 3}
    )
    assert problems == [
        "configuration: target_tps must be ≤ 50000, got 60000",
        "configuration: duration_seconds must be ≥ 1, got 0.5",
        'configuration: test_environment must be one of dev, staging, production, got "moon"',
        "configuration: workers is not a known key (got 3); did you mean num_workers?",
    ]


def test_the_ramps_must_fit_into_the_run():
    assert ConfigurationManager.validate_config({"duration_seconds": 100}) == [
        "configuration: ramp_up_seconds + ramp_down_seconds must be ≤ duration_seconds (100), "
        "got 60 + 60"
    ]
    assert ConfigurationManager.validate_config({"duration_seconds": 120}) == []


def test_files_scenarios_and_mappings_can_all_be_checked(tmp_path):
    (tmp_path / "x.toml").write_text("target_tps = 0")
    (problem,) = ConfigurationManager.validate_config(tmp_path / "x.toml")
    assert problem.endswith("x.toml: target_tps must be ≥ 1, got 0")
    assert ConfigurationManager.validate_config(str(tmp_path / "x.toml")) == [problem]
    assert ConfigurationManager.validate_config(preset("pitch")) == []
    assert ConfigurationManager.validate_config({"scenario_id": "x"})[0].startswith("scenario: ")
    assert ConfigurationManager.validate_config({}) == []
