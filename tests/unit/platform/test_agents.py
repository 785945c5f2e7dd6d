"""The four agents: what raises their scores, and that their causes are true."""

from __future__ import annotations

import pytest

from engine.platform import reasons
from engine.platform.agents import compliance_agent, pattern_detector, transaction_analyzer
from engine.platform.agents.risk_assessor import ASSETS, RiskAssessor, load_card
from engine.platform.features import INDEX, NAMES, Row, features
from engine.platform.memory import Memory
from engine.platform.wire import Facts

HOME = Facts(20.0, 1e6, "m", "grocery", True, "FR", 48.8, 2.3, "d", "visa", "EUR", "10.0.0.1", "s")
CARD = load_card(ASSETS)


def past(days: int = 40) -> Memory:
    memory = Memory()
    for day in range(days):
        seconds = 1e6 - (days - day) * 86_400.0
        memory.learn("u", replaced(event_seconds=seconds, session=f"s{day}"))
    return memory


def replaced(**changes: object) -> Facts:
    return Facts(**({name: getattr(HOME, name) for name in Facts.__struct_fields__} | changes))


def row_of(memory: Memory, facts: Facts) -> Row:
    number = CARD["categories"].index(facts.category)
    return features(memory.customer("u"), memory.category(facts.category), number, facts)


STRANGE = replaced(
    amount_usd=900.0,
    category="electronics",
    merchant="x",
    latitude=40.7,
    longitude=-74.0,
    country="US",
    device="thief",
    ip_address="10.9.9.9",
    currency="USD",
    session="other",
)


def codes(agent: object, row: Row, facts: Facts) -> set[int]:
    return {cause.code for cause in agent.causes(row, facts)}


@pytest.mark.parametrize(
    "agent", [transaction_analyzer, pattern_detector, compliance_agent, RiskAssessor(ASSETS, CARD)]
)
def test_an_agent_scores_a_batch_as_it_scores_each_alone(agent: object):
    memory = past()
    facts = [HOME, STRANGE, replaced(amount_usd=20_000.0)]
    rows = [row_of(memory, one) for one in facts]
    together = agent.score(rows, facts)
    alone = [agent.score([row], [one])[0] for row, one in zip(rows, facts, strict=True)]
    assert together == alone
    assert all(0 <= score <= 1 for score in together)


def test_the_analyzer_sees_velocity_travel_and_escalation():
    memory = past()
    for minute in range(5):
        memory.learn("u", replaced(amount_usd=2.0, event_seconds=1e6 + minute * 60.0))
    facts = replaced(event_seconds=1e6 + 400.0, amount_usd=600.0, latitude=40.7, longitude=-74.0)
    found = codes(transaction_analyzer, row_of(memory, facts), facts)
    assert found == {reasons.VELOCITY_10MIN, reasons.ESCALATION, reasons.TRAVEL}
    assert codes(transaction_analyzer, row_of(past(), HOME), HOME) == set()


def test_the_detector_scores_a_stranger_far_above_the_customer():
    memory = past()
    rows = [row_of(memory, HOME), row_of(memory, STRANGE)]
    usual, strange = pattern_detector.score(rows, [HOME, STRANGE])
    assert usual < 0.05
    assert strange > 0.7
    assert reasons.NEW_DEVICE in codes(pattern_detector, rows[1], STRANGE)


def test_the_detector_holds_nothing_against_a_customer_without_a_past():
    row = row_of(Memory(), STRANGE)
    assert pattern_detector.score([row], [STRANGE])[0] < 0.05


def test_compliance_sees_limits_structuring_and_corridors():
    memory = past()
    for hour in (1, 2):
        memory.learn("u", replaced(amount_usd=9_500.0, event_seconds=1e6 + hour * 3600.0))
    facts = replaced(amount_usd=9_000.0, event_seconds=1e6 + 3 * 3600.0)
    assert codes(compliance_agent, row_of(memory, facts), facts) == {reasons.STRUCTURING}
    huge = replaced(amount_usd=200_000.0, country="IR")
    found = codes(compliance_agent, row_of(memory, huge), huge)
    assert found == {reasons.LIMIT, reasons.VERY_LARGE, reasons.CORRIDOR}
    assert compliance_agent.score([row_of(memory, huge)], [huge]) == [1.0]


def test_a_cause_of_the_model_is_what_its_score_falls_by_without_that_feature():
    agent = RiskAssessor(ASSETS, CARD)
    row = row_of(past(), STRANGE)
    score = agent.score([row], [STRANGE])[0]
    causes = agent.causes(row, STRANGE)
    assert causes
    for cause in causes:
        index = cause.code - reasons.LEARNED
        without = list(row)
        without[index] = CARD["middle"][NAMES[index]]
        fallen = agent.score([without], [STRANGE])[0]
        assert abs((score - fallen) - cause.weight) < 1e-6
        assert cause.values == (cause.weight,)


def test_the_learned_model_tells_a_stranger_from_the_customer():
    agent = RiskAssessor(ASSETS, CARD)
    memory = past()
    usual, strange = agent.score([row_of(memory, HOME), row_of(memory, STRANGE)], [HOME, STRANGE])
    assert usual < 0.05 < 0.3 < strange


def test_every_feature_of_the_row_has_a_text():
    assert all(reasons.LEARNED + index in reasons.TEXTS for index in INDEX.values())
