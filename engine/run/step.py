"""One step of a calibration, judged by the ticks of its window: a pure function of what they hold.

A step holds when, over its window,

    nothing failed and nothing was dropped
    decided + rejected ≥ MIN_ANSWERED_SHARE · due      the rejection of an edge case is its answer
    response p99 ≤ MAX_P99_MS                          and there were enough samples for a p99
    due ≥ MIN_OFFERED_SHARE · what was asked           or the generator was the limit
    the generator has no doubt about itself            `engine.analysis.honesty`

Whose doing it was: the generator's if one of the last two was not met; else other programs' if
the machine was disturbed; else the target's. The machine was disturbed when a worker's report was
missing, or other programs than ours used more than `DISTURBED_SHARE` of all its processors:

    others = machine_cpu_percentage / 100 · processors - (workers + app + platform), in cores
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.analysis.honesty import doubts
from engine.analysis.instrument import instrument_of
from engine.measure.histogram import Histogram, middle_of
from engine.model.calibration import CalibrationStep, Limit
from engine.run.plan import TICK_SECONDS

MAX_P99_MS = 50.0
MIN_ANSWERED_SHARE = 0.98
MIN_OFFERED_SHARE = 0.95
DISTURBED_SHARE = 0.25
HOPELESS_SHARE = 0.02
_OURS = ("worker_cpu_cores", "app_cpu_cores", "platform_cpu_cores")


@dataclass(frozen=True)
class Window:
    """What was measured while a rate was judged.

    Attributes:
        asked_tps: The rate asked for, per second.
        ticks: The window's rows, in the columns of `engine.model.tick.COLUMNS`.
        response: From the due instant to the decision, over the window; so lateness.
        lateness: From the due instant to the pacer's turn.
        processors: How many this machine has.
    """

    asked_tps: float
    ticks: pd.DataFrame
    response: Histogram
    lateness: Histogram
    processors: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.ticks) * TICK_SECONDS

    @property
    def offered_tps(self) -> float:
        """Arrivals due per second."""
        return self.total("due") / self.seconds

    def total(self, *columns: str) -> float:
        """The sum of these columns over the window."""
        return float(self.ticks[list(columns)].to_numpy().sum())

    def mean(self, column: str) -> float | None:
        """The mean of what is known of a column; None if nothing is."""
        value = float(self.ticks[column].mean())
        return None if value != value else value


def judge(window: Window) -> CalibrationStep:
    """How a step came out."""
    targets, generators = _of_the_target(window), _of_the_generator(window)
    disturbed = was_disturbed(window)
    why = [*targets, *generators]
    limit = None
    if why:
        limit = Limit.OTHERS if disturbed else Limit.TARGET
        limit = Limit.GENERATOR if generators else limit
    return CalibrationStep(
        asked_tps=window.asked_tps,
        offered_tps=window.offered_tps,
        response_p99_ms=window.response.percentile_ms(99),
        lateness_p99_ms=window.lateness.percentile_ms(99),
        window_seconds=window.seconds,
        sample_size=window.response.count,
        held=not why,
        why_not=", ".join(why) or None,
        limited_by=limit,
        disturbed=disturbed,
    )


def hopeless(window: Window, judged: int) -> bool:
    """Whether a step cannot hold any more, after the first ticks of the `judged` of its window.

    More than twice the share of slow answers that a p99 forgives are slow already, so going on
    would only leave the next step a longer queue.
    """
    if window.total("failed", "dropped") > 0:
        return True
    expected = window.asked_tps * judged * TICK_SECONDS
    return slow_answers(window.response) > HOPELESS_SHARE * expected


def slow_answers(response: Histogram) -> int:
    """How many took longer than a p99 may."""
    sparse = response.sparse()
    milliseconds = middle_of(np.frombuffer(sparse.indices, dtype="<i4").astype(np.int64)) / 1_000
    counts = np.frombuffer(sparse.counts, dtype="<i8")
    return int(counts[milliseconds > MAX_P99_MS].sum())


def was_disturbed(window: Window) -> bool:
    """Whether another program, or a report that did not come in time, spoiled the window."""
    if window.total("reports_missing") > 0:
        return True
    machine = window.mean("machine_cpu_percentage")
    if machine is None:
        return False
    others = machine / 100 * window.processors - sum(window.mean(name) or 0.0 for name in _OURS)
    return others > DISTURBED_SHARE * window.processors


def _of_the_target(window: Window) -> list[str]:
    due, failed, dropped = (window.total(name) for name in ("due", "failed", "dropped"))
    answered = window.total("decided", "rejected")
    p99 = window.response.percentile_ms(99)
    why = []
    if failed:
        why.append(f"{failed:,.0f} failed")
    if dropped:
        why.append(f"{dropped:,.0f} dropped")
    if not due or answered < MIN_ANSWERED_SHARE * due:
        why.append(f"{100 * answered / due:.0f} % answered" if due else "nothing was due")
    if p99 is not None and p99 > MAX_P99_MS:
        why.append(f"response p99 {p99:,.0f} ms")
    elif p99 is None:
        count, slow = window.response.count, slow_answers(window.response)
        slowly = f"of {count:,} decisions {slow:,} took over {MAX_P99_MS:g} ms"
        why.append(slowly if slow else f"{count:,} decisions, too few for a p99")
    return why


def _of_the_generator(window: Window) -> list[str]:
    why = []
    if window.offered_tps < MIN_OFFERED_SHARE * window.asked_tps:
        why.append(f"only {window.offered_tps:,.0f}/s offered")
    lost = float((window.ticks["workers_asked"] - window.ticks["workers_up_now"]).max())
    instrument = instrument_of(window.ticks, TICK_SECONDS, window.lateness, int(lost))
    return [*why, *(doubt.then for doubt in doubts(instrument))]
