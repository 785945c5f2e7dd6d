"""When the target was down, and how it took its faults: sums over ticks, live and at the end alike.

A second is down when something waited for an answer at its beginning and nothing was decided or
rejected in it; so is every tick in which the edge says it is down. With asked = the ticks in which
anything was due, under way or in the backlog,

    downtime_seconds  = ticks of such seconds, each counted once, × tick length
    uptime_percentage = 100 · (1 − down ÷ asked)

so an outage shorter than a second does not count, and one worker of several that is gone does not
make the target down. Of the faults only those proven on count as injected:

    failures_injected          faults proven on
    failures_recovered         of these, those back within the criteria (`.resilience`)
    recovery_time_avg_seconds  mean over these of recovered − onset
    circuit_breaker_trips      of the load workers' breakers + of the agents' in the target
    degradation_level          of the newest ticks, `degradation_events` rises of it above none
    dead_lettered …            sums of the tick's columns of these names
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import isnan

import pandas as pd

from engine.analysis.degradation import LEVELS, Levels
from engine.model.metrics import DegradationSummary, ResilienceMetrics
from engine.model.results import FaultRecord
from engine.model.tick import Tick

SECOND_TICKS = 4
SUMMED = (
    "dead_lettered",
    "redriven",
    "redrive_failed",
    "stranded",
    "retries_refused",
    "breaker_trips",
    "breaker_recoveries",
    "agent_trips",
    "agent_recoveries",
)


_READ = ("due", "decided", "rejected", "in_flight_now", "backlog_now", "edge_up")


def tallied(ticks: pd.DataFrame, tick_seconds: float) -> ResilienceTally:
    """The tally of a run's ticks, columns of `engine.model.tick.COLUMNS`, in order."""
    tally = ResilienceTally(tick_seconds)
    names = [*_READ, "degradation_level", *SUMMED]
    for row in ticks[names].itertuples(index=False):
        tally.add(Tick(**dict(zip(names, row, strict=True))))
    return tally


class ResilienceTally:
    """Adds up ticks of `tick_seconds`, in order."""

    def __init__(self, tick_seconds: float) -> None:
        self.levels = Levels()
        self._tick_seconds = tick_seconds
        self._sums = dict.fromkeys(SUMMED, 0.0)
        self._asked = self._down = 0
        self._latest: deque[tuple[bool, bool]] = deque(maxlen=SECOND_TICKS)  # answered, counted
        self._waiting: deque[bool] = deque([False] * SECOND_TICKS, maxlen=SECOND_TICKS)

    def add(self, tick: Tick) -> None:
        """Take one more tick."""
        self.levels.add(tick.degradation_level)
        for name in SUMMED:
            value = float(getattr(tick, name))
            self._sums[name] += 0.0 if isnan(value) else value
        waiting = tick.in_flight_now + tick.backlog_now > 0
        self._asked += waiting or tick.due > 0
        counted = tick.edge_up == 0 and (waiting or tick.due > 0)
        self._down += counted
        self._latest.append((tick.decided + tick.rejected > 0, counted))
        if self._waiting[0] and not any(answered for answered, _ in self._latest):
            self._down += sum(not counted for _, counted in self._latest)
            self._latest = deque([(False, True)] * SECOND_TICKS, maxlen=SECOND_TICKS)
        self._waiting.append(waiting)

    def degradation(self) -> DegradationSummary:
        """Worst level, seconds at each and rises above none, so far."""
        seconds = (count * self._tick_seconds for count in self.levels.ticks)
        highest = self.levels.worst
        return DegradationSummary(
            worst=None if highest is None else LEVELS[highest],
            seconds=dict(zip(LEVELS, seconds, strict=True)),
            events=self.levels.events,
        )

    def metrics(self, faults: Sequence[FaultRecord]) -> ResilienceMetrics:
        """All of it with the run's faults; None where nothing was asked, or no fault proven."""
        proven = [fault for fault in faults if fault.proven]
        times = [
            fault.recovery_from_onset_seconds
            for fault in proven
            if fault.recovery_from_onset_seconds is not None
        ]
        total = {name: int(value) for name, value in self._sums.items()}
        level = self.levels.now
        return ResilienceMetrics(
            uptime_percentage=100 * (1 - self._down / self._asked) if self._asked else None,
            downtime_seconds=self._down * self._tick_seconds if self._asked else None,
            failures_injected=len(proven),
            failures_recovered=len(times),
            recovery_time_avg_seconds=sum(times) / len(times) if times else None,
            degradation_events=None if level is None else self.levels.events,
            degradation_level=None if level is None else LEVELS[level],
            circuit_breaker_trips=total["breaker_trips"] + total["agent_trips"],
            circuit_breaker_recoveries=total["breaker_recoveries"] + total["agent_recoveries"],
            **{name: total[name] for name in SUMMED[:5]},
        )
