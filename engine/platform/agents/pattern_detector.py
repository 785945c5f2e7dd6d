"""PatternDetector: statistics of a transaction against its customer's own history.

Score = 1 / (1 + exp(-(bias + Σ terms))), each term a deviation from habit times its weight. A
customer without much of a past has no habits to deviate from, so the terms fade in over the first
transactions. The weights are set by hand, not fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, expm1

from engine.platform import reasons
from engine.platform.agents.rules import Cause
from engine.platform.features import INDEX, Row
from engine.platform.wire import Facts

_Z = INDEX["offset_z"]
_HISTORY = INDEX["history"]
_DEVICE_AGE = INDEX["device_age_hours"]
_IP = INDEX["ip_times"]
_MERCHANT = INDEX["merchant_times"]
_CATEGORY = INDEX["category_share"]
_PLACE = INDEX["place_times"]
_HOME = INDEX["home_km"]

BIAS = -4.2
FULL_HISTORY = 2.5  # log(1 + transactions): about eleven
LARGEST_Z = 4.0
YOUNG_LOG_HOURS = 4.3  # of 1 + hours: three days
FAR_LOG_KM = 5.0  # of 1 + km: 147 km


def terms(row: Row) -> tuple[float, ...]:
    """The deviations, weighted, in the order of `_REASONS`; 0 where there is none."""
    z = row[_Z]
    far = row[_PLACE] == 0.0 and row[_HOME] >= FAR_LOG_KM
    return (
        0.7 * (min(z, LARGEST_Z) - 1.0) if z > 1.0 else 0.0,
        2.2 if 0.0 <= row[_DEVICE_AGE] < YOUNG_LOG_HOURS else 0.0,
        0.6 if row[_IP] == 0.0 else 0.0,
        0.5 if row[_MERCHANT] == 0.0 else 0.0,
        0.6 if row[_CATEGORY] < 0.03 else 0.0,
        1.2 if far else 0.0,
    )


_REASONS: tuple[tuple[int, Callable[[Row], tuple[float, ...]]], ...] = (
    (reasons.OFF_AMOUNT, lambda row: (row[_Z],)),
    (reasons.NEW_DEVICE, lambda row: (expm1(row[_DEVICE_AGE]),)),
    (reasons.NEW_ADDRESS, lambda _: ()),
    (reasons.NEW_MERCHANT, lambda _: ()),
    (reasons.RARE_CATEGORY, lambda row: (100.0 * row[_CATEGORY],)),
    (reasons.OFF_PLACE, lambda row: (expm1(row[_HOME]),)),
)


def _trust(row: Row) -> float:
    return min(1.0, row[_HISTORY] / FULL_HISTORY)


def score(rows: list[Row], facts: list[Facts]) -> list[float]:  # noqa: ARG001 - agents are alike
    """Score 0..1 of each transaction of a batch."""
    return [1.0 / (1.0 + exp(-BIAS - _trust(row) * sum(terms(row)))) for row in rows]


def causes(row: Row, facts: Facts) -> list[Cause]:  # noqa: ARG001 - agents are alike
    """What raised the score of one transaction: each term's share of the score."""
    found = terms(row)
    total = sum(found)
    if total <= 0.0:
        return []
    reached = 1.0 / (1.0 + exp(-BIAS - _trust(row) * total))
    return [
        Cause(reached * term / total, code, values(row))
        for term, (code, values) in zip(found, _REASONS, strict=True)
        if term > 0.0
    ]
