"""What each transaction is: category, shop, amount, and with the neighbours' help all the rest.

Honest customers travel, buy new phones, borrow a friend's, make large purchases and runs of small
ones. A card tester has a card number only; an account thief often the customer's own device or a
computer near it. Each field of a fraud is drawn to overlap with what honest customers do; only
behaviour against the customer's own history tells them apart, and not always.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.catalogue import (
    COUNT,
    MEDIAN_LOG,
    ONLINE,
    ONLINE_SHARE,
    PHYSICAL_PER_CITY,
    SIGMA,
    SMALL,
    TAKEN_OVER,
    TESTED,
    choice_table,
)
from engine.load.traffic.customers import Customers
from engine.load.traffic.draws import B8, F64, I64, U64, key, mixed, normal, unit
from engine.load.traffic.means import Means
from engine.load.traffic.places import Places
from engine.load.traffic.plan import ERRANDS, SINGLE, SLOW_TESTING, SMALL_RUN, TESTING
from engine.load.traffic.scene import Scene
from engine.load.traffic.whereabouts import Whereabouts

GREEDY = 0.70  # share of a thief's purchases in categories they like
AT_RANDOM = 0.85  # share of a card test's in categories testers like
FRAUD_MORE_ONLINE = 0.35
HABIT, HABIT_OF_FRAUD, SAME_SHOP = 0.72, 0.15, 0.6
OWN_CURRENCY_ONLINE = 0.85
LARGE, LARGE_LOG = 0.03, 1.4  # share of honest purchases e^1.4 = 4 times as dear, and so on
GREED, GREED_LOG = 0.65, 0.65
TINY_TESTS, TINY_SLOW_TESTS = 0.75, 0.40
SMALL_LOG, SMALL_SIGMA = 1.1, 0.75  # small amounts: median 3 USD
MOST_USD = 15_000.0
COARSE_USD = 0.02  # a unit worth less has no cents


@dataclass(frozen=True)
class Deeds:
    """Transactions as columns. `address` −1 and `device` 0 stand for a field left out.

    `currency` indexes `Places.currency_codes`; `amount` is in it, `usd` the same in USD.
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
        more = np.where(scene.stranger, FRAUD_MORE_ONLINE, 0.0)
        online = scene.draw["online"] < ONLINE_SHARE[category] + more
        city = self._whereabouts.city(scene)
        merchant = self._merchant(scene, category, city, online)
        currency = self._currency(scene, city, online, merchant)
        rate = self._usd[currency]
        step = np.where(rate < COARSE_USD, 1.0, 0.01)
        amount = np.rint(self._amount_usd(scene, category) / rate / step)
        amount = np.maximum(amount, 1.0) * step
        return Deeds(
            merchant=merchant,
            address=self._whereabouts.address(scene, city, online, merchant),
            currency=currency,
            amount=amount,
            usd=amount * rate,
            device=self._means.device(scene, online),
            network=self._means.network(scene),
            session=mixed(scene.sequence, self._session),
            card=self._means.card(scene),
        )

    def _category(self, scene: Scene) -> I64:
        """Category by the customer's profile, or by what the run or campaign is after."""
        plain = scene.draw["plain"]
        profile = self._customers.profile[scene.customer]
        profile = np.where(scene.role == SMALL_RUN, SMALL, profile)
        profile = np.where(scene.takeover & (plain < GREEDY), TAKEN_OVER, profile)
        profile = np.where(scene.testing & (plain < AT_RANDOM), TESTED, profile)
        below: I64 = (self._choices[profile] <= scene.draw["category"][:, None]).sum(axis=1)
        return np.minimum(below, COUNT - 1)

    def _merchant(self, scene: Scene, category: I64, city: I64, online: B8) -> I64:
        """A favourite shop, or any; a run of small purchases mostly stays with one."""
        shop = scene.draw["shop"]
        place = category.astype(np.uint64) * np.uint64(4) + (shop * 2).astype(np.uint64)
        favourite = unit(mixed(scene.identity + place, self._favourites))
        known = np.where(online | (city == scene.home), HABIT, 0.0)
        known = np.where(scene.fraud, HABIT_OF_FRAUD, known)
        choice = np.where(scene.draw["habit"] < known, favourite, shop)
        same = (scene.role == SMALL_RUN) & (scene.draw["habit"] < SAME_SHOP)
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

    def _amount_usd(self, scene: Scene, category: I64) -> F64:
        """Log-normal about the category's median and the customer's level; by role."""
        noise = normal(scene.draw["noise"], scene.draw["noise2"])
        more = 0.5 * normal(scene.draw["more"], scene.draw["more2"])
        usual = MEDIAN_LOG[category] + self._customers.level[scene.customer]
        usual = usual + SIGMA[category] * noise
        luck = scene.draw["large"]
        large = (luck < LARGE) & ((scene.role == SINGLE) | (scene.role == ERRANDS))
        usual = usual + np.where(large, LARGE_LOG + more, 0.0)
        greedy = scene.takeover & (luck < GREED)
        usual = usual + np.where(greedy, GREED_LOG + more, 0.0)
        tiny = scene.role == SMALL_RUN
        tiny |= (scene.role == TESTING) & (luck < TINY_TESTS)
        tiny |= (scene.role == SLOW_TESTING) & (luck < TINY_SLOW_TESTS)
        usual = np.where(tiny, SMALL_LOG + SMALL_SIGMA * noise, usual)
        return np.minimum(np.exp(usual), MOST_USD)
