"""Where transactions happen: at home, on a journey, or where a thief is or pretends to be.

A fortnight may hold one journey, drawn per customer: to a near city or anywhere. Now and then a
customer buys, without leaving home, from a shop abroad never dealt with before. Thieves use exits
near their victims as often as not; a tester of card numbers may give no place but the billing
address. So distance from home is a hint, never a proof.
"""

from __future__ import annotations

import numpy as np

from engine.load.traffic.customers import SLOTS, Customers, by_bits, slots
from engine.load.traffic.draws import B8, I64, keys, pick, uniforms, unit
from engine.load.traffic.places import NEAR, POINTS, Places
from engine.load.traffic.roles import AT_HOME, NEAR_HOME, SINGLE, VISIT
from engine.load.traffic.scene import Scene

FORTNIGHT_MS = 14 * 86_400_000
LATEST_START = 8 / 14  # of a journey, in its fortnight; it lasts a day to six
SHORTEST, LONGER = 1 / 14, 5 / 14
BILLING_ONLY = 0.35  # share of card tests placed at the victim's own address
ELSEWHERE = 0.15  # share of purchases on the net made away from home, in the same city
NO_LOCATION = 0.04
FROM_ABROAD = 0.004  # share of single purchases made at a shop of some other city, from home

_LASTING = ("goes", "start", "length", "far", "whither")


class Whereabouts:
    """Cities and addresses of transactions."""

    def __init__(self, seed: int, customers: Customers, places: Places) -> None:
        self._customers = customers
        self._near = places.near
        self._cities = slots(places.weights)
        self._lasting = keys(seed, "journeys", names=_LASTING)

    def city(self, scene: Scene) -> tuple[I64, B8, B8]:
        """The city of each transaction, whether on a journey, and whether from a shop far away."""
        near = self._near[scene.home, pick(scene.trait_bits["near"], NEAR)]
        far = by_bits(self._cities, scene.trait_bits["far"])
        whither, role = scene.trait["whither"], scene.role
        thief = np.where(whither < NEAR_HOME[role], near, far)
        thief = np.where((whither < AT_HOME[role]) | self._billing(scene), scene.home, thief)
        where = self._of_customer(scene)
        where = np.where(role == VISIT, scene.home, where)
        abroad = (scene.draw["elsewhere"] >= 1.0 - FROM_ABROAD) & (role == SINGLE)
        where = np.where(abroad, far, where)
        journey = (where != scene.home) & ~abroad
        return np.where(scene.stranger, thief, where), journey, abroad

    def _of_customer(self, scene: Scene) -> I64:
        """Home, or where the customer's journey of these days leads."""
        fortnights = scene.event_ms / FORTNIGHT_MS + unit(scene.identity)
        which = np.floor(fortnights)
        passed = fortnights - which
        journey = scene.identity + which.astype(np.uint64)
        goes, start, length, far, whither = uniforms(journey, self._lasting)
        start = start * LATEST_START
        away = (goes < self._customers.travels[scene.customer]) & (passed >= start)
        away &= passed < start + SHORTEST + LONGER * length
        near_city = self._near[scene.home, (whither * NEAR).astype(np.int64)]
        far_city = self._cities[(whither * SLOTS).astype(np.int64)]
        return np.where(away, np.where(far < 0.5, near_city, far_city), scene.home)

    def address(self, scene: Scene, city: I64, online: B8, merchant: I64) -> I64:
        """The shop's address, or where the buyer sits; −1 where the field is left out."""
        own = self._customers.address[scene.customer]
        shop = city * POINTS + merchant % POINTS
        seat = city * POINTS + pick(scene.trait_bits["seat"], POINTS)
        out = (city != scene.home) | (scene.draw["elsewhere"] < ELSEWHERE)
        out |= scene.stranger & ~self._billing(scene)
        buyer = np.where(out, seat, own)
        placed = np.where(online, buyer, shop)
        return np.where(scene.draw["no_location"] < NO_LOCATION, -1, placed)

    @staticmethod
    def _billing(scene: Scene) -> B8:
        """Card tests of which only the billing address is known."""
        known: B8 = scene.testing & (scene.trait["billing"] < BILLING_ONLY)
        return known
