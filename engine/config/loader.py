"""Files and trees of values → scenarios and test configurations."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from engine.analysis import criteria
from engine.analysis.grammar import is_comparison
from engine.config.check import check, nearest
from engine.config.files import read_tree
from engine.config.schema import dotted, show
from engine.faults import registry
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError
from engine.model.rules import number, profile_problems, scenario_problems
from engine.model.scenario import MAX_RATE_TPS, TestScenario

M = TypeVar("M", TestScenario, StressTestConfig)

NEITHER = (
    "holds neither a scenario (scenario_id, name, load_profile, duration_seconds, …) "
    "nor a test configuration (test_name, target_tps, …)"
)


def load(path: Path) -> TestScenario | StressTestConfig:
    """The scenario or the test configuration a TOML or JSON file holds; its keys say which.

    Raises:
        ConfigurationError: With every problem of the file.
    """
    return parse(read_tree(path), str(path))


def parse(tree: object, where: str) -> TestScenario | StressTestConfig:
    """The scenario or the test configuration a tree of values describes; its keys say which.

    Raises:
        ConfigurationError: With every problem, each beginning with `where`.
    """
    if not isinstance(tree, Mapping):
        raise ConfigurationError([f"{where}: must be a table of keys, got {show(tree)}"])
    model = model_of(tree)
    if model is None:
        raise ConfigurationError([f"{where}: {NEITHER}"])
    return parse_scenario(tree, where) if model is TestScenario else parse_config(tree, where)


def model_of(tree: Mapping[str, object]) -> type[TestScenario] | type[StressTestConfig] | None:
    """Which of the two a tree holds: the one whose own keys it names, misspelt or not."""
    scenario, config = set(TestScenario.model_fields), set(StressTestConfig.model_fields)
    as_scenario = _keys_like(tree, scenario - config)
    as_config = _keys_like(tree, config - scenario)
    if not as_scenario and not as_config:
        return None
    return TestScenario if as_scenario >= as_config else StressTestConfig


def load_scenario(path: Path) -> TestScenario:
    """The scenario a file holds.

    Raises:
        ConfigurationError: With every problem of the file, or because it holds settings instead.
    """
    return _expect(TestScenario, load(path), path)


def load_config(path: Path) -> StressTestConfig:
    """The test configuration a file holds.

    Raises:
        ConfigurationError: With every problem of the file, or because it holds a scenario instead.
    """
    return _expect(StressTestConfig, load(path), path)


def parse_scenario(tree: object, where: str) -> TestScenario:
    """The scenario a tree of values describes.

    Raises:
        ConfigurationError: With every problem, each beginning with `where`.
    """
    scenario = _parse(TestScenario, tree, where, _scenario_rules(tree))
    if problems := fault_problems(scenario):
        raise ConfigurationError([f"{where}: {problem}" for problem in problems])
    return scenario


def fault_problems(scenario: TestScenario) -> list[str]:
    """What of the parameters of its faults cannot be, each with its place."""
    return [
        f"failure_scenarios[{place}]: {problem}"
        for place, fault in enumerate(scenario.failure_scenarios)
        for problem in registry.problems(fault)
    ]


def parse_config(tree: object, where: str) -> StressTestConfig:
    """The test configuration a tree of values describes.

    Raises:
        ConfigurationError: With every problem, each beginning with `where`.
    """
    return _parse(StressTestConfig, tree, where, config_rules(tree))


def config_rules(tree: object) -> list[str]:
    """Rules between the fields of a test configuration: the ramps must fit into the run."""
    if not isinstance(tree, Mapping):
        return []
    fields = StressTestConfig.model_fields
    up, down, whole = (
        number(tree.get(name, fields[name].default))
        for name in ("ramp_up_seconds", "ramp_down_seconds", "duration_seconds")
    )
    if up is None or down is None or whole is None:
        return []
    if min(up, down) < 0 or whole < 1 or up + down <= whole:
        return []
    return [
        "ramp_up_seconds + ramp_down_seconds must be ≤ duration_seconds "
        f"({whole:g}), got {up:g} + {down:g}"
    ]


def _parse(model: type[M], tree: object, where: str, rules: list[str]) -> M:
    problems = [f"{where}: {rule}" for rule in rules]
    try:
        result = check(model, tree, where)
    except ConfigurationError as error:
        raise ConfigurationError(error.problems + problems) from error
    if problems:
        raise ConfigurationError(problems)
    return result


def _scenario_rules(tree: object) -> list[str]:
    if not isinstance(tree, Mapping):
        return []
    problems = []
    profile = tree.get("load_profile")
    if isinstance(profile, Mapping):
        problems += [f"load_profile.{text}" for text in profile_problems(profile)]
        problems += _crest_problems(profile)
    problems += scenario_problems(tree)
    asked = tree.get("success_criteria")
    if isinstance(asked, Mapping):
        for key, threshold in asked.items():
            problems += _criterion_problems(str(key), threshold)
    return problems


def _crest_problems(profile: Mapping[object, object]) -> list[str]:
    middle = number(profile.get("sustained_tps"))
    amplitude = number(profile.get("wave_amplitude"))
    if profile.get("profile_type") != "wave" or middle is None or amplitude is None:
        return []
    crest = middle * (1 + amplitude)
    if crest <= MAX_RATE_TPS or middle > MAX_RATE_TPS or amplitude > 1:
        return []
    return [
        f"load_profile.sustained_tps × (1 + wave_amplitude) must be ≤ {MAX_RATE_TPS}, got {crest:g}"
    ]


def _criterion_problems(key: str, threshold: object) -> list[str]:
    if is_comparison(key):
        value = threshold if isinstance(threshold, bool | float) else number(threshold)
        return criteria.problems({key: True if value is None else value})
    if key not in criteria.CRITERIA:
        name = dotted(("success_criteria", key))
        hint = nearest(key, list(criteria.CRITERIA))
        return [f"{name} is not a known criterion (got {show(threshold)}); {hint}"]
    value = threshold if isinstance(threshold, bool) else number(threshold)
    if value is None:
        return []
    if found := criteria.problems({key: value}):
        return found
    unit, name = criteria.CRITERIA[key].unit, f"success_criteria.{key}"
    if unit == "ratio" and value > 1:
        return [f"{name} is a share and must be ≤ 1, got {value:g}"]
    if unit in ("ms", "seconds") and value == 0:
        return [f"{name} must be > 0, got {value:g}"]
    return []


def _keys_like(tree: Mapping[str, object], fields: set[str]) -> int:
    return sum(bool(difflib.get_close_matches(str(key), fields, n=1, cutoff=0.8)) for key in tree)


def _expect(model: type[M], loaded: BaseModel, path: Path) -> M:
    if isinstance(loaded, model):
        return loaded
    kinds = {TestScenario: "a scenario", StressTestConfig: "a test configuration"}
    problem = f"{path}: holds {kinds[type(loaded)]}, where {kinds[model]} is asked for"
    raise ConfigurationError([problem])
