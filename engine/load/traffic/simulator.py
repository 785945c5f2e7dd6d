"""The traffic of a run: transactions by arrival number, with their withheld labels.

Transaction n depends on (seed, mix, n) only: not on the rate, pauses, or how many workers share the
customers. Labels (`kinds`) stay in this process; the bodies hold none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.behaviour import Behaviour, Rows
from engine.load.traffic.bodies import Bodies
from engine.load.traffic.customers import Presence, population
from engine.load.traffic.draws import B8, F64, I64, U8, key, uniform
from engine.load.traffic.event_time import event_ms
from engine.load.traffic.places import places
from engine.load.traffic.plan import BLOCK, HUGE, KIND_OF_ROLE, Planner
from engine.model.scenario import TrafficMix

__all__ = ["BLOCK", "FRAUD_KINDS", "Block", "Simulator"]

FRAUD_KINDS: tuple[str, ...] = ("legitimate", "card_testing", "account_takeover")


@dataclass(frozen=True)
class Block:
    """Transactions of one share, a row each, by ascending arrival number.

    Attributes:
        numbers: Arrival numbers.
        bodies: JSON, as it goes over the wire.
        kinds: Index into `FRAUD_KINDS`; never sent.
        rejects: Whether a correct platform answers 400.
        values_usd: Amount in USD at the assumed rates; 0 for rejects.
    """

    numbers: I64
    bodies: list[bytes]
    kinds: U8
    rejects: B8
    values_usd: F64


class Simulator:
    """Makes any block of a (seed, mix), for one share of the customers."""

    def __init__(
        self, seed: int, mix: TrafficMix, id_prefix: str, share: int = 0, shares: int = 1
    ) -> None:
        where = places()
        self._share, self._shares = share, shares
        self._customers = population(seed, where)
        self._presence = Presence(self._customers, where)
        self._planner = Planner(seed, mix, self._customers.by_activity())
        self._behaviour = Behaviour(seed, mix, self._customers, where)
        self._bodies = Bodies(id_prefix, where)
        self._jitter = key(seed, "event time")

    def block(self, index: int) -> Block:
        """Arrivals [index × BLOCK, (index + 1) × BLOCK) of this share's customers."""
        numbers = index * BLOCK + np.arange(BLOCK)
        when = event_ms(numbers, uniform(numbers, self._jitter))
        hour = float(when[BLOCK // 2] % 86_400_000) / 3_600_000
        plan = self._planner.plan(index, self._presence.shares(hour))
        own = np.flatnonzero(plan.customer % self._shares == self._share)
        role, customer, edge = plan.role[own], plan.customer[own], plan.edge[own]
        rows = Rows(numbers[own], when[own], role, customer, plan.origin[own])
        deeds = self._behaviour.draw(rows)
        bodies = self._bodies.write(rows.numbers, rows.event_ms, customer, deeds, edge)
        rejects = (edge > 0) & (edge != HUGE)
        values = np.where(rejects, 0.0, deeds.usd)
        return Block(rows.numbers, bodies, KIND_OF_ROLE[role], rejects, values)
