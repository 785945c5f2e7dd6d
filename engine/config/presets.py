"""The presets: one TOML file each in presets/scenarios, the default one first."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from engine.config.loader import load_scenario
from engine.model.errors import ConfigurationError
from engine.model.scenario import TestScenario

SCENARIOS = Path(__file__).resolve().parents[2] / "presets" / "scenarios"
DEFAULT = "pitch"
ORDER = (
    DEFAULT,
    "investor_presentation",
    "peak_load",
    "sustained_load",
    "burst_traffic",
    "failure_recovery",
    "wave",
    "chaos",
    "scale_out",
)


@dataclass(frozen=True)
class Presets:
    """What a directory of presets holds; a broken file is a problem and hides no other."""

    scenarios: list[TestScenario] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_presets(directory: Path = SCENARIOS) -> Presets:
    """Every preset of a directory: the default first, ours next in their order, then the rest."""
    found = Presets()
    try:
        files = sorted(directory.glob("*.toml"))
    except OSError as error:
        return Presets(problems=[f"{directory}: cannot be read: {error.strerror}"])
    for path in files:
        try:
            found.scenarios.append(_read(path))
        except ConfigurationError as error:
            found.problems.extend(error.problems)
    if not files:
        found.problems.append(f"{directory}: holds no preset (*.toml)")
    found.scenarios.sort(key=lambda scenario: _rank(scenario.scenario_id))
    return found


def presets(directory: Path = SCENARIOS) -> list[TestScenario]:
    """Every preset that can be read, the default first."""
    return read_presets(directory).scenarios


def preset(name: str, directory: Path = SCENARIOS) -> TestScenario:
    """One preset by its name.

    Raises:
        ConfigurationError: There is none of this name, or its file is wrong.
    """
    path = directory / f"{name}.toml"
    if name not in preset_names(directory):
        raise ConfigurationError([f"{path}: there is no preset named {name}"])
    return _read(path)


def preset_names(directory: Path = SCENARIOS) -> list[str]:
    """The names of all preset files, broken ones included, the default first."""
    return sorted((path.stem for path in directory.glob("*.toml")), key=_rank)


def _read(path: Path) -> TestScenario:
    scenario = load_scenario(path)
    if scenario.scenario_id != path.stem:
        problem = f"scenario_id must be the file's name, {path.stem}, got {scenario.scenario_id}"
        raise ConfigurationError([f"{path}: {problem}"])
    return scenario


def _rank(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)
