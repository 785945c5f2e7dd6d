"""How hard-pressed the edge is, in four levels, from its own signals: the worst one counts.

The bounds of errors, CPU and memory are the product's (1/5/10 %, 80/90/95 %, 85/92/97 %). Those of
the others are this platform's, stated against what it refuses at:

- queue_age_seconds: the oldest transaction at a scorer or the journal; from 1 s on they refuse;
- in_flight_share: transactions under way ÷ those that may be;
- commit_seconds: mean time of a commit in the last second; 1 to 3 ms are usual;
- cpu_share: of one core, used by the thread of the event loop, which is all the edge can use;
- memory_share: resident memory of the fullest scorer ÷ what it may take (`SCORER_BYTES`);
- error_share: transactions that ended in 500, or 503 for a journal that could not be written, ÷
  all answered. What is refused on purpose is not among them, or refusing would beget refusing; nor
  are those whose scorer is down, because whoever sheds work brings no scorer back.

A level is taken when signals have asked for it or more for `RISE_SECONDS` without a break, so one
burst changes nothing; it is left, one step at a time, when for `FALL_SECONDS` no signal was above
`FALL_SHARE` of its bound.
"""

from __future__ import annotations

from typing import NamedTuple

LEVELS = ("none", "moderate", "severe", "critical")
NONE, MODERATE, SEVERE, CRITICAL = range(4)
BOUNDS: dict[str, tuple[float, float, float]] = {
    "queue_age_seconds": (0.25, 0.5, 0.8),
    "in_flight_share": (0.5, 0.7, 0.9),
    "commit_seconds": (0.05, 0.15, 0.4),
    "cpu_share": (0.80, 0.90, 0.95),
    "memory_share": (0.85, 0.92, 0.97),
    "error_share": (0.01, 0.05, 0.10),
}
STRATEGIES = {
    "explanations_shed": MODERATE,
    "fast_path": SEVERE,
    "admission_control": CRITICAL,
}
SCORER_BYTES = 400_000_000  # 70 MB of code and model, 320 of customers, and room to work
RISE_SECONDS = 1.0
FALL_SECONDS = 2.0
FALL_SHARE = 0.8


class Asked(NamedTuple):
    """The level that signals ask for, and which of them asks for it; "" for none."""

    level: int
    worst: str


def asked_by(signals: dict[str, float], share: float = 1.0) -> Asked:
    """The worst level of all signals, with their bounds taken times `share`."""
    found = Asked(NONE, "")
    for name, value in signals.items():
        level = sum(value >= bound * share for bound in BOUNDS[name])
        if level > found.level:
            found = Asked(level, name)
    return found


class Degradation:
    """The level now; seconds are of a monotonic clock that the caller reads.

    Attributes:
        level: Index in `LEVELS`.
        worst: The signal that asked for it.
        changes: How often it changed.
    """

    def __init__(self) -> None:
        self.level = NONE
        self.worst = ""
        self.changes = 0
        self._above: list[float | None] = [None] * len(LEVELS)  # since when so much is asked for
        self._below: float | None = None  # since when less than the level is

    def look(self, signals: dict[str, float], now: float) -> bool:
        """Take in the newest signals; whether the level changed."""
        asked = asked_by(signals)
        for level in range(MODERATE, len(LEVELS)):
            since = self._above[level]
            self._above[level] = (now if since is None else since) if asked.level >= level else None
        held = [
            level
            for level, since in enumerate(self._above)
            if since is not None and now - since >= RISE_SECONDS
        ]
        if held and held[-1] > self.level:
            return self._go(held[-1], asked.worst)
        if asked_by(signals, FALL_SHARE).level >= self.level:
            self._below = None
        elif self._below is None:
            self._below = now
        elif now - self._below >= FALL_SECONDS:
            self._below = now
            return self._go(self.level - 1, asked.worst)
        return False

    def _go(self, level: int, worst: str) -> bool:
        self.level = level
        self.worst = worst if level else ""
        self.changes += 1
        return True
