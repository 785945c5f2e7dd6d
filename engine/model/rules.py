"""Rules that tie several fields of a scenario together, as pure functions on plain values.

The models call them on validated values, the configuration loader on the raw tree of a file, so
that a file with a misspelt key still hears about its fault after the end. A value of the wrong
type is no concern of a rule: its own field reports it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

NEEDED_BY_PROFILE: dict[str, tuple[str, ...]] = {
    "ramp_up": ("peak_tps",),
    "sustained": ("sustained_tps",),
    "burst": (
        "sustained_tps",
        "burst_tps",
        "burst_duration_seconds",
        "burst_interval_seconds",
    ),
    "wave": ("sustained_tps", "wave_period_seconds"),
    "chaos": ("chaos_max_tps", "chaos_change_interval_seconds"),
}


def number(value: object) -> float | None:
    """A finite number as float; None for anything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def profile_problems(profile: Mapping[str, object]) -> list[str]:
    """What a load profile of this type lacks; one message each, beginning with the field."""
    kind = profile.get("profile_type")
    needed = NEEDED_BY_PROFILE.get(kind, ()) if isinstance(kind, str) else ()
    problems = []
    for field in needed:
        if field not in profile:
            problems.append(f"{field} is missing: it must be > 0 for a {kind} profile")
        elif number(profile[field]) == 0:
            problems.append(f"{field} must be > 0 for a {kind} profile, got 0")
    low, high = number(profile.get("chaos_min_tps", 0)), number(profile.get("chaos_max_tps", 0))
    # A chaos profile without its maximum has been told so above.
    if low and high and high < low:
        problems.append(f"chaos_max_tps must be ≥ chaos_min_tps ({low:g}), got {high:g}")
    return problems


def scenario_problems(scenario: Mapping[str, object]) -> list[str]:
    """What does not fit together: scorers out of their bounds, faults and acts after the end.

    One message each, beginning with the field.
    """
    return _scorer_problems(scenario) + _late_problems(scenario)


def _scorer_problems(scenario: Mapping[str, object]) -> list[str]:
    scorers = number(scenario.get("scorers", 4))
    least, most = number(scenario.get("scorers_least")), number(scenario.get("scorers_most"))
    if scorers is None:
        return []
    problems = []
    if least is not None and least > scorers:
        problems.append(f"scorers_least must be ≤ scorers ({scorers:g}), got {least:g}")
    if most is not None and most < scorers:
        problems.append(f"scorers_most must be ≥ scorers ({scorers:g}), got {most:g}")
    return problems


def _late_problems(scenario: Mapping[str, object]) -> list[str]:
    duration = number(scenario.get("duration_seconds"))
    if duration is None or duration <= 0:
        return []
    return [
        f"{name} must be < duration_seconds ({duration:g}), got {start:g}"
        for name, start in _starts(scenario)
        if start >= duration
    ]


def _starts(scenario: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    lists = (("failure_scenarios", "start_time_seconds"), ("acts", "start_seconds"))
    for name, field in lists:
        entries = scenario.get(name)
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            continue
        for index, entry in enumerate(entries):
            start = number(entry.get(field)) if isinstance(entry, Mapping) else None
            if start is not None:
                yield f"{name}[{index}].{field}", start
