"""How many retries there may be: a token bucket, so that they cannot multiply a sick target's load.

Without it, a target that fails everything is asked three times as often as a healthy one, for every
transaction has three attempts. Every first attempt pays `RATIO` of a token in, every second pays
`PER_SECOND`, every retry takes one out, and a retry that finds none is not made: its transaction
has failed and is a dead letter. The bucket holds what `HELD_SECONDS` of the latest second's rate
pay in, so with first attempts at r per second, the retries of any second are at most

    (RATIO · r + PER_SECOND) · (1 + HELD_SECONDS)  =  0.7 · r + 35

and in the long run 0.2 · r + 10: whatever happens, retries never double the load of a worker that
offers more than 117/s, and add a fifth to it while a fault lasts.
Sources: Finagle's RetryBudget (20 % of requests and at least 10 a second), Envoy's `retry_budget`
(20 %), gRPC's retry throttling (gRFC A6), the token bucket of the AWS SDKs' standard retry mode.
"""

from __future__ import annotations

RATIO = 0.2
PER_SECOND = 10.0
HELD_SECONDS = 2.5


class RetryBudget:
    """Tokens for retries; `pay_in` at every look, `take` for every retry."""

    def __init__(self, ratio: float = RATIO) -> None:
        self._ratio = ratio
        self._tokens = PER_SECOND * HELD_SECONDS
        self._paid_ns: int | None = None

    def pay_in(self, now_ns: int, first: int, rate_tps: float) -> None:
        """So many first attempts since the last time, in a second that saw this many."""
        seconds = 0.0 if self._paid_ns is None else (now_ns - self._paid_ns) / 1e9
        self._paid_ns = now_ns
        most = HELD_SECONDS * (self._ratio * rate_tps + PER_SECOND)
        self._tokens = min(self._tokens + self._ratio * first + PER_SECOND * seconds, most)

    def resumed(self, stood_ns: int) -> None:
        """A pause of this length ended: nothing was paid in for it."""
        if self._paid_ns is not None:
            self._paid_ns += stood_ns

    def take(self) -> bool:
        """Whether there may be one more retry."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
