"""One transaction under way in a worker."""

from __future__ import annotations


class Arrival:
    """A transaction from its due instant to its end; made once, changed as it goes on.

    Attributes:
        number: Arrival number; the id is the run's prefix and this number.
        request: All bytes of its HTTP request.
        kind: Fraud kind code, 0 legitimate; never sent.
        rejects: Whether a correct platform answers 400.
        value_usd: Its amount.
        due_ns: Schedule time while in the backlog; from the first attempt on, the instant.
        attempts: Attempts made.
        written_ns: The instant the latest attempt's request was written.
        queued_ns: The instant it began to wait for a retry.
        decision: Index of the decision heard first, -1 before that.
    """

    __slots__ = (
        "attempts",
        "decision",
        "due_ns",
        "kind",
        "number",
        "queued_ns",
        "rejects",
        "request",
        "value_usd",
        "written_ns",
    )

    def __init__(
        self, number: int, request: bytes, kind: int, rejects: bool, value_usd: float
    ) -> None:
        self.number = number
        self.request = request
        self.kind = kind
        self.rejects = rejects
        self.value_usd = value_usd
        self.due_ns = 0
        self.attempts = 0
        self.written_ns = 0
        self.queued_ns = 0
        self.decision = -1
