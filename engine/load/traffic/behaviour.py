"""What each transaction is: category, shop, amount, and with the neighbours' help all the rest.

Honest customers travel, buy new phones, borrow a friend's, make large purchases and runs of small
ones. A card tester has a card number only; an account thief often the customer's own device or a
computer near it (see `roles`). Each field of a fraud is drawn to overlap with what honest customers
do; only behaviour against the customer's own history tells them apart, and not always.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.catalogue import (
    COUNT,
    ONLINE,
    ONLINE_SHARE,
    PAYING_LARGE,
    PHYSICAL_PER_CITY,
    choice_table,
)
from engine.load.traffic.customers import Customers
from engine.load.traffic.draws import B8, F64, I64, U8, U64, key, mixed, unit
from engine.load.traffic.means import Means
from engine.load.traffic.money import amounts_usd, big_purchase
from engine.load.traffic.outliers import outliers
from engine.load.traffic.places import Places
from engine.load.traffic.roles import HABIT, KEEN, LOYAL, ONLINE_MORE, TASTE, VISIT
from engine.load.traffic.scene import Scene
from engine.load.traffic.whereabouts import Whereabouts

OWN_CURRENCY_ONLINE = 0.85
COARSE_USD = 0.02  # a unit worth less has no cents


@dataclass(frozen=True)
class Deeds:
    """Transactions as columns. `address` −1 and `device` 0 stand for a field left out.

    `currency` indexes `Places.currency_codes`; `amount` is in it, `usd` the same in USD. `outlier`
    indexes `outliers.OUTLIERS`.
    """

    merchant: I64
    address: I64
    currency: I64
    amount: F64
    usd: F64
    device: U64
    network: U64
    session: U64
    card: I64
    outlier: U8


class Behaviour:
    """Draws the details of planned transactions; any subset of them, in any order."""

    def __init__(self, seed: int, customers: Customers, places: Places) -> None:
        self._customers = customers
        self._whereabouts = Whereabouts(seed, customers, places)
        self._means = Means(seed, customers)
        self._favourites = key(seed, "favourites")
        self._session = key(seed, "session")
        self._choices = choice_table()
        self._city_currency = places.city_currency
        self._usd = places.currency_usd
        self._net = len(places.names) * COUNT * PHYSICAL_PER_CITY
        self._world = np.array([places.currency_codes.index(code) for code in ("USD", "EUR")])

    def deeds(self, scene: Scene) -> Deeds:
        """The details of a scene's transactions."""
        category = self._category(scene)
        city, journey, abroad = self._whereabouts.city(scene)
        online = scene.draw["online"] < ONLINE_SHARE[category] + ONLINE_MORE[scene.role]
        online &= ~abroad
        there = np.flatnonzero(scene.role == VISIT)
        online[there] = scene.trait["hijack"][there] < ONLINE_SHARE[category[there]]
        merchant = self._merchant(scene, category, city, online)
        currency = self._currency(scene, city, online, merchant)
        device, *means = self._means.device(scene, online)
        usd, big = amounts_usd(scene, category, self._customers.level[scene.customer])
        rate = self._usd[currency]
        step = np.where(rate < COARSE_USD, 1.0, 0.01)
        amount = np.maximum(np.rint(usd / rate / step), 1.0) * step
        return Deeds(
            merchant=merchant,
            address=self._whereabouts.address(scene, city, online, merchant),
            currency=currency,
            amount=amount,
            usd=amount * rate,
            device=device,
            network=self._means.network(scene),
            session=mixed(scene.sequence, self._session),
            card=self._means.card(scene),
            outlier=outliers(scene, abroad, big, (means[0], means[1]), journey),
        )

    def _category(self, scene: Scene) -> I64:
        """Category by the customer's profile, or by what the run or campaign is after."""
        profile = self._customers.profile[scene.customer]
        keen = scene.draw["plain"] < KEEN[scene.role]
        profile = np.where(keen, TASTE[scene.role], profile)
        profile[big_purchase(scene)] = PAYING_LARGE
        luck = scene.draw["category"]
        there = np.flatnonzero(scene.role == VISIT)  # one terminal, one category
        profile[there], luck[there] = 0, scene.trait["near"][there]
        below: I64 = (self._choices[profile] <= luck[:, None]).sum(axis=1)
        return np.minimum(below, COUNT - 1)

    def _merchant(self, scene: Scene, category: I64, city: I64, online: B8) -> I64:
        """A favourite shop, or any; some runs mostly stay with one."""
        role, shop, habit = scene.role, scene.draw["shop"], scene.draw["habit"]
        place = category.astype(np.uint64) * np.uint64(4) + (shop * 2).astype(np.uint64)
        favourite = unit(mixed(scene.identity + place, self._favourites))
        known = np.where(online | (city == scene.home), HABIT[role], 0.0)
        choice = np.where(habit < known, favourite, shop)
        same = (habit >= 1.0 - LOYAL[role]) | (role == VISIT)
        choice = np.where(same, scene.trait["shops"], choice)
        here = (city * COUNT + category) * PHYSICAL_PER_CITY
        here = here + (choice * PHYSICAL_PER_CITY).astype(np.int64)
        net = self._net + category * ONLINE + (choice * ONLINE).astype(np.int64)
        return np.where(online, net, here)

    def _currency(self, scene: Scene, city: I64, online: B8, merchant: I64) -> I64:
        """The shop's currency; on the net mostly the customer's own."""
        own = scene.draw["currency"] < OWN_CURRENCY_ONLINE
        net = np.where(own, self._city_currency[scene.home], self._world[merchant % 2])
        return np.where(online, net, self._city_currency[city])
