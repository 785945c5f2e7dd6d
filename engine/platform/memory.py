"""What a scorer remembers of its customers: bounded, and changed only by committed transactions.

Everything here is kept by event time (the payload's), so the same transactions in the same order
give the same memory, at any rate and after any rebuild. It does not depend on what was decided.
"""

from __future__ import annotations

from collections.abc import Hashable
from math import log

from engine.platform.wire import Facts

CUSTOMERS = 10_000  # a scorer
RECENT = 16  # transactions a customer
RECENT_SECONDS = 86_400.0
_WINDOW = 100.0  # transactions that a running mean reaches back over
_CATEGORIES = 512


class Seen:
    """Keys with [times seen, first, last] in event seconds; `total` counts all, forgotten too.

    At most `most` keys: one more, and the least recently seen quarter is forgotten.
    """

    __slots__ = ("entries", "most", "total")

    def __init__(self, most: int) -> None:
        self.entries: dict[Hashable, list[float]] = {}
        self.most = most
        self.total = 0

    def add(self, key: Hashable, seconds: float) -> None:
        """Seen now."""
        self.total += 1
        entry = self.entries.get(key)
        if entry is not None:
            entry[0] += 1.0
            entry[2] = seconds
            return
        self.entries[key] = [1.0, seconds, seconds]
        if len(self.entries) > self.most:
            newest = sorted(self.entries.items(), key=lambda item: -item[1][2])
            self.entries = dict(newest[: self.most * 3 // 4])


class Running:
    """Mean and variance of the last hundred or so values, older ones fading out."""

    __slots__ = ("count", "mean", "variance")

    def __init__(self) -> None:
        self.count = 0.0
        self.mean = 0.0
        self.variance = 0.0

    def add(self, value: float) -> None:
        """Take in one value."""
        if self.count < _WINDOW:
            self.count += 1.0
        step = 1.0 / self.count
        delta = value - self.mean
        self.mean += step * delta
        self.variance += step * (delta * (value - self.mean) - self.variance)


class Customer:
    """One customer's past. `recent`: (event seconds, USD, merchant, device was new), oldest first.

    `offset` runs over the logarithm of an amount less its category's mean; `home` is where the
    customer mostly is, in degrees.
    """

    __slots__ = (
        "cards",
        "categories",
        "countries",
        "currencies",
        "devices",
        "home_latitude",
        "home_longitude",
        "ips",
        "last_latitude",
        "last_longitude",
        "last_place_seconds",
        "last_seconds",
        "merchants",
        "offset",
        "places",
        "recent",
        "sessions",
    )

    def __init__(self) -> None:
        self.recent: list[tuple[float, float, str, bool]] = []
        self.offset = Running()
        self.devices = Seen(8)
        self.ips = Seen(16)
        self.merchants = Seen(64)
        self.categories = Seen(32)
        self.countries = Seen(8)
        self.currencies = Seen(4)
        self.cards = Seen(4)
        self.places = Seen(24)
        self.sessions = Seen(8)
        self.last_seconds = 0.0
        self.last_place_seconds = 0.0
        self.last_latitude = 0.0
        self.last_longitude = 0.0
        self.home_latitude = 0.0
        self.home_longitude = 0.0


NOBODY = Customer()


class Memory:
    """Customers by id, the least recently seen forgotten first; amounts by category."""

    def __init__(self, most: int = CUSTOMERS) -> None:
        self._customers: dict[str, Customer] = {}
        self._most = most
        self._categories: dict[str, Running] = {}

    def __len__(self) -> int:
        return len(self._customers)

    def customer(self, user_id: str) -> Customer:
        """What is known of a customer; nothing of one never seen."""
        return self._customers.get(user_id, NOBODY)

    def category(self, name: str) -> Running | None:
        """The logarithm of amounts (USD) in this category, over all customers of this scorer."""
        return self._categories.get(name)

    def learn(self, user_id: str, facts: Facts) -> None:
        """Take in a committed transaction."""
        customer = self._customers.pop(user_id, None) or Customer()
        self._customers[user_id] = customer
        if len(self._customers) > self._most:
            del self._customers[next(iter(self._customers))]
        self._learn_amount(customer, facts)
        seconds = facts.event_seconds
        unknown = bool(facts.device) and facts.device not in customer.devices.entries
        recent = customer.recent
        recent.append((seconds, facts.amount_usd, facts.merchant, unknown))
        if len(recent) > RECENT:
            del recent[0]
        customer.merchants.add(facts.merchant, seconds)
        customer.categories.add(facts.category, seconds)
        customer.currencies.add(facts.currency, seconds)
        _learn_means(customer, facts, seconds)
        if facts.located:
            _learn_place(customer, facts, seconds)
        customer.last_seconds = seconds

    def _learn_amount(self, customer: Customer, facts: Facts) -> None:
        category = self._categories.get(facts.category)
        if category is None:
            category = Running()
            if len(self._categories) < _CATEGORIES:
                self._categories[facts.category] = category
        amount = log(facts.amount_usd)
        category.add(amount)
        customer.offset.add(amount - category.mean)


def _learn_means(customer: Customer, facts: Facts, seconds: float) -> None:
    """Device, address, card and session, where the payload names them."""
    if facts.device:
        customer.devices.add(facts.device, seconds)
    if facts.ip_address:
        customer.ips.add(facts.ip_address, seconds)
    if facts.card_type:
        customer.cards.add(facts.card_type, seconds)
    if facts.session:
        customer.sessions.add(facts.session, seconds)


def _learn_place(customer: Customer, facts: Facts, seconds: float) -> None:
    """Where the customer is now, and mostly: home moves a tenth of the way, or less."""
    step = 1.0 / min(customer.places.total + 1, 10)
    customer.home_latitude += step * (facts.latitude - customer.home_latitude)
    customer.home_longitude += step * (facts.longitude - customer.home_longitude)
    customer.places.add((facts.latitude, facts.longitude), seconds)
    customer.countries.add(facts.country, seconds)
    customer.last_latitude = facts.latitude
    customer.last_longitude = facts.longitude
    customer.last_place_seconds = seconds
