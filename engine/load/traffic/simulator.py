"""The traffic of a run: transactions by arrival number, with their withheld labels.

Transaction n depends on (seed, mix, n) only: not on the rate, pauses, or how many workers share the
customers. Labels (`kinds`) stay in this process; the bodies hold none.

Share of all transactions, by mix (the shares of `engine.model.scenario.MIX_SHARES`, fraud split by
`sequences.CAMPAIGNS`; `limelight traffic report` measures them), in per cent:

    mix        legitimate  card     account   stolen-card  compromised  structuring  edge
                           testing  takeover  burst        terminal                  cases
    stress     80          4.5      3.9       3.0          2.55         1.05         5
    demo       97          0.60     0.52      0.40         0.34         0.14         1
    realistic  99.9        0.030    0.026     0.020        0.017        0.007        none

Of the edge cases 87.4 % are to be refused, 6 % are true duplicates, 6 % late events and 0.6 % huge
amounts, all of which are to be decided (see `edges`). A customer buys twice a day on average (the
busiest tenth nearly four times), as in the Handbook's generator (see `roles`): 100,000 arrivals are
ten days and twenty transactions a customer, a million 100 days.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from engine.load.traffic.behaviour import Behaviour
from engine.load.traffic.bodies import Bodies
from engine.load.traffic.customers import Presence, population
from engine.load.traffic.draws import B8, F64, I64, U8, key, mixed, uniform, unit
from engine.load.traffic.edges import (
    DUPLICATE,
    HUGE,
    LATE,
    MORE_LATE_MS,
    REJECTED,
    SHORTEST_LATE_MS,
    spoiled,
)
from engine.load.traffic.event_time import event_ms
from engine.load.traffic.places import places
from engine.load.traffic.plan import BLOCK, Plan, Planner, joined
from engine.load.traffic.roles import FRAUD_KINDS, KIND_OF_ROLE
from engine.load.traffic.scene import Stage
from engine.model.scenario import TrafficMix

__all__ = ["BLOCK", "FRAUD_KINDS", "Block", "Simulator"]

HOUR_MS = 3_600_000
SATURDAY = 5
LEAST_TOGETHER, TOGETHER = 4, 16  # blocks made at once: as many as there are shares, within these


@dataclass(frozen=True)
class Block:
    """Transactions of one share, a row each, by ascending arrival number.

    Attributes:
        numbers: Arrival numbers.
        ids: The arrival number whose transaction id the body bears: the row's own, but for a true
            duplicate, whose body is that of this earlier arrival.
        customers: Whose they are, 0 ≤ customer; never sent as such.
        bodies: JSON, as it goes over the wire.
        kinds: Index into `FRAUD_KINDS`; never sent.
        rejects: Whether a correct platform answers 400.
        values_usd: Amount in USD at the assumed rates; 0 for rejects.
        edges: Index into `edges.EDGE_CASES`; never sent.
        outliers: Index into `outliers.OUTLIERS`; for the report only.
    """

    numbers: I64
    ids: I64
    customers: I64
    bodies: list[bytes]
    kinds: U8
    rejects: B8
    values_usd: F64
    edges: U8
    outliers: U8

    def cut(self, start: int, end: int) -> Block:
        """Rows [start, end)."""
        return Block(*(getattr(self, column.name)[start:end] for column in fields(self)))

    def rows(self, chosen: I64) -> Block:
        """These rows only."""
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        bodies = [self.bodies[row] for row in chosen.tolist()]
        picked = {name: values[chosen] for name, values in columns.items() if name != "bodies"}
        return Block(bodies=bodies, **picked)


class Simulator:
    """Makes any block of a (seed, mix), for one share of the customers."""

    def __init__(
        self, seed: int, mix: TrafficMix, id_prefix: str, share: int = 0, shares: int = 1
    ) -> None:
        where = places()
        self._customers = population(seed, where)
        self._presence = Presence(self._customers, where)
        self._planner = Planner(seed, mix, self._customers, self._presence.always)
        self._behaviour = Behaviour(seed, self._customers, where)
        self._stage = Stage(seed, mix, self._customers)
        self._bodies = Bodies(id_prefix)
        self._jitter, self._lateness = key(seed, "event time"), key(seed, "late")
        self.serve(share, shares)

    def of(self, share: int, shares: int) -> Simulator:
        """The same traffic for another share; one thread must use both."""
        other = copy(self)
        other.serve(share, shares)
        return other

    def serve(self, share: int, shares: int) -> None:
        """Make the transactions of this share from now on."""
        self._share, self.shares = share, shares
        self._together = min(max(shares, LEAST_TOGETHER), TOGETHER)
        self._group = -1
        self._made: list[Block] = []

    def block(self, index: int) -> Block:
        """Arrivals [index × BLOCK, (index + 1) × BLOCK) of this share's customers.

        Neighbouring blocks are made together, more of them the more shares there are, and the
        latest few kept: a column of a hundred rows costs numpy nearly what one of a thousand does.
        """
        group = index // self._together
        if group != self._group:
            self._made = self._make(group * self._together)
            self._group = group
        return self._made[index % self._together]

    def _make(self, first: int) -> list[Block]:
        """The blocks from this one on that are made together."""
        numbers = first * BLOCK + np.arange(BLOCK * self._together)
        when = event_ms(numbers, uniform(numbers, self._jitter))
        days, hours = np.divmod(when[BLOCK // 2 :: BLOCK] // HOUR_MS, 24)
        plan = joined(
            [
                self._planner.plan(first + place, self._presence.at(hour, day % 7 >= SATURDAY))
                for place, (day, hour) in enumerate(zip(days.tolist(), hours.tolist(), strict=True))
            ]
        )
        own = np.flatnonzero(plan.customer % self.shares == self._share)
        ids = numbers.copy()
        self._go_back(plan, ids, when)
        whole = self._detailed(numbers[own], ids[own], when[own], plan.rows(own))
        cuts = np.searchsorted(own, np.arange(self._together + 1) * BLOCK).tolist()
        return [whole.cut(start, end) for start, end in pairwise(cuts)]

    def _go_back(self, plan: Plan, ids: I64, when: I64) -> None:
        """Give duplicates their originals' ids and times; date late events before another."""
        rows = np.flatnonzero(plan.back)
        when[rows] = when[rows - plan.back[rows]]
        twice = rows[plan.edge[rows] == DUPLICATE]
        ids[twice] -= plan.back[twice]
        late = rows[plan.edge[rows] == LATE]
        luck = unit(mixed(ids[late], self._lateness))
        when[late] -= SHORTEST_LATE_MS + (luck * MORE_LATE_MS).astype(np.int64)

    def _detailed(self, numbers: I64, ids: I64, when: I64, plan: Plan) -> Block:
        """Planned arrivals in every detail."""
        scene = self._stage.scene(ids, when, plan)
        deeds = self._behaviour.deeds(scene)
        bodies = self._bodies.write(ids, when, plan.customer, deeds)
        values = deeds.usd
        for row in np.flatnonzero((plan.edge > 0) & (plan.edge <= HUGE)).tolist():
            code, number = int(plan.edge[row]), int(numbers[row])
            bodies[row], amount = spoiled(bodies[row], code, number >> 1)
            values[row] *= amount / deeds.amount[row]
        return Block(
            numbers=numbers,
            ids=ids,
            customers=plan.customer,
            bodies=bodies,
            kinds=KIND_OF_ROLE[scene.role],
            rejects=(plan.edge > 0) & (plan.edge <= REJECTED),
            values_usd=values,
            edges=plan.edge,
            outliers=deeds.outlier,
        )
