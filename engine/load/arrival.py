"""One transaction under way in a worker."""

from __future__ import annotations

import msgspec


class Arrival(msgspec.Struct, gc=False):
    """A transaction from its due instant to its end; made once, changed as it goes on.

    Attributes:
        number: Arrival number.
        id: The number in its transaction id, which is the run's prefix and this number; that of an
            earlier arrival if this one is a true duplicate.
        request: All bytes of its HTTP request.
        kind: Fraud kind code, 0 legitimate; never sent.
        rejects: Whether a correct platform answers 400.
        value_usd: Its amount.
        user: Index of the simulated user who sends it, among this worker's; 0 without users.
        due_ns: Schedule time while in the backlog; from the first attempt on, the instant.
        attempts: Attempts made.
        written_ns: The instant the latest attempt's request was written.
        queued_ns: The instant it began to wait for a retry.
        decision: Index of the decision heard first, -1 before that.
    """

    number: int
    id: int
    request: bytes
    kind: int
    rejects: bool
    value_usd: float
    user: int
    due_ns: int
    attempts: int = 0
    written_ns: int = 0
    queued_ns: int = 0
    decision: int = -1
