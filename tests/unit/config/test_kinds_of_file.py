"""Which kind of settings a file holds, and trees that are no settings at all."""

import json
from typing import Any

import pytest

from engine.config.loader import load, load_config, load_scenario
from engine.model.errors import ConfigurationError
from engine.model.scenario import TestScenario
from tests.settings import GOOD, problems, with_value


@pytest.mark.parametrize("text", ["5", "null", '"text"', "[]"])
def test_a_file_must_hold_a_table(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ConfigurationError, match="must be a table of keys"):
        load(tmp_path / "x.json")


@pytest.mark.parametrize("text", ["{}", '{"foo": 1}'])
def test_a_file_must_hold_one_of_the_two_kinds(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ConfigurationError, match="holds neither a scenario"):
        load(tmp_path / "x.json")


def test_a_scenario_is_no_configuration_and_the_reverse(tmp_path):
    scenario, config = tmp_path / "s.json", tmp_path / "c.json"
    scenario.write_text(json.dumps(GOOD))
    config.write_text('{"target_tps": 5}')
    assert isinstance(load(scenario), TestScenario)
    with pytest.raises(ConfigurationError, match="holds a scenario, where a test configuration"):
        load_config(scenario)
    with pytest.raises(ConfigurationError, match="holds a test configuration, where a scenario"):
        load_scenario(config)


def test_a_misspelt_key_does_not_hide_which_kind_a_file_is(tmp_path):
    (tmp_path / "c.toml").write_text("targt_tps = 5\n")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "c.toml")
    assert caught.value.problems == [
        f"{tmp_path}/c.toml: targt_tps is not a known key (got 5); did you mean target_tps?"
    ]


def test_dates_stand_only_where_they_belong(tmp_path):
    (tmp_path / "c.toml").write_text(
        "target_tps = 5\ntest_name = 2026-01-31\ndescription = 2026-01-31T12:00:00Z\n"
        "created_at = 2026-01-31T12:00:00Z\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "c.toml")
    assert caught.value.problems == [
        f"{tmp_path}/c.toml: test_name must not be a date or time, got 2026-01-31",
        f"{tmp_path}/c.toml: description must not be a date or time, got 2026-01-31T12:00:00+00:00",
    ]


@pytest.mark.parametrize("depth", [30, 5_000])
def test_a_tree_that_is_too_deep_is_refused_where_it_begins(depth):
    tree: Any = 1
    for _ in range(depth):
        tree = [tree]
    assert problems(with_value("tags", tree)) == [
        "x.toml: tags is nested more than 20 deep",
        "x.toml: tags[0] must be text, got a list",
    ]


def test_toml_and_json_of_the_same_values_are_the_same_scenario(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(GOOD))
    (tmp_path / "s.toml").write_text(
        'scenario_id = "mine"\nname = "Mine"\nduration_seconds = 10\n'
        'load_profile = { profile_type = "sustained", sustained_tps = 100 }\n'
        "success_criteria = { zero_data_loss = true }\n"
        '[[failure_scenarios]]\nfailure_type = "lambda_crash"\nstart_time_seconds = 3\n'
        "duration_seconds = 2\nseverity = 0.3\n"
    )
    assert load(tmp_path / "s.json") == load(tmp_path / "s.toml")
