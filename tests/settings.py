"""A good scenario as a tree, and ways to spoil it."""

import copy
from typing import Any

from engine.config.manager import ConfigurationManager

GOOD: dict[str, object] = {
    "scenario_id": "mine",
    "name": "Mine",
    "load_profile": {"profile_type": "sustained", "sustained_tps": 100},
    "duration_seconds": 10,
    "success_criteria": {"zero_data_loss": True},
    "failure_scenarios": [
        {
            "failure_type": "lambda_crash",
            "start_time_seconds": 3,
            "duration_seconds": 2,
            "severity": 0.3,
        }
    ],
}


def with_value(place: str, value: object) -> dict[str, object]:
    tree = copy.deepcopy(GOOD)
    at: Any = tree
    *way, last = place.split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[last] = value
    return tree


def problems(tree: Any) -> list[str]:
    return ConfigurationManager.validate_config(tree, "x.toml")
