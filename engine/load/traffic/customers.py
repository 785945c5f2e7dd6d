"""The people: who they are, where they live and how they spend, all from the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.catalogue import PROFILES
from engine.load.traffic.draws import F64, I64, U64, exponential, keys, normal, pick, uniforms
from engine.load.traffic.event_time import rhythm
from engine.load.traffic.places import POINTS, Places

CUSTOMERS = 5_000
_WHO = ("city", "point", "profile", "level", "level2", "activity", "activity2", "travels")
_TRAITS = (*_WHO, "devices", "cards")


def cumulative(weights: F64) -> F64:
    """Cumulative shares of weights; the last is 1."""
    total: F64 = np.cumsum(weights)
    total /= total[-1]
    return total


@dataclass(frozen=True)
class Customers:
    """Customers as columns, one row a customer.

    `city` and `address` index `Places`; `level` is the logarithm of how much dearer than average a
    customer buys; `travels` the chance of a journey in a fortnight; `identity` mixed bits that
    seed habits (favourite shops, devices, cards).
    """

    city: I64
    address: I64
    profile: I64
    level: F64
    activity: F64
    travels: F64
    devices: I64
    cards: I64
    identity: U64

    def by_activity(self) -> F64:
        """Cumulative shares of activity, whatever the hour."""
        return cumulative(self.activity)


def population(seed: int, places: Places) -> Customers:
    """The customers of a seed."""
    index = np.arange(CUSTOMERS)
    draw = dict(zip(_TRAITS, uniforms(index, keys(seed, "customers", names=_TRAITS)), strict=True))
    city = np.searchsorted(cumulative(places.weights), draw["city"], side="right")
    return Customers(
        city=city,
        address=city * POINTS + (draw["point"] * POINTS).astype(np.int64),
        profile=(draw["profile"] * len(PROFILES)).astype(np.int64),
        level=0.45 * normal(draw["level"], draw["level2"]),
        activity=0.15 + exponential(draw["activity"], 0.5) + exponential(draw["activity2"], 0.5),
        travels=0.02 + 0.6 * draw["travels"] ** 3,
        devices=1 + (draw["devices"] * 3).astype(np.int64),
        cards=1 + (draw["cards"] * 3).astype(np.int64),
        identity=keys(seed, "identity", names=("",))[0]
        + index.astype(np.uint64) * np.uint64(2**20),
    )


class Presence:
    """Who is likely to buy now: activity weighted with the rhythm of each customer's zone."""

    def __init__(self, customers: Customers, places: Places) -> None:
        self._activity = customers.activity
        self._zones, zone = np.unique(places.offsets, return_inverse=True)
        self._zone = zone[customers.city]

    def shares(self, hour_utc: float) -> F64:
        """Cumulative shares of the customers at this hour (UTC, 0..24)."""
        weights = self._activity * rhythm(hour_utc, self._zones)[self._zone]
        return cumulative(weights)


def choose(shares: F64, draws: F64) -> I64:
    """Customers drawn from cumulative shares with uniform numbers."""
    return np.minimum(np.searchsorted(shares, draws, side="right"), len(shares) - 1)


def chosen_one(shares: F64, bits: U64) -> I64:
    """Customers drawn from cumulative shares with mixed bits."""
    return choose(shares, pick(bits, 1 << 40) / float(1 << 40))
