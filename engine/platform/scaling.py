"""Scaling: when a scorer is added or removed, as arithmetic on what the scorers say they used.

    use of a scorer  = max(CPU seconds, transactions scored ÷ provisioned rate) per second
    utilisation      = mean use of the scorers that are up, over the latest `WINDOW_SECONDS`

The first is how much of a processor it took, not how long it was busy by the clock: on a machine
with fewer processors than processes a scorer that waits for one is busy as well, and another scorer
would only make it wait longer. The second counts where scorers have a provisioned rate.

While utilisation has been above `HIGH` for `ABOVE_SECONDS` a scorer is added, below `LOW` for
`BELOW_SECONDS` one is removed, within the bounds. After each change the window begins anew, so no
decision rests on what was measured before it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

HIGH, LOW = 0.80, 0.30
WINDOW_SECONDS = 2.0
ABOVE_SECONDS = 2.0
BELOW_SECONDS = 20.0
LEAST_SHARE = 0.75  # of the window that has to be covered


@dataclass(frozen=True)
class Used:
    """What one scorer process said at an instant (s): CPU seconds and transactions so far."""

    at: float
    cpu_seconds: float
    scored: float


class Utilisation:
    """The utilisation of scorers from what they say; the clock is given."""

    def __init__(self, tps: float) -> None:
        self._tps = tps
        self._said: dict[int, deque[Used]] = {}

    def heard(self, index: int, used: Used) -> None:
        """A scorer that is up said what it used so far."""
        said = self._said.setdefault(index, deque())
        said.append(used)
        while used.at - said[1 if len(said) > 1 else 0].at >= WINDOW_SECONDS:
            said.popleft()

    def forget(self, index: int) -> None:
        """Its process is gone, or not up."""
        self._said.pop(index, None)

    def clear(self) -> None:
        """Begin the window anew."""
        self._said.clear()

    def now(self) -> float | None:
        """0 and up; None while no scorer's window is covered."""
        uses = [use for said in self._said.values() if (use := self._use(said)) is not None]
        return sum(uses) / len(uses) if uses else None

    def _use(self, said: deque[Used]) -> float | None:
        first, last = said[0], said[-1]
        seconds = last.at - first.at
        if seconds < LEAST_SHARE * WINDOW_SECONDS:
            return None
        provided = (last.scored - first.scored) / self._tps if self._tps else 0.0
        return max(last.cpu_seconds - first.cpu_seconds, provided) / seconds


@dataclass(frozen=True)
class Wish:
    """Another number of scorers, and why: the utilisation, and since when it is beyond a limit."""

    scorers: int
    utilisation: float
    since: float


class Scaler:
    """Decides; `least` to `most` scorers. Instants in seconds on the caller's clock."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._above: float | None = None
        self._below: float | None = None

    def restart(self) -> None:
        """The number has changed: nothing seen so far counts."""
        self._above = self._below = None

    def bounded(self, scorers: int) -> int:
        """The nearest number within the bounds."""
        return min(max(scorers, self._least), self._most)

    def look(self, now: float, utilisation: float | None, scorers: int) -> Wish | None:
        """Whether there should be another number of scorers from now on."""
        if utilisation is None:
            self.restart()
            return None
        self._above = _since(self._above, now, utilisation > HIGH)
        self._below = _since(self._below, now, utilisation < LOW)
        if self._above is not None and now - self._above >= ABOVE_SECONDS and scorers < self._most:
            return Wish(scorers + 1, utilisation, self._above)
        if self._below is not None and now - self._below >= BELOW_SECONDS and scorers > self._least:
            return Wish(scorers - 1, utilisation, self._below)
        return None


def _since(start: float | None, now: float, holds: bool) -> float | None:
    if not holds:
        return None
    return now if start is None else start
