"""What a scorer remembers of its customers: bounded, and changed only by committed transactions.

Everything here is kept by event time (the payload's), so the same transactions in the same order
give the same memory, at any rate and after any rebuild. It does not depend on what was decided.

A scorer comes back to a customer after thousands of others, so its past is never in the processor's
cache: what costs is how many objects are touched. Hence plain dicts of counts, tuples that are
replaced whole, and shared strings, where small classes would read better.

Two bounds hold at once: so many customers, and so many bytes. Each list of a customer is bounded in
entries, but a payload's names may be 128 characters of four bytes each, so 10,000 customers could
take 1.3 GB where simulated ones take a tenth. Bytes are counted as keys come and go, generously;
what names have in common is kept once beside them, in at most 35 MB more.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import TypeVar

from engine.platform.wire import Facts

CUSTOMERS = 10_000  # a scorer
MOST_BYTES = 320_000_000  # a scorer: 10,000 simulated customers with full lists take 204 MB
RECENT = 16  # transactions a customer
RECENT_SECONDS = 86_400.0
MOST_DEVICES, MOST_IPS, MOST_SESSIONS = 8, 16, 8
MOST_MERCHANTS, MOST_CATEGORIES, MOST_PLACES = 64, 32, 24
_WINDOW = 100.0  # transactions that a running mean reaches back over
_MOST_NAMES = 50_000  # of at most 588 bytes, and 100 for their place
MOST_NAMED_CATEGORIES = 512
HOME_WINDOW = 10
CUSTOMER_BYTES = 3_000  # one without keys, and its latest transactions
ENTRY_BYTES = 160  # a key's place in a dict, its value, and what a string takes besides its text
CHARACTER_BYTES = 4

K = TypeVar("K", str, tuple[float, float])
V = TypeVar("V")
Place = tuple[float, float]
Running = tuple[float, float, float]
"""Count, mean and variance of the last hundred or so values, older ones fading out."""

UNKNOWN: Running = (0.0, 0.0, 0.0)


def running(past: Running, value: float) -> Running:
    """The mean and variance with one more value in them."""
    count, mean, variance = past
    if count < _WINDOW:
        count += 1.0
    step = 1.0 / count
    delta = value - mean
    mean += step * delta
    return count, mean, variance + step * (delta * (value - mean) - variance)


class Customer:
    """One customer's past.

    Attributes:
        bytes: What it takes, as the memory counts.
        total: Transactions so far.
        last_seconds: Event time of the last one.
        recent: (event seconds, USD, merchant) of the last ones, oldest first.
        offset: Running mean of the logarithm of an amount less its category's mean.
        where: Event seconds, latitude and longitude of the last transaction with a place, then
            latitude and longitude of where the customer mostly is; None before the first.
        devices, ips: (times seen, event seconds of the first time) by key.
        sessions, merchants, categories, places: Times seen by key.
    """

    __slots__ = (
        "bytes",
        "categories",
        "devices",
        "ips",
        "last_seconds",
        "merchants",
        "offset",
        "places",
        "recent",
        "sessions",
        "total",
        "where",
    )

    def __init__(self) -> None:
        self.bytes = 0
        self.total = 0
        self.last_seconds = 0.0
        self.recent: list[tuple[float, float, str]] = []
        self.offset = UNKNOWN
        self.where: tuple[float, float, float, float, float] | None = None
        self.devices: dict[str, tuple[int, float]] = {}
        self.ips: dict[str, tuple[int, float]] = {}
        self.sessions: dict[str, int] = {}
        self.merchants: dict[str, int] = {}
        self.categories: dict[str, int] = {}
        self.places: dict[Place, int] = {}


NOBODY = Customer()


def count(seen: dict[K, int], key: K, most: int) -> int:
    """Seen once more; at most `most` keys are kept. Returns the bytes that this took."""
    times = seen.get(key)
    if times is not None:
        seen[key] = times + 1
        return 0
    seen[key] = 1
    taken = ENTRY_BYTES + CHARACTER_BYTES * len(key)
    if len(seen) > most:
        older = sorted(list(seen)[: most // 2], key=seen.__getitem__)
        taken -= forget(seen, older)
    return taken


def date(seen: dict[str, tuple[int, float]], key: str, seconds: float, most: int) -> int:
    """Seen once more, at this event time; the first time is kept. Returns the bytes it took."""
    known = seen.get(key)
    if known is not None:
        seen[key] = (known[0] + 1, known[1])
        return 0
    seen[key] = (1, seconds)
    taken = ENTRY_BYTES + CHARACTER_BYTES * len(key)
    if len(seen) > most:
        older = sorted(list(seen)[: most // 2], key=lambda key: seen[key][0])
        taken -= forget(seen, older)
    return taken


def forget(seen: dict[K, V], older: list[K]) -> int:
    """Of the older half of the keys, by times seen, forget the rarer half; returns their bytes.

    Keys stay where they came first, so that a key that is seen again costs no change of the dict;
    and habits stay while what was seen once goes.
    """
    gone = older[: (len(older) + 1) // 2]
    for key in gone:
        del seen[key]
    return sum([ENTRY_BYTES + CHARACTER_BYTES * len(key) for key in gone])


class Memory:
    """Customers by id, the least recently seen forgotten first; amounts by category.

    Attributes:
        evictions: Customers forgotten because others came.
        bytes: What all customers take, each key counted where it is kept.
        most_bytes: What they may take; when it falls, the next to be learned makes them fit.
    """

    def __init__(self, most: int = CUSTOMERS, most_bytes: int = MOST_BYTES) -> None:
        self._customers: dict[str, Customer] = {}
        self._most = most
        self.most_bytes = most_bytes
        self.bytes = 0
        self._categories: dict[str, Running] = {}
        self._names: dict[str, str] = {}
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._customers)

    def __contains__(self, user_id: str) -> bool:
        return user_id in self._customers

    def customer(self, user_id: str) -> Customer:
        """What is known of a customer; nothing of one never seen."""
        return self._customers.get(user_id, NOBODY)

    def category(self, name: str) -> Running:
        """The logarithm of amounts (USD) in this category, over all customers of this scorer."""
        return self._categories.get(name, UNKNOWN)

    def learn(self, user_id: str, facts: Facts) -> None:
        """Take in a committed transaction."""
        customer = self._customers.pop(user_id, None) or self._new(user_id)
        self._customers[user_id] = customer
        taken = self._learn(customer, facts)
        customer.bytes += taken
        self.bytes += taken
        while self._full():
            self._leave(next(iter(self._customers)))
            self.evictions += 1

    def _full(self) -> bool:
        """Whether there are too many, or they take too much; the newest alone is never too much."""
        number = len(self._customers)
        return number > self._most or (self.bytes > self.most_bytes and number > 1)

    def _new(self, user_id: str) -> Customer:
        customer = Customer()
        customer.bytes = CUSTOMER_BYTES + CHARACTER_BYTES * len(user_id)
        self.bytes += customer.bytes
        return customer

    def _leave(self, user_id: str) -> None:
        self.bytes -= self._customers.pop(user_id).bytes

    def _learn(self, customer: Customer, facts: Facts) -> int:
        seconds = facts.event_seconds
        merchant = self._shared(facts.merchant)
        category = self._shared(facts.category)
        self._learn_amount(customer, category, log(facts.amount_usd))
        customer.total += 1
        customer.last_seconds = seconds
        recent = customer.recent
        recent.append((seconds, facts.amount_usd, merchant))
        if len(recent) > RECENT:
            del recent[0]
        taken = count(customer.merchants, merchant, MOST_MERCHANTS)
        taken += count(customer.categories, category, MOST_CATEGORIES)
        if facts.device:
            taken += date(customer.devices, facts.device, seconds, MOST_DEVICES)
        if facts.ip_address:
            taken += date(customer.ips, facts.ip_address, seconds, MOST_IPS)
        if facts.session:
            taken += count(customer.sessions, facts.session, MOST_SESSIONS)
        if facts.located:
            taken += _learn_place(customer, facts.latitude, facts.longitude, seconds)
        return taken

    def leave(self, gone: Callable[[str], bool]) -> None:
        """Forget the customers for whom this holds: another scorer has them now."""
        for user_id in [user_id for user_id in self._customers if gone(user_id)]:
            self._leave(user_id)

    def _shared(self, name: str) -> str:
        """One object for equal names that many customers have in common."""
        known = self._names.get(name)
        if known is None:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
            known = self._names[name] = name
        return known

    def _learn_amount(self, customer: Customer, category: str, amount: float) -> None:
        past = running(self._categories.get(category, UNKNOWN), amount)
        if category in self._categories or len(self._categories) < MOST_NAMED_CATEGORIES:
            self._categories[category] = past
        customer.offset = running(customer.offset, amount - past[1])


def _learn_place(customer: Customer, latitude: float, longitude: float, seconds: float) -> int:
    """Where the customer is now, and mostly: that moves a tenth of the way, at first further.

    Returns the bytes that this took.
    """
    where = customer.where
    if where is None:
        customer.where = (seconds, latitude, longitude, latitude, longitude)
    else:
        step = 1.0 / min(customer.total, HOME_WINDOW)
        _, _, _, north, east = where
        north += step * (latitude - north)
        east += step * (longitude - east)
        customer.where = (seconds, latitude, longitude, north, east)
    return count(customer.places, (latitude, longitude), MOST_PLACES)
