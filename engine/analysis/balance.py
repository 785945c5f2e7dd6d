"""Whether work is spread evenly, and which stage holds the rest up.

    imbalance  = highest load ÷ mean load − 1, over two parts or more; flagged above 30 %
    pressure   = the larger of utilisation and age of the oldest waiting ÷ `REFUSED_SECONDS`
    bottleneck = the stage with the highest pressure

A utilisation is the share of the time in which a stage was at work, so at 1 it is all in use. An
age is measured against the second after which the platform refuses what has waited so long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

IMBALANCE_LIMIT = 0.30
REFUSED_SECONDS = 1.0
IMBALANCE = "highest load ÷ mean load − 1"
PRESSURE = "the larger of utilisation and age of the oldest waiting ÷ 1 s"


class Imbalance(NamedTuple):
    """Who has the most to do, and by which share more than the mean."""

    name: str
    share: float

    @property
    def flagged(self) -> bool:
        """Whether it is worth a word."""
        return self.share > IMBALANCE_LIMIT


class Stage(NamedTuple):
    """One stage; None where it was not measured."""

    key: str
    name: str
    utilisation: float | None
    age_seconds: float | None = None

    @property
    def pressure(self) -> float | None:
        """How near it is to what it can do, 1 and up: there."""
        age = None if self.age_seconds is None else self.age_seconds / REFUSED_SECONDS
        known = [value for value in (self.utilisation, age) if value is not None]
        return max(known) if known else None


def imbalance(loads: Mapping[str, float]) -> Imbalance | None:
    """The imbalance of these loads; None for fewer than two parts, or where nobody has any."""
    total = sum(loads.values())
    if len(loads) < 2 or total <= 0:
        return None
    name = max(loads, key=lambda key: loads[key])
    return Imbalance(name, loads[name] * len(loads) / total - 1)


def bottleneck(stages: Sequence[Stage]) -> Stage | None:
    """The stage with the highest pressure; None where none was measured."""
    measured = [stage for stage in stages if stage.pressure is not None]
    return max(measured, key=lambda stage: stage.pressure or 0.0) if measured else None
