"""Who does what in a block of arrivals: single purchases, runs of purchases, and campaigns.

A block of 1,024 arrivals is about two and a half hours of event time. Most rows are single
purchases. A tenth are *runs*: one customer out shopping, buying gifts, paying for a roof, or paying
many small amounts for a game or tickets; honest, and to a velocity rule the same as a thief. Frauds
are *campaigns* (see `roles`): a card number tried or a stolen card spent within the hour; a stolen
account, a skimmed card, or the splitting of a large sum, a few transactions at a time for days. The
shares of a mix are budgets per block, kept exactly in the long run; frauds come in lumps of `LUMP`
rows so that campaigns stay whole at low prevalence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from engine.load.traffic.customers import Customers, Slots, by_bits
from engine.load.traffic.draws import I64, U8, U64, key, keys, mixed, pick, uniforms
from engine.load.traffic.edges import DUPLICATE, LATE, codes
from engine.load.traffic.roles import CLONED, SINGLE, STRUCTURING, TAKEOVER, VISIT
from engine.load.traffic.sequences import (
    BLOCK,
    CAMPAIGNS,
    HONEST_RUNS,
    LUMP,
    Sequencer,
    Sequences,
    budget,
    campaign,
    seated,
)
from engine.load.traffic.terminals import Terminals
from engine.model.scenario import MIX_SHARES, TrafficMix

__all__ = ["BLOCK", "Plan", "Planner", "joined"]

RUN_SHARE = 0.10
A_DAY = 9.77  # blocks of event time, on average
FURTHEST = 32  # of the untouched purchases before an edge case, which one it goes back to


@dataclass(frozen=True)
class Plan:
    """Arrivals, a row each.

    `sequence` are bits all rows of a run share; `origin` the same for all runs of one stolen
    account; `edge` is the code of an edge case, 0 for none; `back` how many arrivals before a
    duplicate its original is, or before a late event the purchase it is dated before.
    """

    role: U8
    customer: I64
    origin: U64
    sequence: U64
    edge: U8
    back: I64

    def rows(self, chosen: I64) -> Plan:
        """These rows only."""
        return Plan(*(getattr(self, column.name)[chosen] for column in fields(self)))


def joined(plans: list[Plan]) -> Plan:
    """Plans one after the other."""
    if len(plans) == 1:
        return plans[0]
    names = [column.name for column in fields(Plan)]
    return Plan(*(np.concatenate([getattr(plan, name) for plan in plans]) for name in names))


@dataclass(frozen=True)
class Cases:
    """Accounts that are abused for days: `count` at a time, each for some blocks."""

    role: int
    count: int
    shortest: int
    more: int


def cases(role: int, share: float, a_day: float, shortest: int, more: int) -> Cases:
    """As many as make so many transactions a day each; `share` is that of all fraud."""
    rows_a_day = share * campaign(role).weight * BLOCK * A_DAY
    return Cases(role, max(1, round(rows_a_day / a_day)), shortest, more)


class Planner:
    """Plans any block of a (seed, mix); the same block gives the same plan."""

    def __init__(self, seed: int, mix: TrafficMix, customers: Customers, anyone: Slots) -> None:
        name, self._shares = str(mix), MIX_SHARES[mix]
        self._anyone = anyone
        self._honest = Sequencer(seed, name, "honest", HONEST_RUNS)
        self._campaigns = Sequencer(seed, name, "campaigns", CAMPAIGNS)
        cloned = self._shares[1] * campaign(CLONED).weight
        self._terminals = Terminals(seed, name, cloned, customers, anyone)
        self._streams = keys(seed, name, "edges", names=("edge", "kind", "back"))
        self._single = key(seed, name, "single")
        # A taken account is abused for one to 14 days (the Handbook: 14; see `roles`).
        self._cases = (
            cases(TAKEOVER, self._shares[1], 3.0, 10, 127),
            cases(STRUCTURING, self._shares[1], 4.0, 10, 60),
        )
        self._case_streams = keys(seed, name, "cases", names=("phase", "period", "case"))

    def plan(self, block: int, present: Slots) -> Plan:
        """The plan of a block, given the customers present at its hour."""
        index = block * BLOCK + np.arange(BLOCK)
        origin = mixed(index, self._single)
        plan = Plan(
            role=np.full(BLOCK, SINGLE, dtype=np.uint8),
            customer=by_bits(present, origin),
            origin=origin,
            sequence=origin.copy(),
            edge=np.zeros(BLOCK, dtype=np.uint8),
            back=np.zeros(BLOCK, dtype=np.int64),
        )
        self._seat_sequences(block, present, plan)
        if self._shares[2]:
            self._spoil(block, index, plan)
        return plan

    def _seat_sequences(self, block: int, present: Slots, plan: Plan) -> None:
        """Write runs, campaigns and visits over the single purchases."""
        honest = self._honest.draw(block, budget(RUN_SHARE * self._shares[0], block))
        frauds = self._campaigns.draw(block, budget(self._shares[1], block, LUMP))
        visits = self._terminals.visits(block)
        whose, case = self._victims(block, frauds)
        wish = np.concatenate([honest.wish, frauds.wish, visits.wish])
        order = np.argsort(wish, kind="stable")
        seats = seated(wish[order])
        there = np.full(len(visits.wish), VISIT, dtype=np.uint8)
        columns = (
            (plan.role, (honest.role, frauds.role, there)),
            (plan.customer, (by_bits(present, honest.origin), whose, visits.customer)),
            (plan.origin, (honest.origin, case, visits.origin)),
            (plan.sequence, (honest.origin, frauds.origin, visits.sequence)),
        )
        for column, parts in columns:
            column[seats] = np.concatenate(parts)[order]

    def _victims(self, block: int, frauds: Sequences) -> tuple[I64, U64]:
        """Whose account each fraud is in, and the bits that stay the same for all its frauds."""
        origin = frauds.origin.copy()
        for one in self._cases:
            rows = np.flatnonzero(frauds.role == one.role)
            origin[rows] = self._case_of(block, one, origin[rows])
        whose = by_bits(self._anyone, origin)
        rows = np.flatnonzero(frauds.role == CLONED)
        whose[rows], origin[rows] = self._terminals.abused(block, origin[rows])
        return whose, origin

    def _case_of(self, block: int, one: Cases, origin: U64) -> U64:
        """The account each of these transactions is in, as bits that stay the same for days."""
        phase, period, case = self._case_streams + np.uint64(one.role)
        slot = pick(origin, one.count)
        blocks = one.shortest + pick(mixed(slot, period), one.more)
        generation = (block + pick(mixed(slot, phase), 1000)) // blocks
        return mixed(generation * one.count + slot, case)

    def _spoil(self, block: int, index: I64, plan: Plan) -> None:
        """Make edge cases of some single purchases."""
        order, kind, back = uniforms(index, self._streams)
        single = plan.role == SINGLE
        count = budget(self._shares[2], block)
        chosen = np.argsort(np.where(single, order, 2.0), kind="stable")[:count]
        plan.edge[chosen] = codes(kind[chosen])
        single[chosen] = False
        untouched = np.flatnonzero(single)
        again = np.flatnonzero(plan.edge >= LATE)
        place = np.searchsorted(untouched, again) - 1 - (back[again] * FURTHEST).astype(np.int64)
        earlier = untouched[np.maximum(place, 0)]
        plan.edge[again[earlier >= again]] = 1  # nothing before it to go back to
        again, earlier = again[earlier < again], earlier[earlier < again]
        plan.back[again] = again - earlier
        plan.customer[again] = plan.customer[earlier]
        twice = plan.edge[again] == DUPLICATE
        for column in (plan.origin, plan.sequence):
            column[again[twice]] = column[earlier[twice]]
