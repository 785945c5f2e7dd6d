"""Faults asked for on the command line: TYPE@START[:DURATION[:SEVERITY]][,parameter=value …]."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config.check import nearest
from engine.faults import registry
from engine.model.errors import ConfigurationError
from engine.model.fault import FailureScenario, FailureType
from engine.model.scenario import TestScenario

DEFAULT_SECONDS, DEFAULT_SEVERITY = 15.0, 0.5
FORM = "TYPE@START[:DURATION[:SEVERITY]][,parameter=value]"
LONGEST_SECONDS = 7_200.0
COMPONENT = "component"


def fault_of(text: str) -> FailureScenario:
    """One fault as `lambda_crash@20:10:0.5` or `network_latency@5,latency_ms=200` says it.

    Start and duration in seconds of the plan, severity 0..1; `component=NAME` names the part.

    Raises:
        ConfigurationError: What of it cannot be, and what can.
    """
    head, *settings = text.split(",")
    name, at, times = head.partition("@")
    kinds = [kind.value for kind in FailureType]
    if name not in kinds:
        raise _wrong(text, f"there is no fault {name!r}; {nearest(name, kinds)}")
    parts = times.split(":")
    if not at or len(parts) > 3:
        raise _wrong(text, f"must be {FORM}")
    start, seconds, severity = (
        _number(text, what, parts[place] if place < len(parts) else None, default, most)
        for place, (what, default, most) in enumerate(
            (
                ("START", None, LONGEST_SECONDS),
                ("DURATION", DEFAULT_SECONDS, LONGEST_SECONDS),
                ("SEVERITY", DEFAULT_SEVERITY, 1.0),
            )
        )
    )
    if not seconds:
        raise _wrong(text, "DURATION must be above 0")
    given = dict(_setting(text, one) for one in settings)
    component = given.pop(COMPONENT, "")
    fault = FailureScenario(
        failure_type=FailureType(name),
        start_time_seconds=start,
        duration_seconds=seconds,
        severity=severity,
        target_component=component,
        parameters={
            key: _number(text, key, value, None, float("inf")) for key, value in given.items()
        },
    )
    if problems := registry.problems(fault):
        raise ConfigurationError([f"--fault {text}: {problem}" for problem in problems])
    return fault


def with_faults(scenario: TestScenario, faults: Sequence[FailureScenario]) -> TestScenario:
    """The scenario with these faults too; raises ConfigurationError if one begins too late."""
    whole = scenario.duration_seconds
    late = [fault for fault in faults if fault.start_time_seconds >= whole]
    if late:
        raise ConfigurationError(
            [
                f"--fault {fault.failure_type}@{fault.start_time_seconds:g}: START must be before "
                f"the end of {scenario.scenario_id} ({whole:g} s)"
                for fault in late
            ]
        )
    return scenario.model_copy(update={"failure_scenarios": (*scenario.failure_scenarios, *faults)})


def fault_lines() -> list[str]:
    """What can be broken, for people to read."""
    lines = []
    for kind in registry.kinds():
        lines += [
            f"{kind.failure_type.value}  {kind.display_name}",
            f"    severity: {kind.severity}",
        ]
        lines += [
            f"    {one.name}: {one.what}; {one.least:,.0f} to {one.most:,.0f} {one.unit}"
            + (f", {one.default:,.0f} by default" if one.default is not None else "")
            for one in kind.parameters
        ]
        if kind.needs_component:
            lines.append(f"    {COMPONENT}: which agent; the first one by default")
        lines.append(f"    proven when {kind.proof}")
    return [*lines, "", f"As: limelight run PRESET --fault {FORM}"]


def _setting(text: str, setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals or not name or not value:
        raise _wrong(text, f"{setting!r} must be parameter=value")
    return name.strip(), value.strip()


def _number(text: str, what: str, value: str | None, default: float | None, most: float) -> float:
    if not value and default is not None:
        return default
    try:
        found = float(value or "")
    except ValueError:
        raise _wrong(text, f"{what} must be a number, got {value or ''!r}") from None
    if not 0 <= found <= most:
        raise _wrong(text, f"{what} must be from 0 to {most:g}, got {found:g}")
    return found


def _wrong(text: str, why: str) -> ConfigurationError:
    return ConfigurationError([f"--fault {text}: {why}"])
