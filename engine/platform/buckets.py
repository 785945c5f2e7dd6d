"""Times counted in powers of two: what the platform's histograms are made of.

A time of v whole microseconds falls into bucket b = bit_length(v), that is 2^(b-1) ≤ v < 2^b. Of
those, `FIRST` and all below are one bucket (up to 16 µs), and all above `LAST` (8.4 s) another, so
every histogram has the same `BOUNDS_SECONDS` and one bucket beyond the last. Counting is one shift
and one addition, without numpy, whose start would cost a returning edge more than all it counts.
Finer histograms (`engine.measure.histogram`) fit into these buckets without loss, because none of
their buckets reaches across a power of two.
"""

from __future__ import annotations

import struct

from engine.model.telemetry import SparseHistogram

FIRST, LAST = 4, 23
BOUNDS_SECONDS = tuple(2**bits / 1e6 for bits in range(FIRST, LAST + 1))
BUCKETS = len(BOUNDS_SECONDS) + 1
RAW = 65  # bit lengths of whatever fits in 64 bits
_SUB_BITS = 11  # of engine.measure.histogram, whose layout this reads
_HALF = 1 << (_SUB_BITS - 1)


def folded(raw: list[int]) -> list[int]:
    """Counts by bit length (of µs), `RAW` of them, as counts by bucket."""
    middle = raw[FIRST + 1 : LAST + 1]
    return [sum(raw[: FIRST + 1]), *middle, sum(raw[LAST + 1 :])]


def bucket_of(value_us: int) -> int:
    """The bucket of a time."""
    return min(max(value_us.bit_length(), FIRST), LAST + 1) - FIRST


class Times:
    """How often each bucket was hit, and the sum of all times, since the beginning."""

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.sum_seconds = 0.0

    @property
    def count(self) -> int:
        """How many times were counted."""
        return sum(self.counts)

    def add_sparse(self, sparse: SparseHistogram) -> None:
        """Add what a finer histogram holds; its sum is as exact as its buckets are."""
        for index, count in _pairs(sparse):
            shift = max((index >> (_SUB_BITS - 1)) - 1, 0)
            lowest = (index - shift * _HALF) << shift
            self.counts[bucket_of(lowest)] += count
            self.sum_seconds += count * (lowest + ((1 << shift) - 1) / 2) / 1e6

    def add(self, counts: list[int], sum_seconds: float) -> None:
        """Add counts by bucket."""
        self.counts = [one + more for one, more in zip(self.counts, counts, strict=True)]
        self.sum_seconds += sum_seconds


class Latency:
    """Finer histograms of one thing, as they come: all in coarse buckets, the newest as they are.

    What a process counted stays counted when it ends.
    """

    def __init__(self) -> None:
        self.times = Times()
        self.recent: dict[int, int] = {}

    def add(self, sparse: SparseHistogram) -> None:
        """Add what was measured since the last note."""
        self.times.add_sparse(sparse)
        for index, count in _pairs(sparse):
            self.recent[index] = self.recent.get(index, 0) + count


def together(latencies: list[Latency]) -> Times:
    """All of them, since the beginning."""
    both = Times()
    for one in latencies:
        both.add(one.times.counts, one.times.sum_seconds)
    return both


def recent(latencies: list[Latency]) -> SparseHistogram:
    """The newest of all of them, in the finer layout."""
    merged: dict[int, int] = {}
    for one in latencies:
        for index, count in one.recent.items():
            merged[index] = merged.get(index, 0) + count
    indices = sorted(merged)
    return SparseHistogram(
        struct.pack(f"<{len(indices)}i", *indices),
        struct.pack(f"<{len(indices)}q", *[merged[index] for index in indices]),
    )


def _pairs(sparse: SparseHistogram) -> list[tuple[int, int]]:
    size = len(sparse.indices) // 4
    indices = struct.unpack(f"<{size}i", sparse.indices)
    return list(zip(indices, struct.unpack(f"<{size}q", sparse.counts), strict=True))
