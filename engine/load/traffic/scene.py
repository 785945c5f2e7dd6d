"""What is settled about transactions before their details are drawn: who, when, as what, and luck.

Two kinds of luck: *draws* are a transaction's own; *traits* are shared by all transactions of a run
or campaign, which is what makes it coherent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.customers import Customers
from engine.load.traffic.draws import B8, F64, I64, U64, keys, mixed, uniforms, unit
from engine.load.traffic.event_time import festive
from engine.load.traffic.plan import Plan
from engine.load.traffic.roles import ERRANDS, KIND_OF_ROLE, OWN, SLOW_TESTING, SPREE, TESTING
from engine.model.scenario import TrafficMix

_PURCHASE = ("category", "online", "plain", "habit", "shop", "currency", "large")
_NOISE = ("noise", "noise2", "more", "more2")
_MEANS = ("device", "borrowed", "elsewhere", "no_location", "no_device", "mobile", "card")
DRAWS = (*_PURCHASE, *_NOISE, *_MEANS)
TRAITS = (
    *("hijack", "whither", "near", "far", "billing", "seat", "shops"),
    *("device", "ip", "card", "sum", "sum2", "festive"),
)


@dataclass(frozen=True)
class Scene:
    """Transactions, a row each.

    `role` indexes the columns of `roles`. `home` is the customer's city, `identity` the bits their
    habits grow from. `testing` marks card tests, `fraud` any fraud, `stranger` frauds done from
    elsewhere than the customer's own device and place.
    """

    event_ms: I64
    role: I64
    customer: I64
    identity: U64
    home: I64
    testing: B8
    fraud: B8
    stranger: B8
    sequence: U64
    draw: dict[str, F64]
    trait: dict[str, F64]
    trait_bits: dict[str, U64]


class Stage:
    """Sets scenes for one (seed, mix)."""

    def __init__(self, seed: int, mix: TrafficMix, customers: Customers) -> None:
        self._draws = keys(seed, str(mix), "draws", names=DRAWS)
        self._traits = keys(seed, "traits", names=TRAITS)
        self._customers = customers

    def scene(self, numbers: I64, event_ms: I64, plan: Plan) -> Scene:
        """The scene of these planned transactions."""
        draw = dict(zip(DRAWS, uniforms(numbers, self._draws), strict=True))
        bits = mixed(plan.origin[None, :], self._traits[:, None])
        trait = dict(zip(TRAITS, unit(bits), strict=True))
        role = plan.role.astype(np.int64)
        errands = np.flatnonzero(role == ERRANDS)
        gifts = trait["festive"][errands] < festive(event_ms[errands])
        role[errands[gifts]] = SPREE
        fraud = KIND_OF_ROLE[role] > 0
        return Scene(
            event_ms=event_ms,
            role=role,
            customer=plan.customer,
            identity=self._customers.identity[plan.customer],
            home=self._customers.city[plan.customer],
            testing=(role == TESTING) | (role == SLOW_TESTING),
            fraud=fraud,
            stranger=fraud & (trait["hijack"] >= OWN[role]),
            sequence=plan.sequence,
            draw=draw,
            trait=trait,
            trait_bits=dict(zip(TRAITS, bits, strict=True)),
        )
