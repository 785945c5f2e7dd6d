"""Runs of transactions: how many belong together, and where in a block of arrivals they fall.

Weights are shares of rows, not of runs, so that a weight says what part of the traffic a role is. A
run's length is the shortest plus the whole part of an exponential number of mean m, cut at the
longest; its mean is shortest + Σₖ e^(−k/m), k = 1 … longest − shortest.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from engine.load.traffic.draws import F64, I64, U8, U64, exponential, key, keys, mixed, uniforms
from engine.load.traffic.roles import (
    BURST,
    CLONED,
    ERRANDS,
    INSTALMENTS,
    SLOW_TESTING,
    SMALL_RUN,
    SPREE,
    STRUCTURING,
    TAKEOVER,
    TESTING,
)

BLOCK = 1024
LUMP = 24
_STRIDE = 4096  # room for the draws of one block


@dataclass(frozen=True)
class Run:
    """A kind of sequence: its share of rows, how long, and how many arrivals apart."""

    role: int
    weight: float
    shortest: int
    mean_more: float
    longest: int
    mean_gap: float

    @property
    def mean_length(self) -> float:
        """Transactions of a run on average."""
        more = self.longest - self.shortest
        return self.shortest + sum(exp(-k / self.mean_more) for k in range(1, more + 1))


HONEST_RUNS = (
    Run(ERRANDS, 0.44, 2, 1.2, 6, 30.0),
    Run(SMALL_RUN, 0.38, 3, 2.5, 12, 7.0),
    Run(SPREE, 0.10, 3, 2.5, 10, 14.0),
    Run(INSTALMENTS, 0.08, 2, 1.0, 5, 70.0),
)
# Kinds of fraud by share: card testing 0.30 (fast and slow), account takeover 0.26, stolen-card
# burst 0.20, compromised terminal 0.17, structuring 0.07.
CAMPAIGNS = (
    Run(TESTING, 0.22, 4, 4.0, 16, 6.0),
    Run(SLOW_TESTING, 0.08, 1, 1.5, 4, 60.0),
    Run(TAKEOVER, 0.26, 1, 1.8, 6, 50.0),
    Run(BURST, 0.20, 3, 3.0, 12, 12.0),
    Run(CLONED, 0.17, 1, 0.9, 4, 40.0),
    Run(STRUCTURING, 0.07, 2, 1.2, 6, 70.0),
)


def campaign(role: int) -> Run:
    """The campaign of this role."""
    return next(run for run in CAMPAIGNS if run.role == role)


@dataclass(frozen=True)
class Sequences:
    """Rows of sequences, in order of the block position they wish for."""

    role: U8
    origin: U64
    wish: F64


def budget(share: float, block: int, lump: int = 1) -> int:
    """Rows of a share that fall into this block."""
    before = int(block * BLOCK * share / lump + 1e-9)
    return (int((block + 1) * BLOCK * share / lump + 1e-9) - before) * lump


class Sequencer:
    """Draws the sequences of one kind of behaviour."""

    def __init__(self, seed: int, mix: str, name: str, runs: tuple[Run, ...]) -> None:
        self._streams = keys(seed, mix, name, names=("kind", "length", "start", "gap"))
        self._origin = key(seed, mix, name, "origin")
        weights = np.array([run.weight / run.mean_length for run in runs])
        self._cumulative = np.cumsum(weights / weights.sum())
        self._role = np.array([run.role for run in runs], dtype=np.uint8)
        self._shortest = np.array([run.shortest for run in runs])
        self._more = np.array([run.mean_more for run in runs])
        self._longest = np.array([run.longest for run in runs])
        self._gap = np.array([run.mean_gap for run in runs])

    def draw(self, block: int, rows: int) -> Sequences:
        """Sequences of this block that fill exactly this many rows."""
        index = block * _STRIDE + np.arange(rows)
        kind_draw, length_draw, start_draw, gap_draw = uniforms(index, self._streams)
        kind = np.minimum(np.searchsorted(self._cumulative, kind_draw), len(self._role) - 1)
        more = exponential(length_draw, self._more[kind]).astype(np.int64)
        length = np.minimum(self._shortest[kind] + more, self._longest[kind])
        ends = np.cumsum(length)
        count = int(np.searchsorted(ends, rows)) + 1 if rows else 0
        ends = np.minimum(ends[:count], rows)
        starts = np.concatenate([[0], ends[:-1]]) if count else ends
        sequence = np.repeat(np.arange(count), ends - starts)
        gaps = 1.0 + exponential(gap_draw, self._gap[kind[sequence]])
        elapsed = np.cumsum(gaps)
        elapsed -= elapsed[starts][sequence]
        span = elapsed[ends - 1] + 1
        shrink = np.minimum(1.0, (BLOCK - 1) / span)
        first = start_draw[:count] * np.maximum(1.0, BLOCK - span)
        return Sequences(
            role=self._role[kind[sequence]],
            origin=mixed(index[:count], self._origin)[sequence],
            wish=first[sequence] + elapsed * shrink[sequence],
        )


def seated(wish: F64) -> I64:
    """Distinct positions 0..BLOCK-1 as near as can be to ascending wishes, in their order."""
    order = np.arange(len(wish))
    pushed = order + np.maximum.accumulate(wish.astype(np.int64) - order)
    latest = BLOCK - len(wish) + order
    position: I64 = np.minimum(pushed, latest)
    return position
