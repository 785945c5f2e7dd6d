"""ComplianceAgent: rules on limits, structuring and sanctioned corridors.

The limit is the 10,000 USD of currency transaction reports (31 CFR 1010.311); structuring is
breaking a sum up to stay below it (31 CFR 1010.314). Corridors are countries under comprehensive
US sanctions programmes (OFAC): Cuba, Iran, North Korea. A reference rule set, not legal advice.
"""

from __future__ import annotations

from engine.platform import reasons
from engine.platform.agents import rules
from engine.platform.agents.rules import Cause, Rule
from engine.platform.features import FLOOR_USD, INDEX, LIMIT_USD, Row
from engine.platform.wire import Facts

_NEAR = INDEX["near_limit_24h"]
SECOND_LOOK_USD = 100_000.0
STRUCTURED = 2  # such transactions in the day before, with another one now
CORRIDORS = frozenset({"CU", "IR", "KP"})

RULES: tuple[Rule, ...] = (
    Rule(
        reasons.LIMIT,
        0.40,
        lambda _, facts: facts.amount_usd >= LIMIT_USD,
        lambda _, facts: (facts.amount_usd,),
    ),
    Rule(
        reasons.VERY_LARGE,
        0.90,
        lambda _, facts: facts.amount_usd >= SECOND_LOOK_USD,
        lambda _, facts: (facts.amount_usd,),
    ),
    Rule(
        reasons.STRUCTURING,
        0.60,
        lambda row, facts: row[_NEAR] >= STRUCTURED and FLOOR_USD <= facts.amount_usd < LIMIT_USD,
        lambda row, _: (row[_NEAR] + 1,),
    ),
    Rule(
        reasons.CORRIDOR,
        1.0,
        lambda _, facts: facts.country in CORRIDORS,
        lambda _, __: (),
    ),
)


def score(rows: list[Row], facts: list[Facts]) -> list[float]:
    """Score 0..1 of each transaction of a batch."""
    return rules.score(RULES, rows, facts)


def causes(row: Row, facts: Facts) -> list[Cause]:
    """What raised the score of one transaction."""
    return rules.causes(RULES, row, facts)
