"""Features: one transaction against what is remembered of its customer, as numbers.

Pure functions; the scorers and the training of the model use the same ones. Order and names are
`NAMES`, and the model's card repeats them. Times are event time in hours unless named otherwise,
amounts natural logarithms of USD, -1 stands for "the payload does not say".
"""

from __future__ import annotations

from math import log, log1p, sqrt

from engine.platform.geography import distance_km
from engine.platform.memory import NOBODY, RECENT_SECONDS, Customer, Running, Seen, place_of
from engine.platform.wire import Facts

Row = list[float]

_AMOUNT = ("log_amount", "category_offset", "offset_z", "history")
_RECENT = (
    "count_10min",
    "count_1h",
    "count_24h",
    "usd_24h",
    "largest_24h",
    "small_24h",
    "merchants_24h",
    "new_devices_24h",
    "near_limit_24h",
)
_HABITS = (
    "device_times",
    "device_age_hours",
    "ip_times",
    "ip_age_hours",
    "session_times",
    "merchant_times",
    "category_share",
    "currency_share",
    "card_share",
    "device_variety",
    "ip_variety",
)
_PLACE = ("place_times", "country_share", "last_km", "speed_kmh", "home_km")
_CONTEXT = ("hours_since_last", "local_hour", "category")
NAMES: tuple[str, ...] = _AMOUNT + _RECENT + _HABITS + _PLACE + _CONTEXT
INDEX: dict[str, int] = {name: index for index, name in enumerate(NAMES)}

SMALL_USD = 12.0
NEAR_LIMIT_USD = (3_000.0, 10_000.0)
FASTEST_KMH = 5_000.0  # what more is made of a quotient with almost no time below it
_TRUST = 4.0  # an own mean counts fully after about this many transactions
_SPREAD = 0.75  # assumed spread of log amounts until the customer's own is known


def features(customer: Customer, category: Running | None, number: int, facts: Facts) -> Row:
    """One transaction's features.

    Args:
        customer: Its customer's past.
        category: Running mean of log amounts in its category, if any came before.
        number: Index of the category in the model's list, -1 if not there.
        facts: The transaction.
    """
    seconds = facts.event_seconds
    amount = log(facts.amount_usd)
    offset = amount - (category.mean if category is not None else amount)
    own = customer.offset
    count = own.count
    spread = sqrt((own.variance * count + _SPREAD * _SPREAD * _TRUST) / (count + _TRUST))
    usual = own.mean * count / (count + _TRUST)
    total = customer.merchants.total
    since = (seconds - customer.last_seconds) / 3600.0 if total else -1.0
    hour = (seconds / 3600.0 + (facts.longitude / 15.0 if facts.located else 0.0)) % 24.0
    return [
        amount,
        offset,
        (offset - usual) / spread,
        log1p(total),
        *_recent(customer, facts, seconds),
        *_habits(customer, facts, seconds),
        *_place(customer, facts, seconds),
        log1p(since) if since > 0.0 else since,
        hour,
        float(number),
    ]


def _recent(customer: Customer, facts: Facts, seconds: float) -> tuple[float, ...]:
    """What the customer did in the day before, this transaction left out."""
    ten_minutes = hour = day = small = new_devices = near_limit = 0
    usd = largest = 0.0
    merchants = {facts.merchant}
    for at, amount, merchant, new_device in reversed(customer.recent):
        age = seconds - at
        if age > RECENT_SECONDS:
            break
        day += 1
        usd += amount
        merchants.add(merchant)
        new_devices += new_device
        small += amount < SMALL_USD
        near_limit += NEAR_LIMIT_USD[0] <= amount < NEAR_LIMIT_USD[1]
        largest = max(largest, amount)
        hour += age <= 3600.0
        ten_minutes += age <= 600.0
    return (
        ten_minutes,
        hour,
        day,
        log1p(usd),
        log1p(largest),
        small,
        len(merchants),
        new_devices,
        near_limit,
    )


def _times(seen: Seen, key: str) -> float:
    if not key:
        return -1.0
    known = seen.get(key)
    return 0.0 if known is None else float(known[0])


def _times_and_age(seen: Seen, key: str, seconds: float) -> tuple[float, float]:
    """How often seen, and logarithm of the hours since the first time."""
    if not key:
        return -1.0, -1.0
    known = seen.get(key)
    if known is None:
        return 0.0, 0.0
    return float(known[0]), log1p(max(seconds - known[1], 0.0) / 3600.0)


def _share(seen: Seen, key: str) -> float:
    """Share of the customer's transactions with this key; 1 without a past."""
    if not key:
        return -1.0
    if not seen.total:
        return 1.0
    known = seen.get(key)
    return 0.0 if known is None else known[0] / seen.total


def _habits(customer: Customer, facts: Facts, seconds: float) -> tuple[float, ...]:
    """Whether this is how the customer usually buys."""
    return (
        *_times_and_age(customer.devices, facts.device, seconds),
        *_times_and_age(customer.ips, facts.ip_address, seconds),
        _times(customer.sessions, facts.session),
        _times(customer.merchants, facts.merchant),
        _share(customer.categories, facts.category),
        _share(customer.currencies, facts.currency),
        _share(customer.cards, facts.card_type),
        float(customer.devices.variety()),
        float(customer.ips.variety()),
    )


def _place(customer: Customer, facts: Facts, seconds: float) -> tuple[float, ...]:
    """Where it happens against where the customer was last, and is mostly."""
    if not facts.located:
        return (-1.0, -1.0, -1.0, -1.0, -1.0)
    if not customer.places.total:
        return (0.0, 1.0, -1.0, -1.0, -1.0)
    place = (facts.latitude, facts.longitude)
    km = distance_km(customer.last_latitude, customer.last_longitude, *place)
    hours = max(seconds - customer.last_place_seconds, 60.0) / 3600.0
    return (
        _times(customer.places, place_of(facts)),
        _share(customer.countries, facts.country),
        log1p(km),
        min(km / hours, FASTEST_KMH),
        log1p(distance_km(customer.home_latitude, customer.home_longitude, *place)),
    )


__all__ = ["INDEX", "NAMES", "NOBODY", "Row", "features"]
