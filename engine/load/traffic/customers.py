"""The people: who they are, where they live and how they spend, all from the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.catalogue import PROFILES, WEEKEND
from engine.load.traffic.draws import F64, I64, U64, exponential, key, keys, mixed, normal, uniforms
from engine.load.traffic.event_time import rhythm
from engine.load.traffic.places import POINTS, Places

CUSTOMERS = 5_000
CARDS = 3  # at most, a customer
SLOTS = 65_536

Slots = NDArray[np.int32]

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
    customer buys; `travels` the chance of a journey in a fortnight; `identity` the bits from
    which habits grow (favourite shops, devices, cards).
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
        cards=1 + (draw["cards"] * CARDS).astype(np.int64),
        identity=mixed(index, key(seed, "identity")),
    )


class Presence:
    """Who is likely to buy now: activity weighted with the rhythm of each customer's zone.

    Choosing among 5,000 unequal customers is one look-up: each hour has a table of `SLOTS` places
    in which a customer stands as often as is their due. At weekends some kinds of customer buy more
    than on working days, and some less.
    """

    def __init__(self, customers: Customers, places: Places) -> None:
        self._activity = customers.activity
        self._zones, zone = np.unique(places.offsets, return_inverse=True)
        self._zone = zone[customers.city]
        self._weekend = WEEKEND[customers.profile]
        self._hours: dict[tuple[int, bool], Slots] = {}
        self.always = slots(self._activity)

    def at(self, hour_utc: int, weekend: bool) -> Slots:
        """The table of this hour, 0..23 UTC."""
        if (hour_utc, weekend) not in self._hours:
            weights = self._activity * rhythm(hour_utc, self._zones)[self._zone]
            if weekend:
                weights *= self._weekend
            self._hours[hour_utc, weekend] = slots(weights)
        return self._hours[hour_utc, weekend]


def by_bits(table: Slots, bits: U64) -> I64:
    """Entries of a table chosen by the upper 16 of mixed bits."""
    chosen: I64 = table[(bits >> np.uint64(48)).astype(np.int64)].astype(np.int64)
    return chosen


def slots(weights: F64) -> Slots:
    """Customers by slot, each in as many as its weight's share."""
    middle = (np.arange(SLOTS) + 0.5) / SLOTS
    return np.searchsorted(cumulative(weights), middle).astype(np.int32)
