"""TransactionAnalyzer: rules on amount, velocity, escalation and speed of travel."""

from __future__ import annotations

from math import expm1

from engine.platform import reasons
from engine.platform.agents import rules
from engine.platform.agents.rules import Cause, Rule
from engine.platform.features import INDEX, Row
from engine.platform.wire import Facts

_TEN_MINUTES = INDEX["count_10min"]
_HOUR = INDEX["count_1h"]
_LARGEST = INDEX["largest_24h"]
_SMALL = INDEX["small_24h"]
_KM = INDEX["last_km"]
_SPEED = INDEX["speed_kmh"]

LARGE_USD = 5_000.0
MOST_IN_10MIN = 4
MOST_IN_1H = 7
ESCALATION = 10.0
SMALL_BEFORE = 2
FASTEST_KMH = 900.0  # an airliner
SHORTEST_LOG_KM = 5.0  # of 1 + km: 147 km, so that noise in coordinates is no journey

RULES: tuple[Rule, ...] = (
    Rule(
        reasons.LARGE,
        0.35,
        lambda _, facts: facts.amount_usd >= LARGE_USD,
        lambda _, facts: (facts.amount_usd,),
    ),
    Rule(
        reasons.VELOCITY_10MIN,
        0.35,
        lambda row, _: row[_TEN_MINUTES] >= MOST_IN_10MIN,
        lambda row, _: (row[_TEN_MINUTES],),
    ),
    Rule(
        reasons.VELOCITY_1H,
        0.30,
        lambda row, _: row[_HOUR] >= MOST_IN_1H,
        lambda row, _: (row[_HOUR],),
    ),
    Rule(
        reasons.ESCALATION,
        0.35,
        lambda row, facts: (
            row[_SMALL] >= SMALL_BEFORE and facts.amount_usd >= ESCALATION * expm1(row[_LARGEST])
        ),
        lambda row, facts: (facts.amount_usd / expm1(row[_LARGEST]), row[_SMALL]),
    ),
    Rule(
        reasons.TRAVEL,
        0.50,
        lambda row, _: row[_SPEED] >= FASTEST_KMH and row[_KM] >= SHORTEST_LOG_KM,
        lambda row, _: (expm1(row[_KM]), row[_SPEED]),
    ),
)


def score(rows: list[Row], facts: list[Facts]) -> list[float]:
    """Score 0..1 of each transaction of a batch."""
    return rules.score(RULES, rows, facts)


def causes(row: Row, facts: Facts) -> list[Cause]:
    """What raised the score of one transaction."""
    return rules.causes(RULES, row, facts)
