"""What became of one attempt: ten classes, and what each means for the transaction."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How one attempt ended."""

    OK = "ok"  # 200 with a valid decision for this id
    REJECTED = "rejected"  # 400 to a transaction that must be rejected
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    THROTTLED = "throttled"  # 429 or 503
    TIMEOUT = "timeout"  # no answer within the request timeout
    CONNECT = "connect"  # no connection could be made
    RESET = "reset"  # the connection ended before the answer did
    PROTOCOL = "protocol"  # what came back is not an HTTP answer this client understands
    INVALID_DECISION = "invalid_decision"  # 200, but not a valid decision for this id


RETRYABLE = frozenset(
    {Outcome.HTTP_5XX, Outcome.THROTTLED, Outcome.TIMEOUT, Outcome.CONNECT, Outcome.RESET}
)


def of_status(status: int, rejects: bool) -> Outcome:
    """The class of a complete answer other than 200."""
    if status in {429, 503}:
        return Outcome.THROTTLED
    if status == 400 and rejects:
        return Outcome.REJECTED
    if 400 <= status < 500:
        return Outcome.HTTP_4XX
    if 500 <= status < 600:
        return Outcome.HTTP_5XX
    return Outcome.PROTOCOL
