"""Answers: the compact form says everything the JSON says."""

from __future__ import annotations

import msgspec
import pytest

from engine.model.decision import DecisionResponse
from engine.platform import reasons
from engine.platform.answer import Answer, Reason, body, stored_body, tail

ANSWER = Answer(
    2,
    9000,
    7512,
    (Reason(reasons.TRAVEL, (1234.4, 950.6)), Reason(reasons.RARE_CATEGORY, (2.5,))),
    (5000, 1, 9999, 0),
    (10, 20, 30, 40),
    1234,
)


def test_the_json_is_the_declared_response():
    response = msgspec.json.decode(body("a-1", tail(ANSWER)), type=DecisionResponse)
    assert (response.transaction_id, response.decision) == ("a-1", "DECLINE")
    assert (response.risk_score, response.risk_level) == (0.7512, "CRITICAL")
    assert response.reasons == [
        "1234 km from the previous transaction, which takes 951 km/h",
        "category makes up 2 % of what the customer buys",
    ]
    assert response.agents["risk_assessor"].score == 0.9999
    assert response.agents["compliance_agent"].latency_ms == 0.04
    assert response.processing_time_ms == 1.234


def test_what_the_journal_holds_gives_the_same_bytes_again():
    stored = msgspec.msgpack.encode(ANSWER)
    assert stored_body('odd "id" é', stored) == body('odd "id" é', tail(ANSWER))


@pytest.mark.parametrize(
    ("risk", "level"),
    [
        (0, "LOW"),
        (2499, "LOW"),
        (2500, "MEDIUM"),
        (5000, "HIGH"),
        (7500, "CRITICAL"),
        (10000, "CRITICAL"),
    ],
)
def test_the_level_is_the_risk_in_words(risk: int, level: str):
    answer = msgspec.structs.replace(ANSWER, risk=risk)
    assert f'"risk_level":"{level}"'.encode() in tail(answer)


def test_an_agent_that_failed_is_left_out():
    answer = msgspec.structs.replace(ANSWER, scores=(5000, -1, 9999, 0))
    response = msgspec.json.decode(body("a", tail(answer)), type=DecisionResponse)
    assert "pattern_detector" not in response.agents
    assert len(response.agents) == 3


def test_every_reason_is_plain_text_that_needs_no_quoting():
    for text in reasons.TEXTS.values():
        assert text.isascii()
        assert not set(text) & {'"', "\\"}
