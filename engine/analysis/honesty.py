"""The generator's doubts about itself.

A figure is worth what the instrument is worth. Past these limits the verdict is *inconclusive*: the
generator, not the target, was the limit. The limits and the reasons stand here and nowhere else.

Two questions are asked with the same limits: of the latest ticks, what to doubt now (`live_doubts`,
the amber line on stage), and of a whole run, what to doubt of it (`doubts`, its verdict). No signal
moves because a target is slow: lateness ends when the pacer's turn comes, before anything waits for
a free connection; loop lag and processor time are the worker's own. Only drops can be a target's
doing, because a target that does not answer fills the backlog: they count while it answers quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import pairwise

from engine.model.instrument import Instrument
from engine.model.tick import Tick

LIMITED = "The generator, not the target, was the limit"

MAX_LATENESS_P99_MS = 50.0
MAX_LOOP_LAG_MS = 50.0
MAX_WORKER_CPU_CORES = 0.95
MAX_DROPPED_SHARE = 0.001
MAX_MISSING_SHARE = 0.01
QUICK_P99_MS = 100.0  # a target whose service p99 is below this does not fill a backlog
MAX_UNREACHABLE_SHARE = 0.01
PATIENCE_SECONDS = 5.0  # how long an arrival waits for a connection before it is dropped
LATE_SECONDS = 60.0  # lateness p99 is judged over the worst span of so long, too
BUSY_SECONDS = 5.0  # what is at its limit on average for so long was the limit of a run

APPEARS_AFTER_TICKS = 2
STAYS_TICKS = 12
LIVE_TICKS = STAYS_TICKS + APPEARS_AFTER_TICKS


class Doubt(Enum):
    """Why the figures may say more about the generator than about the target, weightiest first.

    Attributes:
        now: What is wrong while it is.
        then: What was wrong, said of a finished run.
        remedy: What to do.
    """

    WORKER_LOST = (
        "A load worker was lost",
        "a load worker ended before the run did",
        "look for what ended it and run again",
    )
    SILENT = (
        "A load worker reports late",
        "reports of load workers were missing from their ticks",
        "close other programs or use fewer workers",
    )
    BUSY = (
        "A load worker uses all of a processor core",
        "a load worker used all of a processor core",
        "lower the rate or use more workers",
    )
    LATE = (
        "Arrivals are sent late",
        "arrivals were sent late",
        "lower the rate or close other programs",
    )
    HELD_UP = (
        "A load worker is held up by this machine",
        "a load worker was held up by this machine",
        "lower the rate or close other programs",
    )
    DROPPED = (
        "Arrivals are dropped although the target answers quickly",
        "arrivals were dropped before they were sent although the target answered quickly",
        "lower the rate or use more connections",
    )

    def __init__(self, now: str, then: str, remedy: str) -> None:
        self.now = now
        self.then = then
        self.remedy = remedy

    @property
    def live(self) -> str:
        """One line for the stage."""
        return f"{self.now}: {self.remedy}"


def doubts(instrument: Instrument) -> list[Doubt]:
    """The limits that a run passed, in order of weight."""
    found = {
        Doubt.WORKER_LOST: instrument.workers_lost > 0 or instrument.not_offered > 0,
        Doubt.SILENT: instrument.reports_missing > MAX_MISSING_SHARE,
        Doubt.BUSY: _past(instrument.busiest_worker_cpu_cores, MAX_WORKER_CPU_CORES),
        Doubt.LATE: _past(instrument.lateness_p99_ms, MAX_LATENESS_P99_MS)
        or _past(instrument.late_spell_ms, MAX_LATENESS_P99_MS),
        Doubt.HELD_UP: _past(instrument.loop_lag_ms, MAX_LOOP_LAG_MS),
        Doubt.DROPPED: instrument.dropped_while_quick > MAX_DROPPED_SHARE * instrument.due,
    }
    return [doubt for doubt in Doubt if found[doubt]]


def clauses(found: Sequence[Doubt]) -> list[str]:
    """Doubts of a finished run for its verdict; those with one remedy share a clause."""
    remedies = dict.fromkeys(doubt.remedy for doubt in found)
    return [
        f"{' and '.join(doubt.then for doubt in found if doubt.remedy == remedy)}: {remedy}"
        for remedy in remedies
    ]


def live_doubts(latest: Sequence[Tick]) -> list[Doubt]:
    """What to doubt now, in order of weight; `latest` are the newest ticks, the last one newest.

    A doubt appears once its limit was passed in `APPEARS_AFTER_TICKS` ticks in a row, and goes
    `STAYS_TICKS` ticks after the last time that was so, so that it does not flicker. Ticks in
    which the run clock stood still, as in a pause or the drain, are no reason for doubt.
    """
    before, recent = Tick(schedule_seconds=0.0), latest[-LIVE_TICKS:]
    pairs = list(pairwise([before, *recent]))[-(LIVE_TICKS - 1) :]
    moved = [later.schedule_seconds > earlier.schedule_seconds for earlier, later in pairs]
    ticks = [later for _earlier, later in pairs]
    return [
        doubt
        for doubt, passed in _NOW.items()
        if _in_a_row([at and passed(tick) for at, tick in zip(moved, ticks, strict=True)])
    ]


def _in_a_row(passed: list[bool]) -> bool:
    last = len(passed) - APPEARS_AFTER_TICKS + 1
    return any(all(passed[at : at + APPEARS_AFTER_TICKS]) for at in range(last))


def _dropping(tick: Tick) -> bool:
    unreachable = tick.outcome_connect + tick.outcome_reset + tick.outcome_timeout
    answered = tick.decided + tick.rejected
    was_quick = quick(tick.service_p99_ms, answered, unreachable, tick.attempts)
    return tick.dropped > MAX_DROPPED_SHARE * tick.due and was_quick


_NOW: dict[Doubt, Callable[[Tick], bool]] = {
    Doubt.WORKER_LOST: lambda tick: tick.workers_up_now < tick.workers_asked,
    Doubt.SILENT: lambda tick: tick.reports_missing > 0,
    Doubt.BUSY: lambda tick: tick.busiest_worker_cpu_cores > MAX_WORKER_CPU_CORES,
    Doubt.LATE: lambda tick: tick.lateness_p99_ms > MAX_LATENESS_P99_MS,
    Doubt.HELD_UP: lambda tick: tick.worker_loop_lag_ms > MAX_LOOP_LAG_MS,
    Doubt.DROPPED: _dropping,
}


def _past(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


def quick(service_p99_ms: float, answered: float, unreachable: float, attempts: float) -> bool:
    """Whether the target answered in a tick, quickly, and could be reached.

    Args:
        service_p99_ms: Of the latest window with enough samples; nan is not quick.
        answered: Decided and rejected in the tick.
        unreachable: Attempts of the tick that ended in connect, reset or timeout.
        attempts: All attempts of the tick.
    """
    reached = unreachable <= MAX_UNREACHABLE_SHARE * attempts
    return answered > 0 and reached and service_p99_ms < QUICK_P99_MS
