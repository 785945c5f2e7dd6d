"""The measurement window: what was measured while the plan did not ramp.

A tick belongs to it if the run clock moved in it and all of that time lies in one of the plan's
steady spans; so ramps, pauses and the drain are left out. Rates are counts of those ticks over the
run clock's time in them. Percentiles are of the decisions that arrived in those ticks, from their
histograms merged, never averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.load.profiles import Profile
from engine.measure.histogram import Histogram
from engine.model.results import LatencySummary, MeasurementWindow
from engine.model.run import RunMeta
from engine.ports import TickLatencies

TickHistograms = Iterable[TickLatencies]
Spans = Sequence[tuple[float, float]]
CLOCK_ERROR_SECONDS = 1e-6


def measurement_window(
    meta: RunMeta, ticks: pd.DataFrame, by_tick: TickHistograms
) -> MeasurementWindow:
    """What the ticks inside the plan's steady spans add up to.

    Args:
        meta: Whose plan it is.
        ticks: Every tick, in order.
        by_tick: The histograms of the same ticks, in the same order.
    """
    profile = Profile(meta.scaled.load_profile, meta.scaled.duration_seconds, meta.seed)
    spans = profile.steady_spans()
    inside = within(ticks["schedule_seconds"].to_numpy(dtype=float), spans)
    clock = ticks["schedule_seconds"].to_numpy(dtype=float)
    seconds = float(np.diff(clock, prepend=0.0)[inside].sum())
    response, service = Histogram(), Histogram()
    for counts, parts in zip(inside, by_tick, strict=False):
        if counts:
            response.add_sparse(parts.response)
            service.add_sparse(parts.service)
    due, decided = (float(ticks[name].to_numpy()[inside].sum()) for name in ("due", "decided"))
    return MeasurementWindow(
        spans=spans,
        seconds=seconds,
        offered_tps=due / seconds if seconds else None,
        achieved_tps=decided / seconds if seconds else None,
        response_ms=latency(response),
        service_ms=latency(service),
    )


def within(clock: NDArray[np.float64], spans: Spans) -> NDArray[np.bool_]:
    """Which ticks lie wholly in a span; `clock` is the run clock at the end of each, in seconds."""
    begins = np.concatenate(([0.0], clock[:-1]))
    inside = np.zeros(len(clock), dtype=bool)
    for begin, end in spans:
        inside |= (begins >= begin - CLOCK_ERROR_SECONDS) & (clock <= end + CLOCK_ERROR_SECONDS)
    return inside & (clock > begins)


def latency(histogram: Histogram) -> LatencySummary:
    """Percentiles with enough samples, in ms."""
    return LatencySummary(
        p50=histogram.percentile_ms(50),
        p90=histogram.percentile_ms(90),
        p95=histogram.percentile_ms(95),
        p99=histogram.percentile_ms(99),
        p99_9=histogram.percentile_ms(99.9),
        max=histogram.max_ms if histogram.count else None,
        mean=histogram.mean_ms if histogram.count else None,
        count=histogram.count,
    )
