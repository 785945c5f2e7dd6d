"""The generator's doubts about itself.

A figure is worth what the instrument is worth. Past these limits the verdict is *inconclusive*: the
generator, not the target, was the limit. The limits stand here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_DROPPED_SHARE = 0.001
MAX_LATENESS_P99_MS = 100.0
MAX_WORKER_CPU_CORES = 0.95
BUSY_SECONDS = 5.0  # a worker that is the limit for so long was the limit
MAX_UNREACHABLE_SHARE = 0.01


class Doubt(StrEnum):
    """Why the generator may not have offered what the plan asked; each with what to do."""

    DROPPED = (
        "arrivals were dropped before they were sent although the target answered quickly: "
        "lower the rate or close other programs"
    )
    LATE = (
        "arrivals were sent late although the target answered quickly: "
        "lower the rate or close other programs"
    )
    BUSY = "a load worker used all of a core: lower the rate or use more workers"
    WORKER_LOST = "a load worker ended before the run did: look for what ended it and run again"


@dataclass(frozen=True)
class Instrument:
    """What the generator measured of itself over a run; shares 0..1, times in ms.

    `busiest_worker_cpu_cores` is the highest mean over any `BUSY_SECONDS`, so that a short peak in
    which a worker was the limit is not lost in a long quiet run.
    """

    due: float
    dropped: float
    lateness_p99_ms: float | None
    service_p99_ms: float | None
    busiest_worker_cpu_cores: float | None
    workers_lost: int
    unreachable_share: float


def doubts(instrument: Instrument) -> list[Doubt]:
    """The limits that were passed, in order of weight.

    A slow or absent target makes arrivals wait for a free connection: lateness and drops count
    against the generator only while the target's own service p99 is below the lateness limit and
    it could be reached: `unreachable_share` is the share of attempts that ended in connect, reset
    or timeout.
    """
    found = []
    service = instrument.service_p99_ms
    target_was_quick = (
        service is not None
        and service < MAX_LATENESS_P99_MS
        and instrument.unreachable_share <= MAX_UNREACHABLE_SHARE
    )
    if instrument.workers_lost:
        found.append(Doubt.WORKER_LOST)
    if (instrument.busiest_worker_cpu_cores or 0.0) > MAX_WORKER_CPU_CORES:
        found.append(Doubt.BUSY)
    if target_was_quick and instrument.dropped > MAX_DROPPED_SHARE * instrument.due:
        found.append(Doubt.DROPPED)
    if target_was_quick and (instrument.lateness_p99_ms or 0.0) > MAX_LATENESS_P99_MS:
        found.append(Doubt.LATE)
    return found
