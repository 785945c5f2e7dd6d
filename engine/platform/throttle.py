"""The journal's write capacity, cut by order: so many rows a second, and what is more is refused.

As a provisioned table does it: capacity that was not used gathers for `KEPT_SECONDS` at most, a
commit takes what its rows are, and while the account is overdrawn every commit is refused. A group
is taken whole once the account is not empty, so the rate is right over time whatever the groups are
like; the next one waits for longer then. Who is refused tries again after

    random(0.5 .. 1) × min(LONGEST_SECONDS, FIRST_SECONDS × 2^refusals)

which is exponential backoff with jitter. It ends at its instant or when it is lifted, even for who
waits.
"""

from __future__ import annotations

import random
import threading
import time

from engine.platform.wire import Cut

KEPT_SECONDS = 0.1
FIRST_SECONDS = 0.002
LONGEST_SECONDS = 0.1


class Throttle:
    """One cut; `take` is the journal's thread's, the rest anybody's."""

    def __init__(self, cut: Cut, now_ns: int) -> None:
        self._rate, self._until_ns = cut.rows_per_second, cut.until_ns
        self.refused = 0
        self.waited_ns = 0
        self._most = cut.rows_per_second * KEPT_SECONDS
        self._left = self._most
        self._at_ns = now_ns
        self._lifted = threading.Event()

    @property
    def largest_group(self) -> int:
        """Rows of a commit that the account carries without being overdrawn."""
        return max(1, int(self._most))

    def over(self, now_ns: int) -> bool:
        """Whether it has ended."""
        return self._lifted.is_set() or now_ns >= self._until_ns

    def prolonged(self, cut: Cut) -> bool:
        """Whether this cut is the same but for its end, which is taken over then."""
        if cut.rows_per_second != self._rate:
            return False
        self._until_ns = cut.until_ns
        return True

    def lift(self) -> None:
        """End it now; idempotent."""
        self._lifted.set()

    def grants(self, rows: int, now_ns: int) -> bool:
        """Whether so many rows may be written now; they are taken from the account then."""
        gathered = self._rate * (now_ns - self._at_ns) / 1e9
        self._left = min(self._most, self._left + gathered)
        self._at_ns = now_ns
        if self._left <= 0.0 and not self.over(now_ns):
            return False
        self._left -= rows
        return True

    def take(self, rows: int) -> None:
        """Wait until so many rows may be written."""
        now, refusals = time.monotonic_ns(), 0
        while not self.grants(rows, now):
            self.refused += 1
            longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(refusals, 16))
            rest = (self._until_ns - now) / 1e9
            self._lifted.wait(min(rest, longest * random.uniform(0.5, 1.0)))
            began, now = now, time.monotonic_ns()
            self.waited_ns += now - began
            refusals += 1
