"""The traffic of a run: transactions by arrival number, with their withheld labels.

Transaction n depends on (seed, mix, n) only: not on the rate, pauses, or how many workers share the
customers. Labels (`kinds`) stay in this process; the bodies hold none.

Share of all transactions, by mix (the shares of `engine.model.scenario.MIX_SHARES`, fraud split by
`plan.CAMPAIGNS`; `report.describe` measures them):

    mix        legitimate  card testing  account takeover  refused edge cases
    stress     80 %        8.3 %         6.7 %             5 %
    demo       97 %        1.1 %         0.9 %             1 %
    realistic  99.9 %      0.053 %       0.047 %           none

Where a mix has edge cases, three of ten thousand transactions are of a huge amount, which is to be
decided, not refused. A customer buys twice a day on average (the busiest tenth nearly four times):
100,000 arrivals are ten days and twenty transactions a customer, a million 100 days.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.load.traffic.behaviour import Behaviour
from engine.load.traffic.bodies import Bodies
from engine.load.traffic.customers import Presence, population
from engine.load.traffic.draws import B8, F64, I64, U8, key, uniform
from engine.load.traffic.edges import HUGE, spoiled
from engine.load.traffic.event_time import event_ms
from engine.load.traffic.places import places
from engine.load.traffic.plan import BLOCK, KIND_OF_ROLE, Plan, Planner, joined
from engine.load.traffic.scene import Stage
from engine.model.scenario import TrafficMix

__all__ = ["BLOCK", "FRAUD_KINDS", "Block", "Simulator"]

HOUR_MS = 3_600_000
TOGETHER = 16  # at most so many blocks are made at once

FRAUD_KINDS: tuple[str, ...] = (
    "legitimate",
    "card_testing",
    "account_takeover",
    "stolen_card_burst",
    "compromised_terminal",
    "structuring",
)


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
    """

    numbers: I64
    ids: I64
    customers: I64
    bodies: list[bytes]
    kinds: U8
    rejects: B8
    values_usd: F64

    def cut(self, start: int, end: int) -> Block:
        """Rows [start, end)."""
        rows = slice(start, end)
        return Block(
            self.numbers[rows],
            self.ids[rows],
            self.customers[rows],
            self.bodies[rows],
            self.kinds[rows],
            self.rejects[rows],
            self.values_usd[rows],
        )


class Simulator:
    """Makes any block of a (seed, mix), for one share of the customers."""

    def __init__(
        self, seed: int, mix: TrafficMix, id_prefix: str, share: int = 0, shares: int = 1
    ) -> None:
        where = places()
        self._customers = population(seed, where)
        self._presence = Presence(self._customers, where)
        self._planner = Planner(seed, mix, self._presence.always)
        self._behaviour = Behaviour(seed, self._customers, where)
        self._stage = Stage(seed, mix, self._customers)
        self._bodies = Bodies(id_prefix)
        self._jitter = key(seed, "event time")
        self.serve(share, shares)

    def of(self, share: int, shares: int) -> Simulator:
        """The same traffic for another share; one thread must use both."""
        other = copy(self)
        other.serve(share, shares)
        return other

    def serve(self, share: int, shares: int) -> None:
        """Make the transactions of this share from now on."""
        self._share, self.shares = share, shares
        self._together = min(shares, TOGETHER)
        self._group = -1
        self._made: list[Block] = []

    def block(self, index: int) -> Block:
        """Arrivals [index × BLOCK, (index + 1) × BLOCK) of this share's customers.

        With several shares, neighbouring blocks are made together and the latest few kept: a
        column of a hundred rows costs numpy nearly what one of a thousand does.
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
        hours = when[BLOCK // 2 :: BLOCK] // HOUR_MS % 24
        plan = joined(
            [
                self._planner.plan(first + place, self._presence.at(hour))
                for place, hour in enumerate(hours.tolist())
            ]
        )
        own = np.flatnonzero(plan.customer % self.shares == self._share)
        whole = self._detailed(numbers[own], when[own], plan.rows(own))
        cuts = np.searchsorted(own, np.arange(self._together + 1) * BLOCK).tolist()
        return [whole.cut(start, end) for start, end in pairwise(cuts)]

    def _detailed(self, numbers: I64, when: I64, plan: Plan) -> Block:
        """Planned arrivals in every detail."""
        deeds = self._behaviour.deeds(self._stage.scene(numbers, when, plan))
        bodies = self._bodies.write(numbers, when, plan.customer, deeds)
        values = deeds.usd
        for row in np.flatnonzero(plan.edge).tolist():
            code, number = int(plan.edge[row]), int(numbers[row])
            bodies[row], amount = spoiled(bodies[row], code, number >> 1)
            values[row] *= amount / deeds.amount[row]
        rejects = (plan.edge > 0) & (plan.edge != HUGE)
        return Block(
            numbers, numbers, plan.customer, bodies, KIND_OF_ROLE[plan.role], rejects, values
        )
