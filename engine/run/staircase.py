"""Which rate a calibration tries next, and which it may call held: pure functions of the steps.

From `FIRST_TPS` the rate doubles until a step is not held, or halves until one is; then the gap
between the highest rate held and the lowest not held is cut at its geometric middle until it is
smaller than `RESOLUTION`; then the rate found is tried once more. So the answer lies within
`RESOLUTION` of the machine's limit if there was time for it, and never above a step that held.

    next = 2 · held          climbing: nothing has failed yet
    next = failed / 2        descending: nothing has held yet
    next = √(held · failed)  between, while failed / held > RESOLUTION
    next = held              confirming: held once at this rate or above

A later attempt at a rate counts in place of an earlier one. A step that was not held while other
programs disturbed the machine is tried again, once a rate and `RETRIES` times in all. A step is
begun only if time is left for it, for the rest it may need after it, and for a confirmation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.measure.histogram import samples_needed
from engine.model.scenario import MAX_RATE_TPS
from engine.run.plan import TICK_SECONDS

FIRST_TPS = 2_000.0
LOWEST_TPS = 500.0
TOP_TPS = float(MAX_RATE_TPS)
GROWTH = 2.0
RESOLUTION = 1.1
RETRIES = 2
HELD_TIMES = 2
SETTLE_TICKS = 2
JUDGED_TICKS = 4
LAG_TICKS = 1  # a new rate takes effect a little after it is asked for
REST_SECONDS = 1.0
SPARE_SAMPLES = 1.1  # some arrivals are rejected, and then have no response time
_P99_SAMPLES = samples_needed(99) * SPARE_SAMPLES


@dataclass(frozen=True)
class Tried:
    """One step: the rate asked for (per second), and how it came out."""

    tps: float
    held: bool
    disturbed: bool = False


def judged_ticks(tps: float) -> int:
    """How many ticks a step at this rate is judged over: a second, or what a p99 takes."""
    return max(JUDGED_TICKS, math.ceil(_P99_SAMPLES / tps / TICK_SECONDS))


def step_seconds(tps: float) -> float:
    """How long a step takes at most, on a machine that reports in time."""
    return (LAG_TICKS + SETTLE_TICKS + judged_ticks(tps)) * TICK_SECONDS


def next_rate(tried: Sequence[Tried], left_seconds: float) -> float | None:
    """The next rate to try, per second; None when the staircase has ended."""
    held, failed = _between(tried)
    exploring = _retried(tried) or _explored(held, failed)
    if exploring is not None:
        confirming = min(exploring, held or exploring)
        if step_seconds(exploring) + REST_SECONDS + step_seconds(confirming) <= left_seconds:
            return exploring
    if held is None or _confirmed(held, tried) or step_seconds(held) > left_seconds:
        return None
    return held


def found(tried: Sequence[Tried]) -> float | None:
    """The highest rate held below all that were not, and held twice at it or above; or None."""
    latest, (_, failed) = _latest(tried), _between(tried)
    below = [tps for tps, held in latest.items() if held and (failed is None or tps < failed)]
    return max((tps for tps in below if _confirmed(tps, tried)), default=None)


def _latest(tried: Sequence[Tried]) -> dict[float, bool]:
    return {each.tps: each.held for each in tried}


def _between(tried: Sequence[Tried]) -> tuple[float | None, float | None]:
    """The lowest rate that failed, and before it the highest held below that."""
    latest = _latest(tried)
    failed = min((tps for tps, held in latest.items() if not held), default=math.inf)
    held = max((tps for tps, good in latest.items() if good and tps < failed), default=None)
    return held, None if failed == math.inf else failed


def _confirmed(tps: float, tried: Sequence[Tried]) -> bool:
    return sum(each.held and each.tps >= tps for each in tried) >= HELD_TIMES


def _retried(tried: Sequence[Tried]) -> float | None:
    """The rate of the last step, if it was not held and deserves another attempt."""
    spoiled = [not each.held and each.disturbed for each in tried]
    if not any(spoiled[-1:]):
        return None
    retried = [
        after.tps
        for bad, before, after in zip(spoiled, tried, tried[1:], strict=False)
        if bad and before.tps == after.tps
    ]
    rate = tried[-1].tps
    return rate if rate not in retried and len(retried) < RETRIES else None


def _explored(held: float | None, failed: float | None) -> float | None:
    """The rate that would tell most of where the limit lies; None if it is known well enough."""
    if failed is None:
        return _climbed(held)
    if held is None:
        return failed / GROWTH if failed / GROWTH >= LOWEST_TPS else None
    return _rounded(math.sqrt(held * failed)) if failed / held > RESOLUTION else None


def _climbed(held: float | None) -> float | None:
    if held is None:
        return FIRST_TPS
    if held >= TOP_TPS:
        return None
    higher = held * GROWTH
    return higher if higher * RESOLUTION < TOP_TPS else TOP_TPS


def _rounded(tps: float) -> float:
    """Three digits are as many as a person can use."""
    return float(f"{tps:.3g}")
