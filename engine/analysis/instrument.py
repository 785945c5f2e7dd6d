"""What the generator measured of itself, summed up from the ticks of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import pandas as pd

from engine.analysis.honesty import BUSY_SECONDS, LATE_SECONDS, PATIENCE_SECONDS, quick
from engine.measure.histogram import Histogram
from engine.model.control import SparseHistogram
from engine.model.instrument import Instrument

UNREACHABLE = ("outcome_connect", "outcome_reset", "outcome_timeout")


def instrument_of(
    ticks: pd.DataFrame,
    tick_seconds: float,
    lateness: Histogram,
    workers_lost: int,
    late_spell_ms: float | None = None,
) -> Instrument:
    """The instrument over a whole run.

    Args:
        ticks: Every tick, in the columns of `engine.model.tick.COLUMNS`.
        tick_seconds: How long each of them is.
        lateness: Of the whole run.
        workers_lost: How many load workers ended before they should.
        late_spell_ms: What `late_spell` gives; of a short window it would be the same.
    """
    sums = ticks[["due", "not_offered", "reports_missing", "workers_asked"]].sum()
    return Instrument(
        due=float(sums["due"]),
        dropped_while_quick=dropped_while_quick(ticks, tick_seconds),
        not_offered=float(sums["not_offered"]),
        lateness_p99_ms=lateness.percentile_ms(99),
        late_spell_ms=late_spell_ms,
        loop_lag_ms=highest_mean(ticks["worker_loop_lag_ms"], tick_seconds),
        busiest_worker_cpu_cores=highest_mean(ticks["busiest_worker_cpu_cores"], tick_seconds),
        reports_missing=_share(sums["reports_missing"], sums["workers_asked"]),
        workers_lost=workers_lost,
    )


def late_spell(by_tick: Iterable[SparseHistogram], tick_seconds: float) -> float | None:
    """Lateness p99 in ms of the worst `LATE_SECONDS`, merged; of all of a shorter run.

    Every span is looked at that ends at a tick, of ticks in which anything was due. None if none
    holds enough samples for a 99th percentile.
    """
    length = round(LATE_SECONDS / tick_seconds)
    span: deque[SparseHistogram] = deque()
    merged, found = Histogram(), []
    for tick in by_tick:
        if not tick.counts:
            continue
        span.append(tick)
        merged.add_sparse(tick)
        if len(span) > length:
            merged.take_sparse(span.popleft())
        if len(span) == length:
            found.append(merged.percentile_ms(99))
    known = [p99 for p99 in [*found, merged.percentile_ms(99)] if p99 is not None]
    return max(known, default=None)


def dropped_while_quick(ticks: pd.DataFrame, tick_seconds: float) -> float:
    """Drops in ticks at whose end the target had been quick for `PATIENCE_SECONDS`.

    At the start of the ticks, for as long as there are any.
    """
    was_quick = [
        quick(*row)
        for row in zip(
            ticks["service_p99_ms"],
            ticks["decided"] + ticks["rejected"],
            ticks[list(UNREACHABLE)].sum(axis=1),
            ticks["attempts"],
            strict=True,
        )
    ]
    window = max(1, round(PATIENCE_SECONDS / tick_seconds))
    throughout = pd.Series(was_quick, index=ticks.index, dtype=float)
    throughout = throughout.rolling(window, min_periods=1).min()
    return float((ticks["dropped"] * throughout).sum())


def highest_mean(column: pd.Series, tick_seconds: float) -> float | None:
    """The highest mean over any `BUSY_SECONDS` of a run, or over all of a shorter one.

    Ticks that measured nothing are left out; None if none did.
    """
    known = column.dropna()
    window = min(round(BUSY_SECONDS / tick_seconds), len(known))
    return float(known.rolling(window).mean().max()) if window else None


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
