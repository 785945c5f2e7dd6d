"""The platform's request and response shapes, as they travel over HTTP.

msgspec structs, because both ends decode them once per transaction.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Decision(StrEnum):
    """What the platform decides, in conservative order."""

    APPROVE = "APPROVE"
    REVIEW = "REVIEW"
    DECLINE = "DECLINE"


class RiskLevel(StrEnum):
    """Risk score in words: below .25, .5, .75 and above."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Location(msgspec.Struct, frozen=True):
    """Where a transaction happened; degrees north and east."""

    country: str
    city: str = ""
    latitude: float = 0.0
    longitude: float = 0.0


class DeviceInfo(msgspec.Struct, frozen=True):
    """The device a transaction came from."""

    device_id: str
    kind: str = ""


class Transaction(msgspec.Struct, frozen=True):
    """`POST /v1/transactions`: amount in `currency`, timestamp ISO 8601 in event time (UTC)."""

    id: str
    user_id: str
    amount: float
    currency: str
    merchant: str
    category: str
    timestamp: str
    location: Location | None = None
    card_type: str | None = None
    device_info: DeviceInfo | None = None
    ip_address: str | None = None
    session_id: str | None = None


class AgentScore(msgspec.Struct, frozen=True, gc=False):
    """One agent's part in a decision: score 0..1 and its own time."""

    score: float
    latency_ms: float


class DecisionResponse(msgspec.Struct, frozen=True, gc=False):
    """The answer to one transaction; scores 0..1, time inside the platform in ms.

    `degraded`: under much load it was decided by fewer agents than usual. `second_opinion_score` is
    that of the second stage, where it was asked.
    """

    transaction_id: str
    decision: str
    confidence_score: float
    risk_score: float
    risk_level: str
    reasons: list[str]
    agents: dict[str, AgentScore]
    processing_time_ms: float
    degraded: bool = False
    second_opinion_score: float | None = None
