"""Who does what in a block of arrivals: single purchases, runs of purchases, and campaigns.

A block of 1,024 arrivals is about two and a half hours of event time. Most rows are single
purchases. A tenth are *runs*: one customer out shopping, or paying many small amounts for a game or
tickets; honest, and to a velocity rule the same as a thief. Frauds are *campaigns*: a card number
tried at many merchants in minutes (card testing), or a stolen account used for days (account
takeover), a few transactions at a time. The shares of a mix are budgets per block, kept exactly in
the long run; frauds come in lumps of `LUMP` rows so that campaigns stay whole at low prevalence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.customers import Slots, by_bits
from engine.load.traffic.draws import (
    F64,
    I64,
    U8,
    U64,
    exponential,
    key,
    keys,
    mixed,
    pick,
    uniforms,
)
from engine.load.traffic.edges import HUGE, REJECTED
from engine.model.scenario import MIX_SHARES, TrafficMix

BLOCK = 1024
LUMP = 24
RUN_SHARE = 0.10
HUGE_SHARE = 0.0003  # of all rows, where the mix has edge cases at all
CASES_PER_SHARE = 400  # accounts under a thief's control at once, for each unit of fraud share
_STRIDE = 4096  # room for the draws of one block

SINGLE, ERRANDS, SMALL_RUN, TESTING, SLOW_TESTING, TAKEOVER = range(6)
KIND_OF_ROLE = np.array([0, 0, 0, 1, 1, 2], dtype=np.uint8)


@dataclass(frozen=True)
class Run:
    """A kind of sequence: how often, how long, and how many arrivals apart."""

    role: int
    weight: float
    shortest: int
    mean_more: float
    longest: int
    mean_gap: float


HONEST_RUNS = (Run(ERRANDS, 0.55, 2, 1.2, 6, 30.0), Run(SMALL_RUN, 0.45, 3, 2.5, 12, 7.0))
CAMPAIGNS = (
    Run(TESTING, 0.19, 4, 4.0, 16, 6.0),
    Run(SLOW_TESTING, 0.19, 1, 1.5, 4, 60.0),
    Run(TAKEOVER, 0.62, 1, 1.8, 6, 50.0),
)


@dataclass(frozen=True)
class Sequences:
    """Rows of sequences, in order of the block position they wish for."""

    role: U8
    origin: U64
    wish: F64


@dataclass(frozen=True)
class Plan:
    """Arrivals, a row each.

    `sequence` are bits all rows of a run share; `origin` the same for all runs of one stolen
    account; `edge` is the code of an edge case, 0 for none.
    """

    role: U8
    customer: I64
    origin: U64
    sequence: U64
    edge: U8

    def rows(self, chosen: I64) -> Plan:
        """These rows only."""
        return Plan(
            self.role[chosen],
            self.customer[chosen],
            self.origin[chosen],
            self.sequence[chosen],
            self.edge[chosen],
        )


def joined(plans: list[Plan]) -> Plan:
    """Plans one after the other."""
    if len(plans) == 1:
        return plans[0]
    return Plan(
        role=np.concatenate([plan.role for plan in plans]),
        customer=np.concatenate([plan.customer for plan in plans]),
        origin=np.concatenate([plan.origin for plan in plans]),
        sequence=np.concatenate([plan.sequence for plan in plans]),
        edge=np.concatenate([plan.edge for plan in plans]),
    )


def budget(share: float, block: int, lump: int = 1) -> int:
    """Rows of a share that fall into this block."""
    before = int(block * BLOCK * share / lump + 1e-9)
    return (int((block + 1) * BLOCK * share / lump + 1e-9) - before) * lump


class Sequencer:
    """Draws the sequences of one kind of behaviour."""

    def __init__(self, seed: int, mix: TrafficMix, name: str, runs: tuple[Run, ...]) -> None:
        parts = ("kind", "length", "start", "gap")
        self._streams = keys(seed, str(mix), name, names=parts)
        self._origin = key(seed, str(mix), name, "origin")
        weights = np.array([run.weight for run in runs])
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


class Planner:
    """Plans any block of a (seed, mix); the same block gives the same plan."""

    def __init__(self, seed: int, mix: TrafficMix, anyone: Slots) -> None:
        self._shares = MIX_SHARES[mix]
        self._anyone = anyone
        self._honest = Sequencer(seed, mix, "honest", HONEST_RUNS)
        self._campaigns = Sequencer(seed, mix, "campaigns", CAMPAIGNS)
        self._streams = keys(seed, str(mix), "edges", names=("edge", "kind", "huge"))
        self._single = key(seed, str(mix), "single")
        self._cases = max(4, round(self._shares[1] * CASES_PER_SHARE))
        self._case_streams = keys(seed, str(mix), "cases", names=("phase", "period", "case"))

    def plan(self, block: int, present: Slots) -> Plan:
        """The plan of a block, given the customers present at its hour."""
        index = block * BLOCK + np.arange(BLOCK)
        origin = mixed(index, self._single)
        plan = Plan(
            role=np.zeros(BLOCK, dtype=np.uint8),
            customer=by_bits(present, origin),
            origin=origin,
            sequence=origin.copy(),
            edge=np.zeros(BLOCK, dtype=np.uint8),
        )
        self._seat_sequences(block, present, plan)
        self._spoil(block, index, plan)
        return plan

    def _seat_sequences(self, block: int, present: Slots, plan: Plan) -> None:
        """Write runs and campaigns over the single purchases."""
        honest = self._honest.draw(block, budget(RUN_SHARE * self._shares[0], block))
        frauds = self._campaigns.draw(block, budget(self._shares[1], block, LUMP))
        taken = frauds.role == TAKEOVER
        origin = np.where(taken, self._case_of(block, frauds.origin), frauds.origin)
        wish = np.concatenate([honest.wish, frauds.wish])
        order = np.argsort(wish, kind="stable")
        seats = seated(wish[order])
        owners = [by_bits(present, honest.origin), by_bits(self._anyone, origin)]
        plan.role[seats] = np.concatenate([honest.role, frauds.role])[order]
        plan.customer[seats] = np.concatenate(owners)[order]
        plan.origin[seats] = np.concatenate([honest.origin, origin])[order]
        plan.sequence[seats] = np.concatenate([honest.origin, frauds.origin])[order]

    def _case_of(self, block: int, origin: U64) -> U64:
        """The stolen account each takeover belongs to: bits that stay the same for days.

        There are as many cases at a time as the mix has fraud for; each lives 4 to 40 blocks.
        """
        phase, period, case = self._case_streams
        slot = pick(origin, self._cases)
        blocks = 4 + pick(mixed(slot, period), 37)
        generation = (block + pick(mixed(slot, phase), 1000)) // blocks
        return mixed(generation * self._cases + slot, case)

    def _spoil(self, block: int, index: I64, plan: Plan) -> None:
        """Make edge cases of some single purchases."""
        if self._shares[2] == 0:
            return
        order, kind, huge = uniforms(index, self._streams)
        count = budget(self._shares[2], block)
        single = plan.role == SINGLE
        ranked = np.argsort(np.where(single, order, 2.0), kind="stable")[:count]
        plan.edge[(huge < HUGE_SHARE) & single] = HUGE
        plan.edge[ranked] = 1 + (kind[ranked] * REJECTED).astype(np.uint8)
