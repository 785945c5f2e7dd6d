"""What two of the agents are made of: rules with a weight and a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.platform.features import Row
from engine.platform.wire import Facts


class Cause(NamedTuple):
    """Something that raised an agent's score: by how much, the reason's code and its values."""

    weight: float
    code: int
    values: tuple[float, ...] = ()


class Rule(NamedTuple):
    """A rule: `holds` and `values` look at a transaction's features and facts."""

    code: int
    weight: float
    holds: Callable[[Row, Facts], bool]
    values: Callable[[Row, Facts], tuple[float, ...]]


def score(rules: tuple[Rule, ...], rows: list[Row], facts: list[Facts]) -> list[float]:
    """1 - Π(1 - weight) over the rules that hold, for each transaction."""
    scores = []
    for row, fact in zip(rows, facts, strict=True):
        rest = 1.0
        for _, weight, holds, _ in rules:
            if holds(row, fact):
                rest *= 1.0 - weight
        scores.append(1.0 - rest)
    return scores


def causes(rules: tuple[Rule, ...], row: Row, facts: Facts) -> list[Cause]:
    """The rules that hold."""
    return [
        Cause(rule.weight, rule.code, rule.values(row, facts))
        for rule in rules
        if rule.holds(row, facts)
    ]
