"""What a person asks for when starting a run → a `RunRequest`, or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.config.check import check, nearest
from engine.config.derive import request_for
from engine.config.loader import load
from engine.config.presets import preset, preset_names
from engine.config.schema import show
from engine.model.address import loopback_problem
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError
from engine.model.request import RunRequest
from engine.model.rules import number
from engine.model.scenario import TestScenario

# The fields of a request that a person sets, and what the command line calls them.
OPTIONS = {
    "speed": "--speed",
    "rate_scale": "--rate-scale",
    "duration_seconds": "--duration",
    "seed": "--seed",
    "workers": "--workers",
    "connections": "--connections",
    "users": "--users",
    "ca_file": "--ca-file",
    "traffic_file": "--traffic",
    "repeat_traffic": "--repeat",
}


def find(name: str) -> TestScenario | StressTestConfig:
    """A preset of this name, or else the file.

    Raises:
        ConfigurationError: There is neither, or it is wrong.
    """
    names = preset_names()
    if name in names:
        return preset(name)
    path = Path(name)
    if path.suffix or path.exists() or "/" in name:
        return load(path)
    raise ConfigurationError(
        [f"{name}: there is no preset or file of this name; {nearest(name, names)}"]
    )


def build_request(
    loaded: TestScenario | StressTestConfig,
    options: Mapping[str, object],
    target_url: str | None = None,
) -> RunRequest:
    """The run a person asks for; `options` are fields of `RunRequest`, None where not given.

    Raises:
        ConfigurationError: With every option that is out of bounds, and the target if it is not
            on this machine.
    """
    problems = target_problems(target_url) if target_url is not None else []
    given = {key: value for key, value in options.items() if value is not None}
    request = request_for(loaded)
    try:
        check(RunRequest, {"scenario": request.scenario.model_dump(), **given}, "")
    except ConfigurationError as error:
        problems = [_as_option(problem) for problem in error.problems] + problems
    problems += _cut_problems(request.scenario, given.get("duration_seconds"))
    problems += _ca_problems(given.get("ca_file"), target_url)
    if problems:
        raise ConfigurationError(problems)
    return request.model_copy(update={**given, "target_url": target_url})


def target_problems(url: str) -> list[str]:
    """Why this is not an endpoint on this machine; [] if it is."""
    example = "an address on this machine such as http://127.0.0.1:8080"
    problem = loopback_problem(url)
    return [f"--target must be {example}, got {show(url)}: {problem}"] if problem else []


def _ca_problems(ca_file: object, target_url: str | None) -> list[str]:
    if ca_file is None:
        return []
    if target_url is None or not target_url.startswith("https:"):
        return ["--ca-file goes with an https:// target: name it with --target"]
    there = isinstance(ca_file, str) and Path(ca_file).is_file()
    return [] if there else [f"--ca-file must name a PEM file, got {show(ca_file)}"]


def _cut_problems(scenario: TestScenario, cut: object) -> list[str]:
    asked = number(cut)
    if asked is None or asked <= scenario.duration_seconds:
        return []
    whole = f"{scenario.duration_seconds:g}"
    return [f"--duration must be ≤ the duration of {scenario.scenario_id} ({whole}), got {asked:g}"]


def _as_option(problem: str) -> str:
    name, _, rest = problem.removeprefix(": ").partition(" ")
    return f"{OPTIONS.get(name, name)} {rest}"
