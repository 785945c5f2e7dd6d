"""A 200 counts only with a valid decision for the transaction that was sent."""

import json

import pytest

from engine.load.arrival import Arrival
from engine.load.judge import DECISIONS, Judge
from engine.load.outcome import Outcome
from tests.servers import decision

ID = "0a1b2c3d-000000000005"
judge = Judge("0a1b2c3d-").judge


def arrival(rejects=False):
    return Arrival(5, 5, b"", 0, rejects, 1.0, 0, 0)


@pytest.mark.parametrize("name", DECISIONS)
def test_every_decision_is_recognised(name):
    outcome, code = judge(arrival(), 200, decision(ID, name))
    assert outcome is Outcome.OK
    assert DECISIONS[code] == name


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[" * 100_000,
        b'"\xff"',
        decision(ID)[:-1],
        decision("0a1b2c3d-000000000006"),
        decision("ffffffff-000000000005"),
        decision(ID, "approve"),
        decision(ID, "MAYBE"),
        decision(ID, risk_score="high"),
        decision(ID, agents=[]),
        json.dumps({"transaction_id": ID, "decision": "APPROVE"}).encode(),
    ],
)
def test_anything_else_is_an_invalid_decision(body):
    assert judge(arrival(), 200, body) == (Outcome.INVALID_DECISION, -1)


def test_deciding_what_must_be_rejected_is_invalid():
    assert judge(arrival(rejects=True), 200, decision(ID)) == (Outcome.INVALID_DECISION, -1)
    assert judge(arrival(rejects=True), 400, b"") == (Outcome.REJECTED, -1)
    assert judge(arrival(), 400, b"") == (Outcome.HTTP_4XX, -1)
