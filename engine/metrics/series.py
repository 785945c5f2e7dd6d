"""Latency histograms over time: recent ticks kept apart, the whole run merged.

Percentiles of a window are computed from merged histograms, never averaged. A live percentile
covers the latest window that holds enough samples for it.
"""

from __future__ import annotations

from collections import deque

from engine.measure.histogram import Histogram
from engine.model.control import SparseHistogram

LIVE_SAMPLES = 1_000
LIVE_WINDOW_LIMIT_SECONDS = 30.0
KEPT_SECONDS = 120.0


class HistogramSeries:
    """Histograms of one latency, by tick of `tick_seconds`; ticks are appended in order."""

    def __init__(self, tick_seconds: float) -> None:
        self._tick_seconds = tick_seconds
        self._recent: deque[tuple[int, SparseHistogram, int]] = deque(
            maxlen=int(KEPT_SECONDS / tick_seconds)
        )
        self.total = Histogram()

    def append(self, tick: int, parts: list[SparseHistogram]) -> None:
        """Add one tick's histograms, one from each worker; kept merged, however many they are."""
        merged = Histogram()
        for part in parts:
            merged.add_sparse(part)
        self.total.merge(merged)
        self._recent.append((tick, merged.sparse(), merged.count))

    def latest(self) -> tuple[Histogram, float]:
        """The latest window with at least `LIVE_SAMPLES` samples, and its length in seconds.

        The window is shorter on samples only if `LIVE_WINDOW_LIMIT_SECONDS` holds fewer. With no
        sample in the latest second there is nothing to say of now: it is empty.
        """
        second = round(1 / self._tick_seconds)
        if not any(count for _tick, _part, count in list(self._recent)[-second:]):
            return Histogram(), 0.0
        merged = Histogram()
        samples = ticks = 0
        for _tick, part, count in reversed(self._recent):
            if samples >= LIVE_SAMPLES or ticks * self._tick_seconds >= LIVE_WINDOW_LIMIT_SECONDS:
                break
            merged.add_sparse(part)
            samples += count
            ticks += 1
        return merged, ticks * self._tick_seconds

    def between(self, first_tick: int, last_tick: int) -> Histogram:
        """Ticks `first_tick` to `last_tick` (both included) merged, as far as still kept."""
        merged = Histogram()
        for tick, part, _count in self._recent:
            if first_tick <= tick <= last_tick:
                merged.add_sparse(part)
        return merged
