"""The answer to a transaction in two forms: compact for the journal, JSON for the caller.

The compact form holds scaled integers, and the JSON is made from it alone, so a retry that is
answered from the journal gets the same bytes as the first caller got.
"""

from __future__ import annotations

import msgspec

from engine.model.decision import Decision, RiskLevel
from engine.platform.reasons import TEXTS

DECISIONS = (Decision.APPROVE.value, Decision.REVIEW.value, Decision.DECLINE.value)
AGENTS = ("transaction_analyzer", "pattern_detector", "risk_assessor", "compliance_agent")
SCALE = 10_000  # scores travel in steps of 0.0001
_LEVELS = tuple(level.value for level in RiskLevel)
_quote = msgspec.json.encode

_TAIL = (
    '"decision":"%s","confidence_score":%.4f,"risk_score":%.4f,"risk_level":"%s","reasons":[%s],'
    '"agents":{%s},"processing_time_ms":%.3f}'
)
_EACH_AGENT = tuple(f'"{name}":{{"score":%.4f,"latency_ms":%.3f}}' for name in AGENTS)
_ALL_AGENTS = ",".join(_EACH_AGENT)


class Reason(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A cause that held: index of its text, and the measured values in it."""

    code: int
    values: tuple[float, ...] = ()


class Answer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Scores in 1/10,000, times in µs; agents in the order of `AGENTS`.

    `processing_us` runs from the request's arrival at the edge to the decision; the commit of the
    journal, which comes after, is not in it because the row already holds this answer. An agent's
    time is that of the batch it scored this transaction in. `degraded`: decided on the fast path.
    `second`: the second stage's score where it had one, -1 elsewhere.
    """

    decision: int
    confidence: int
    risk: int
    reasons: tuple[Reason, ...]
    scores: tuple[int, ...]
    latencies_us: tuple[int, ...]
    processing_us: int
    degraded: bool = False
    second: int = -1


_decode = msgspec.msgpack.Decoder(Answer).decode


def tail(answer: Answer) -> bytes:
    """The JSON answer from after the transaction's id; an agent that failed is left out."""
    reasons = answer.reasons
    if len(reasons) == 1 and not reasons[0].values:
        texts = '"' + TEXTS[reasons[0].code] + '"'
    else:
        texts = ",".join(['"' + TEXTS[one.code] % one.values + '"' for one in reasons])
    risk = answer.risk
    text = _TAIL % (
        DECISIONS[answer.decision],
        answer.confidence / SCALE,
        risk / SCALE,
        _LEVELS[min(3, risk * 4 // SCALE)],
        texts,
        _agents(answer.scores, answer.latencies_us),
        answer.processing_us / 1000,
    )
    if answer.second >= 0:
        text = f'{text[:-1]},"second_opinion_score":{answer.second / SCALE:.4f}}}'
    if answer.degraded:
        text = f'{text[:-1]},"degraded":true}}'
    return text.encode()


def _agents(scores: tuple[int, ...], latencies_us: tuple[int, ...]) -> str:
    if min(scores) < 0:
        parts = zip(_EACH_AGENT, scores, latencies_us, strict=True)
        return ",".join([one % (s / SCALE, t / 1000) for one, s, t in parts if s >= 0])
    a, b, c, d = scores
    t, u, v, w = latencies_us
    return _ALL_AGENTS % (
        *(a / SCALE, t / 1000, b / SCALE, u / 1000),
        *(c / SCALE, v / 1000, d / SCALE, w / 1000),
    )


def body(transaction_id: str, tail_bytes: bytes) -> bytes:
    """The whole JSON answer."""
    return b'{"transaction_id":' + _quote(transaction_id) + b"," + tail_bytes


def stored_body(transaction_id: str, stored: bytes) -> bytes:
    """The JSON answer made again from what the journal holds."""
    return body(transaction_id, tail(_decode(stored)))
