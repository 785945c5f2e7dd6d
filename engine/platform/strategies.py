"""What the edge does about its level of degradation; `degradation` says how it is found.

    moderate   explanations_shed   decisions go out without their causes
    severe     fast_path           and by two agents of four (`agents.panel`), marked `degraded`
    critical   admission_control   and half as much may be under way, for half as long

Each level does what those below it do, too. Nothing of this is asked on the way of a transaction:
batches carry two flags, and the intake has other bounds.
"""

from __future__ import annotations

import time
from collections import deque
from typing import NamedTuple

from engine.measure.resources import ProcessUsage
from engine.model.telemetry import DegradationTelemetry
from engine.platform.degradation import (
    CRITICAL,
    LEVELS,
    MODERATE,
    SCORER_BYTES,
    SEVERE,
    STRATEGIES,
    Degradation,
)
from engine.platform.intake import Intake
from engine.platform.journal import Journal
from engine.platform.router import Router

LOOK_SECONDS = 0.1
WINDOW_SECONDS = 1.0
TIGHT_SHARE = 0.5


class Reading(NamedTuple):
    """Cumulative counts at an instant of the monotonic clock, in seconds."""

    at: float
    commits: int
    commit_ns: int
    answered: int
    failed: int
    cpu: float


class Strategies:
    """The edge's level and what is done about it; lives in the event loop's thread.

    Without `used` the level is found all the same, and nothing is done about it.

    Attributes:
        sheds: No time goes into explanations.
        fast: Nor into what the fast path does without.
    """

    def __init__(self, intake: Intake, journal: Journal, router: Router, used: bool) -> None:
        self._intake, self._journal, self._router = intake, journal, router
        self._used = used
        self._degradation = Degradation()
        self._readings: deque[Reading] = deque()
        self._usages: dict[int, ProcessUsage] = {}
        self._memory = (0.0, 0.0)  # share, and when it was read
        self._signals: dict[str, float] = {}
        self._since_ns = 0
        self.sheds = self.fast = False

    def look(self) -> None:
        """Take the newest signals and act; called every `LOOK_SECONDS`."""
        now = time.monotonic()
        if not self._since_ns:
            self._since_ns = int(now * 1e9)
        self._signals = self._read(now)
        if not self._degradation.look(self._signals, now):
            return
        self._since_ns = int(now * 1e9)
        if self._used:
            level = self._degradation.level
            self.sheds, self.fast = level >= MODERATE, level >= SEVERE
            self._intake.tighten(TIGHT_SHARE if level >= CRITICAL else 1.0)

    def telemetry(self) -> DegradationTelemetry:
        """What is told of it."""
        level = self._degradation.level
        return DegradationTelemetry(
            level=LEVELS[level],
            strategies=[
                name for name, least in STRATEGIES.items() if self._used and level >= least
            ],
            since_ns=self._since_ns,
            worst=self._degradation.worst,
            signals=self._signals,
            changes=self._degradation.changes,
        )

    def _read(self, now: float) -> dict[str, float]:
        counts, journal = self._intake.counts, self._journal
        newest = Reading(
            now,
            journal.commits,
            journal.commit_ns,
            counts.answered,
            counts.failed,
            time.thread_time(),
        )
        readings = self._readings
        readings.append(newest)
        while len(readings) > 1 and readings[1].at <= now - WINDOW_SECONDS:
            readings.popleft()
        signals = _means(readings[0], newest)
        signals["queue_age_seconds"] = self._intake.age_ns(time.monotonic_ns()) / 1e9
        signals["in_flight_share"] = self._intake.in_flight / self._intake.limit
        signals["memory_share"] = self._memory_share(now)
        return signals

    def _memory_share(self, now: float) -> float:
        share, read = self._memory
        if now - read >= WINDOW_SECONDS:
            pids = [link.pid for link in self._router.links() if link.up]
            self._usages = {pid: self._usages.get(pid) or ProcessUsage(pid) for pid in pids}
            fullest = max([usage.rss_bytes() for usage in self._usages.values()], default=0)
            share = fullest / SCORER_BYTES
            self._memory = (share, now)
        return share


def _means(before: Reading, now: Reading) -> dict[str, float]:
    commits, answered = now.commits - before.commits, now.answered - before.answered
    seconds = now.at - before.at
    return {
        "commit_seconds": (now.commit_ns - before.commit_ns) / 1e9 / commits if commits else 0.0,
        "error_share": (now.failed - before.failed) / answered if answered else 0.0,
        "cpu_share": (now.cpu - before.cpu) / seconds if seconds else 0.0,
    }
