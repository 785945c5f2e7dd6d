"""When to come again: the Retry-After of a refused transaction.

Those who are refused should come back when what is under way now is done, not all a second later:

    seconds = ⌈under way ÷ rate⌉, at least 1 and at most 5

with the rate of decisions per second, smoothed over about a second. While nothing is decided the
rate fades and the seconds grow to their bound, which keeps a short stall from sending callers away
for long.
"""

from __future__ import annotations

import math

LEAST_SECONDS, MOST_SECONDS = 1, 5
LOOK_NS = 250_000_000
_WEIGHT = 0.25


class Pace:
    """The rate of decisions, and what follows from it; the clock is given."""

    def __init__(self) -> None:
        self._at_ns = 0
        self._decided = 0
        self._rate: float | None = None

    def look(self, now_ns: int, decided: int) -> None:
        """So many decisions were made up to now; called more often than it matters."""
        passed = now_ns - self._at_ns
        if passed < LOOK_NS:
            return
        if self._at_ns:
            rate = (decided - self._decided) * 1e9 / passed
            self._rate = rate if self._rate is None else self._rate + _WEIGHT * (rate - self._rate)
        self._at_ns, self._decided = now_ns, decided

    def retry_after(self, under_way: int) -> int:
        """Whole seconds until so many transactions are decided."""
        if self._rate is None or not under_way:
            return LEAST_SECONDS
        if self._rate * MOST_SECONDS <= under_way:
            return MOST_SECONDS
        return max(LEAST_SECONDS, math.ceil(under_way / self._rate))
