"""All that the platform knows of one transaction: `GET /v1/transactions/{id}`.

The answer as its caller got it, and beside it the passage through the platform. Instants are ISO
8601 in UTC on the clock of the platform's machine; durations are in ms and count from the instant
at which the edge had the whole request.
"""

from __future__ import annotations

import msgspec


class AgentVoice(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's part: its score 0..1, and the time of the batch it scored this one in."""

    score: float
    latency_ms: float


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction's way through the platform.

    `decided_ms`, `committing_ms` and `committed_ms` count from `received_at`: the scorer had
    decided, the commit with its row began, and ended; the answer left after that. The last three
    fields of the commit are None where the edge was killed before it wrote them down.
    `scorer` counts from 0, `journal_row` from 1. `silent_agents` answered too late or not at all,
    or were not asked. `came_again` counts requests with this id after the first that was taken;
    those got this same answer. `applied` is how often the row was written: 1, or the platform is
    broken.
    """

    user_id: str
    amount: float
    currency: str
    event_time: str
    received_at: str
    decided_ms: float
    committing_ms: float | None
    committed_ms: float | None
    committed_with: int | None  # rows in the same commit
    scorer: int
    journal_row: int
    silent_agents: list[str]
    came_again: int
    last_again_at: str | None
    applied: int


class TransactionStory(msgspec.Struct, frozen=True, kw_only=True):
    """One decided transaction."""

    transaction_id: str
    decision: str
    confidence_score: float
    risk_score: float
    risk_level: str
    reasons: list[str]
    agents: dict[str, AgentVoice]
    processing_time_ms: float
    passage: Passage
    degraded: bool = False
    second_opinion_score: float | None = None
