"""The platform's reports of the latest half minute, and what lies between two of them.

Reports carry cumulative counts; a rate is the difference of the newest report and one about a
second older, over the time between them on the clock that both processes share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.measure.histogram import Histogram
from engine.model.control import PlatformReport, SparseHistogram

SECOND_NS = 1_050_000_000  # a second, and the jitter of a report
ENOUGH = 1_000  # samples; see engine.metrics.series


class Span(NamedTuple):
    """The newest report, the one about a second before it, and the seconds between them."""

    now: PlatformReport
    before: PlatformReport
    seconds: float

    def rate(self, read: Callable[[PlatformReport], float | None]) -> float | None:
        """How much a cumulative count grew a second; None where it is not told in both."""
        now, before = read(self.now), read(self.before)
        if now is None or before is None or self.seconds <= 0:
            return None
        return max(0.0, now - before) / self.seconds


def span_of(reports: Sequence[PlatformReport]) -> Span | None:
    """The latest second of these reports, oldest first; None without any."""
    if not reports:
        return None
    now = reports[-1]
    within = [one for one in reports if now.at_ns - one.at_ns <= SECOND_NS]
    before = within[0] if len(within) > 1 else reports[max(0, len(reports) - 2)]
    return Span(now, before, (now.at_ns - before.at_ns) / 1e9)


def latest_window(
    reports: Sequence[PlatformReport], read: Callable[[PlatformReport], SparseHistogram | None]
) -> tuple[Histogram, float]:
    """The latest window with enough samples, and its seconds; shorter on samples if all have few.

    A report's histogram is of the interval that ends with it. With no sample in the latest second
    there is nothing to say of now: it is empty.
    """
    merged = Histogram()
    if not any(_told(read(one)) for one in reports if reports[-1].at_ns - one.at_ns <= SECOND_NS):
        return merged, 0.0
    first = len(reports)
    while first > 0 and merged.count < ENOUGH:
        first -= 1
        part = read(reports[first])
        if part is not None:
            merged.add_sparse(part)
    begin = reports[max(0, first - 1)].at_ns
    return merged, (reports[-1].at_ns - begin) / 1e9


def _told(part: SparseHistogram | None) -> bool:
    return part is not None and bool(part.indices)
