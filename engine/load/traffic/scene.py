"""What is settled about transactions before their details are drawn: who, when, as what, and luck.

Two kinds of luck: *draws* are a transaction's own; *traits* are shared by all transactions of a run
or campaign, which is what makes it coherent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.customers import Customers
from engine.load.traffic.draws import B8, F64, I64, U64, keys, mixed, uniforms, unit
from engine.load.traffic.plan import SLOW_TESTING, TAKEOVER, TESTING, Plan
from engine.model.scenario import TrafficMix

HIJACKED = 0.30  # share of takeovers done on the customer's own device and from their place

_PURCHASE = ("category", "online", "plain", "habit", "shop", "currency", "large")
_NOISE = ("noise", "noise2", "more", "more2")
_MEANS = ("device", "borrowed", "elsewhere", "no_location", "no_device", "mobile", "card")
DRAWS = (*_PURCHASE, *_NOISE, *_MEANS)
TRAITS = ("hijack", "whither", "near", "far", "billing", "seat", "shops", "device", "ip", "card")


@dataclass(frozen=True)
class Scene:
    """Transactions, a row each.

    `home` is the customer's city, `identity` the bits their habits grow from. `stranger` marks
    frauds done from elsewhere than the customer's own device and place. `fraud` is any fraud.
    """

    event_ms: I64
    role: np.ndarray[tuple[int], np.dtype[np.uint8]]
    customer: I64
    identity: U64
    home: I64
    testing: B8
    takeover: B8
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
        testing = (plan.role == TESTING) | (plan.role == SLOW_TESTING)
        takeover = plan.role == TAKEOVER
        return Scene(
            event_ms=event_ms,
            role=plan.role,
            customer=plan.customer,
            identity=self._customers.identity[plan.customer],
            home=self._customers.city[plan.customer],
            testing=testing,
            takeover=takeover,
            fraud=testing | takeover,
            stranger=testing | (takeover & (trait["hijack"] >= HIJACKED)),
            sequence=plan.sequence,
            draw=draw,
            trait=trait,
            trait_bits=dict(zip(TRAITS, bits, strict=True)),
        )
