"""A latency histogram with a bounded relative error, in HDR layout on one numpy array.

Values are whole microseconds. Up to 2,047 µs each value has a bucket of its own; above, every
doubling of the value is cut into 1,024 equal buckets, so a bucket is never wider than 1/1,024 of
the values in it. A bucket stands for its middle, which is off by at most 1/2,048 (0.05 %):

    shift  = max(0, bit_length(value) - 11)
    index  = shift * 1024 + (value >> shift)
    middle = (value >> shift << shift) + (2**shift - 1) / 2

The layout ends at 2**29 - 1 µs (about 537 s); what is above counts in the last bucket. Merging is
addition, so histograms of workers and of ticks add up without loss.

A percentile of few samples is an anecdote: `percentile_ms` answers None below
`samples_needed(q)` = ⌈10 / (1 - q/100)⌉ samples, that is with fewer than ten beyond it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.model.control import SparseHistogram

SUB_BITS = 11
HALF = 1 << (SUB_BITS - 1)
LARGEST_BITS = 29
LARGEST_US = (1 << LARGEST_BITS) - 1
BUCKETS = (LARGEST_BITS - SUB_BITS) * HALF + 2 * HALF

Int64s = NDArray[np.int64]


def samples_needed(q: float) -> int:
    """Samples below which percentile `q` (0 ≤ q < 100) is not given."""
    return math.ceil(round(1000 / (100 - q), 6))


def bucket_of(values_us: Int64s) -> Int64s:
    """The bucket index of each value; values are clamped to 0..LARGEST_US."""
    values = np.clip(values_us, 0, LARGEST_US)
    exponents = np.frexp(values.astype(np.float64))[1].astype(np.int64)
    shifts = np.maximum(exponents - SUB_BITS, 0)
    buckets: Int64s = shifts * HALF + (values >> shifts)
    return buckets


def middle_of(buckets: Int64s) -> NDArray[np.float64]:
    """The value in µs a bucket stands for."""
    shifts = np.maximum((buckets >> (SUB_BITS - 1)) - 1, 0)
    lowest = (buckets - shifts * HALF) << shifts
    middles: NDArray[np.float64] = lowest + ((1 << shifts) - 1) / 2
    return middles


class Histogram:
    """Counts of values in µs; `count` is how many were recorded."""

    def __init__(self) -> None:
        self._counts: Int64s = np.zeros(BUCKETS, dtype=np.int64)
        self.count = 0

    def record(self, values_us: NDArray[np.integer]) -> None:
        """Add values in µs, shape (n,)."""
        values = np.asarray(values_us, dtype=np.int64)
        np.add.at(self._counts, bucket_of(values), 1)
        self.count += len(values)

    def merge(self, other: Histogram) -> None:
        """Add all that `other` holds."""
        self._counts += other._counts
        self.count += other.count

    def add_sparse(self, sparse: SparseHistogram) -> None:
        """Add what another process measured.

        Raises:
            ValueError: the bytes are not indices and counts of this layout.
        """
        indices, counts = _unpacked(sparse)
        np.add.at(self._counts, indices, counts)
        self.count += int(counts.sum())

    def take_sparse(self, sparse: SparseHistogram) -> None:
        """Take away what was added before, as a span that moves on leaves it behind.

        Raises:
            ValueError: the bytes are not indices and counts of this layout.
        """
        indices, counts = _unpacked(sparse)
        np.subtract.at(self._counts, indices, counts)
        self.count -= int(counts.sum())

    def sparse(self) -> SparseHistogram:
        """The non-zero buckets, little-endian, for the pipe."""
        indices = np.flatnonzero(self._counts)
        return SparseHistogram(
            indices.astype("<i4").tobytes(), self._counts[indices].astype("<i8").tobytes()
        )

    def clear(self) -> None:
        """Forget everything."""
        self._counts.fill(0)
        self.count = 0

    def copy(self) -> Histogram:
        """An independent histogram with the same counts."""
        twin = Histogram()
        twin.merge(self)
        return twin

    def percentile_ms(self, q: float) -> float | None:
        """Percentile `q` in ms, or None with fewer than `samples_needed(q)` samples."""
        return self.quantile_ms(q) if self.count >= samples_needed(q) else None

    def quantile_ms(self, q: float) -> float | None:
        """The value of rank ⌈q/100 · count⌉ in ms, however few samples; None without any."""
        if not self.count:
            return None
        rank = min(max(math.ceil(round(q / 100 * self.count, 6)), 1), self.count)
        bucket = np.searchsorted(np.cumsum(self._counts), rank)
        return float(middle_of(np.asarray([bucket]))[0]) / 1000

    @property
    def max_ms(self) -> float | None:
        """The highest bucket that holds a value, in ms; None without any."""
        return self.quantile_ms(100)

    @property
    def mean_ms(self) -> float | None:
        """The mean in ms, as exact as the buckets are; None without any."""
        if not self.count:
            return None
        used = np.flatnonzero(self._counts)
        return float(np.dot(middle_of(used), self._counts[used])) / self.count / 1000


def _unpacked(sparse: SparseHistogram) -> tuple[NDArray[np.int32], Int64s]:
    indices = np.frombuffer(sparse.indices, dtype="<i4")
    counts = np.frombuffer(sparse.counts, dtype="<i8")
    if len(indices) != len(counts) or (len(indices) and not _fits(indices)):
        msg = f"a sparse histogram must hold indices in 0..{BUCKETS - 1} and as many counts"
        raise ValueError(msg)
    return indices, counts


def _fits(indices: NDArray[np.int32]) -> bool:
    return bool(indices.min() >= 0 and indices.max() < BUCKETS)
