"""How the target answered lately: what a worker's retries and redrives are governed by.

Twenty times a second the worker's counters are looked at, and what was added since is kept for a
while; so a decision costs nothing here, and only an attempt that failed is counted as it ends. A
failure is an attempt that may be tried again (`engine.load.outcome.RETRYABLE`): it says that the
target is sick. Any other answer, a refusal of this one request included, says nothing of the kind.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from engine.load.outcome import RETRYABLE, Outcome

KEPT_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in some time: first attempts, attempts that were answered or that failed."""

    first: int = 0
    answered: int = 0
    failed: int = 0

    @property
    def ended(self) -> int:
        """Attempts that say something about the target."""
        return self.answered + self.failed

    @property
    def failed_share(self) -> float:
        """0..1; 0 if nothing was seen."""
        return self.failed / self.ended if self.failed else 0.0


class Health:
    """The latest second, in looks.

    `failures` are all so far; `decided` and `first` are told at a look, as totals of the run.
    """

    def __init__(self) -> None:
        self.failures = 0
        self._looks: deque[tuple[int, Seen]] = deque()
        self._before = Seen()

    def ended(self, outcome: Outcome) -> bool:
        """An attempt ended badly; whether that says the target is sick."""
        sick = outcome in RETRYABLE
        self.failures += sick
        return sick

    def look(self, now_ns: int, first: int, answered: int) -> Seen:
        """Keep what was added to these totals since the previous look; return it."""
        before = self._before
        self._before = Seen(first, answered, self.failures)
        new = Seen(first - before.first, answered - before.answered, self.failures - before.failed)
        self._looks.append((now_ns, new))
        while self._looks[0][0] <= now_ns - KEPT_NS:
            self._looks.popleft()
        return new

    def resumed(self, stood_ns: int) -> None:
        """A pause of this length ended: what was seen before it counts as seen just now."""
        self._looks = deque((at_ns + stood_ns, seen) for at_ns, seen in self._looks)

    def since(self, instant_ns: int = 0) -> Seen:
        """All that was seen in looks later than this instant, at most a second back."""
        looks = [seen for at_ns, seen in self._looks if at_ns > instant_ns]
        return Seen(
            sum(seen.first for seen in looks),
            sum(seen.answered for seen in looks),
            sum(seen.failed for seen in looks),
        )
