"""The planned rate, and what an operator made of it while the run went on.

From each change on, the rate is the plan's times the change's factor, until the next one. All
workers hear of all changes so far, at seconds of the run clock that are still to come, so they
agree on when each arrival is due.
"""

from __future__ import annotations

import math
import threading

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.model.errors import ConfigurationError
from engine.model.results import RateChange
from engine.model.scenario import MAX_RATE_TPS

LEAST_FACTOR = 0.01
LEAD_SECONDS = 0.15


def told(change: RateChange) -> str:
    """One change, as the timeline says it."""
    return f"rate × {change.factor:g} of the plan from {change.schedule_seconds:.2f} s"


class Rates:
    """The changes of one run's rate, in order of time; from any thread.

    The arrivals of the whole run stay within `most_arrivals`, where the traffic has an end.
    """

    def __init__(
        self, profile: Profile, highest_tps: float, most_arrivals: int | None = None
    ) -> None:
        self._profile = self._changed = profile
        self._highest_tps, self._most_arrivals = highest_tps, most_arrivals
        self._lock = threading.Lock()
        self._changes: tuple[RateChange, ...] = ()

    @property
    def changes(self) -> tuple[RateChange, ...]:
        """All so far."""
        return self._changes

    @property
    def factor(self) -> float:
        """The factor asked for last; 1 if none was."""
        return self._changes[-1].factor if self._changes else 1.0

    def change(self, factor: float, now_seconds: float) -> RateChange:
        """From `LEAD_SECONDS` after this second of the run clock on, the plan times `factor`.

        Of two changes for the same instant, as in a pause, the later one counts.

        Raises:
            ConfigurationError: The factor is out of bounds, or own data would end before the run.
        """
        self._check(factor)
        with self._lock:
            last = self._changes[-1].schedule_seconds if self._changes else 0.0
            change = RateChange(
                schedule_seconds=max(now_seconds + LEAD_SECONDS, last), factor=factor
            )
            kept = [one for one in self._changes if one.schedule_seconds < change.schedule_seconds]
            changes = (*kept, change)
            changed = self._profile.changed(_pairs(changes))
            self._check_traffic(changed)
            self._changes, self._changed = changes, changed
        return change

    def pairs(self) -> list[tuple[float, float]]:
        """All changes so far as (second of the run clock, factor)."""
        return _pairs(self._changes)

    def _check_traffic(self, changed: Profile) -> None:
        total, most = Pacer(changed).total, self._most_arrivals
        if most is not None and total > most:
            msg = (
                f"at this rate the run would send {total:,} transactions, and its own data holds "
                f"{most:,}: choose a lower one, or start the run with --repeat"
            )
            raise ConfigurationError([msg])

    def _check(self, factor: float) -> None:
        most = MAX_RATE_TPS / self._highest_tps if self._highest_tps else math.inf
        if not LEAST_FACTOR <= factor <= most:
            msg = (
                f"the rate can be set to {LEAST_FACTOR:g} to {most:.4g} times the plan, whose "
                f"highest rate is {self._highest_tps:,.0f}/s of at most {MAX_RATE_TPS:,}/s, "
                f"got {factor:g}"
            )
            raise ConfigurationError([msg])

    def factor_at(self, seconds: float) -> float:
        """The factor in force at this second of the run clock."""
        begun = [one.factor for one in self._changes if one.schedule_seconds <= seconds]
        return begun[-1] if begun else 1.0

    def planned_by(self, seconds: float) -> int:
        """Arrivals due up to this second of the run clock, changes included."""
        return Pacer(self._changed).count_by(seconds)

    def planned_tps(self, seconds: float) -> float:
        """The planned rate at this second of the run clock, changes included."""
        return self._changed.rate_tps(seconds)


def _pairs(changes: tuple[RateChange, ...]) -> list[tuple[float, float]]:
    return [(one.schedule_seconds, one.factor) for one in changes]
