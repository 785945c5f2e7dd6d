"""A breaker: an agent that misses is not asked for a while, then tried once beside the others.

    closed ──MISSES of the last WINDOW batches missed──▶ open ──OPEN_SECONDS──▶ half open
    half open ──the trial was in time──▶ closed          half open ──it was not──▶ open

A miss is a batch that it did not answer in time, or answered with an error. Counting over a window
rather than in a row also catches an agent that is slow every third time.
"""

from __future__ import annotations

from collections import deque

CLOSED, HALF_OPEN, OPEN = "closed", "half_open", "open"
MISSES = 3
WINDOW = 20  # batches
OPEN_SECONDS = 2.0


class Breaker:
    """One agent's breaker; instants are ns of a clock that the caller reads.

    Attributes:
        trips: Times it opened from closed.
        recoveries: Times it closed again.
    """

    def __init__(self) -> None:
        self.state = CLOSED
        self.trips = 0
        self.recoveries = 0
        self._missed: deque[bool] = deque(maxlen=WINDOW)
        self._until_ns = 0

    def answered(self) -> None:
        """A batch was answered in time while it was closed."""
        self._missed.append(False)

    def missed(self, now_ns: int) -> None:
        """A batch was missed while it was closed."""
        self._missed.append(True)
        if self._missed.count(True) >= MISSES:
            self.trips += 1
            self._open(now_ns)

    def tries(self, now_ns: int) -> bool:
        """Whether it is time for one trial; if so, it is half open from now on."""
        due = self.state == OPEN and now_ns >= self._until_ns
        if due:
            self.state = HALF_OPEN
        return due

    def tried(self, in_time: bool, now_ns: int) -> None:
        """The trial ended."""
        if in_time:
            self.state = CLOSED
            self.recoveries += 1
        else:
            self._open(now_ns)

    def _open(self, now_ns: int) -> None:
        self.state = OPEN
        self._until_ns = now_ns + int(OPEN_SECONDS * 1e9)
        self._missed.clear()
