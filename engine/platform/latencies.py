"""Latencies of a tick, as few bytes: whole µs in the layout of `engine.measure.histogram`.

Values are first cut to their six highest bits (the middle of what these stand for is kept), so a
value is off by at most 1/64 (1.6 %) and a tick of any length needs at most 32 buckets for every
doubling. These buckets merge with any others of that layout.
"""

from __future__ import annotations

import numpy as np

from engine.measure.histogram import bucket_of
from engine.model.telemetry import SparseHistogram

_BITS = 6
NOTHING = SparseHistogram()


def taken(values_us: list[int]) -> SparseHistogram:
    """The histogram of these values, taken away from the list; others may append meanwhile."""
    number = len(values_us)
    if not number:
        return NOTHING
    values = np.array(values_us[:number], dtype=np.int64)
    del values_us[:number]
    shifts = np.maximum(np.frexp(values.astype(np.float64))[1].astype(np.int64) - _BITS, 0)
    coarse = (values >> shifts << shifts) + (1 << shifts >> 1)
    buckets, counts = np.unique(bucket_of(coarse), return_counts=True)
    return SparseHistogram(buckets.astype("<i4").tobytes(), counts.astype("<i8").tobytes())
