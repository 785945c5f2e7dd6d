"""The way up a calibration's staircase: ask a run for a rate, and look at the ticks that follow.

Time is the run clock's, in whole ticks; only a run that starts late or falls silent is measured by
this process's own clock: what the start took of `LONGEST_SECONDS` the staircase has less, though
never less than `FEWEST_SECONDS`. A rate is judged from `SETTLE_TICKS` after the first tick that
ended at it; after a step that was not held the rate rests until the queue it left has gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np
import pandas as pd

from engine.measure.histogram import Histogram
from engine.measure.machine import this_machine
from engine.model.calibration import LONGEST_SECONDS, CalibrationProgress, CalibrationStep
from engine.model.errors import IllegalTransitionError
from engine.model.results import TestStatus
from engine.ports import RunArchive
from engine.run import staircase, step
from engine.run.archive import ticks_of
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.plan import TICK_SECONDS
from engine.run.staircase import SETTLE_TICKS, Tried

BASE_TPS = 1_000.0
REST_TPS = 200.0
WARM_UP_SECONDS = 1.0
LONGEST_REST_SECONDS = 3.0
ENDING_SECONDS = 2.0
FEWEST_SECONDS = 12.0
START_LIMIT_SECONDS = 60.0
SILENCE_SECONDS = 5.0
LOOK_SECONDS = 0.02

Told = Callable[[CalibrationProgress], None]


class Climb:
    """One way up, on a run that offers `BASE_TPS` when it starts; it may take `seconds`."""

    def __init__(
        self, run: StressTestOrchestrator, archive: RunArchive, told: Told | None, seconds: float
    ) -> None:
        self._run, self._archive, self._told, self._seconds = run, archive, told, seconds
        self._processors = this_machine().cpu_count
        self._steps: list[CalibrationStep] = []
        self._trying: float | None = None
        self._began = time.monotonic()
        self._ticks = 0

    def steps(self) -> list[CalibrationStep] | None:
        """All steps to the end of the staircase; None if the run ended before."""
        try:
            while self._clock() < WARM_UP_SECONDS:
                self._next_tick()
            spent = time.monotonic() - self._began - self._clock()
            left = max(FEWEST_SECONDS, LONGEST_SECONDS - ENDING_SECONDS - spent)
            self._seconds = min(self._seconds, left)
            while (rate := staircase.next_rate(tried(self._steps), self._left())) is not None:
                self._take(rate)
        except (IllegalTransitionError, _RunEndedError):
            return None
        return self._steps

    def _take(self, rate: float) -> None:
        self._trying = rate
        judged = self._judged(rate)
        self._trying = None
        if judged is None:
            return
        self._steps.append(judged)
        if not judged.held:
            self._rest()

    def _judged(self, rate: float) -> CalibrationStep | None:
        """Ask for the rate and judge what comes of it; None if time ended before."""
        begin = self._ask(rate)
        if begin is None:
            return None
        first = begin + SETTLE_TICKS
        end = first + staircase.judged_ticks(rate)
        while self._left() > 0:
            self._next_tick()
            if self._ticks <= first:
                continue
            window = self._window(rate, first, min(self._ticks, end))
            if self._ticks >= end or step.hopeless(window, end - first):
                return step.judge(window)
        return None

    def _rest(self) -> None:
        """A low rate until no more is under way than answers in time would leave."""
        little = REST_TPS * step.MAX_P99_MS / 1_000
        end = self._clock() + LONGEST_REST_SECONDS
        self._ask(REST_TPS)
        while self._clock() < end and self._left() > 0:
            last = self._frame().iloc[-1]
            if last["backlog_now"] + last["in_flight_now"] <= little:
                return
            self._next_tick()

    def _ask(self, rate: float) -> int | None:
        """Set the rate; the number of the first tick that ends at it, None if time ended before."""
        before, factor = self._ticks, rate / BASE_TPS
        self._run.set_rate(factor)
        while self._left() > 0:
            self._next_tick()
            factors = self._frame()["rate_factor"].to_numpy()[before:]
            at_it = np.flatnonzero(np.isclose(factors, factor))
            if len(at_it):
                return before + int(at_it[0])
        return None

    def _next_tick(self) -> None:
        """Wait for the next tick; raises _RunEndedError if there will be none."""
        limit = SILENCE_SECONDS if self._ticks else START_LIMIT_SECONDS
        deadline = time.monotonic() + limit
        while (ticks := self._seen()) == self._ticks:
            if self._run.view.status.final or time.monotonic() > deadline:
                raise _RunEndedError
            time.sleep(LOOK_SECONDS)
        if self._run.view.status is not TestStatus.RUNNING:
            raise _RunEndedError
        self._ticks = ticks
        if self._told is not None:
            share = min(0.99, (time.monotonic() - self._began) / LONGEST_SECONDS)
            steps = tuple(self._steps)
            self._told(CalibrationProgress(share=share, steps=steps, trying_tps=self._trying))

    def _seen(self) -> int:
        tick = self._run.view.tick
        return 0 if tick is None else int(tick.tick) + 1

    def _clock(self) -> float:
        return self._ticks * TICK_SECONDS

    def _left(self) -> float:
        return self._seconds - self._clock()

    def _frame(self) -> pd.DataFrame:
        return ticks_of(self._archive, self._run.plan.run_id).iloc[: self._ticks]

    def _window(self, rate: float, first: int, end: int) -> step.Window:
        run_id = self._run.plan.run_id
        response, lateness = Histogram(), Histogram()
        for tick in islice(self._archive.histograms(run_id), first, end):
            response.add_sparse(tick.response)
            lateness.add_sparse(tick.lateness)
        return step.Window(
            asked_tps=rate,
            ticks=self._frame().iloc[first:end],
            response=response,
            lateness=lateness,
            processors=self._processors,
        )


def tried(steps: Iterable[CalibrationStep]) -> list[Tried]:
    """The steps as the staircase looks at them."""
    return [Tried(each.asked_tps, each.held, each.disturbed) for each in steps]


class _RunEndedError(Exception):
    """There will be no further tick."""
