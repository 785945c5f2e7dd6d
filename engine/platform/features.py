"""Features: one transaction against what is remembered of its customer, as numbers.

Pure functions; the scorers and the training of the model use the same ones. Order and names are
`NAMES`, and the model's card repeats them. Times are event time in hours unless named otherwise,
amounts natural logarithms of USD, -1 stands for "the payload does not say".
"""

from __future__ import annotations

from collections.abc import Hashable
from math import log, log1p, sqrt

from engine.platform.geography import distance_km
from engine.platform.memory import RECENT_SECONDS, Customer, Running, Seen
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
FLOOR_USD, LIMIT_USD = 3_000.0, 10_000.0  # between them is near the reporting limit
FASTEST_KMH = 5_000.0
SHORTEST_SECONDS = 60.0  # what is less counts as this, so that speeds stay finite
_TRUST = 4.0  # an own mean counts fully after about this many transactions
_PRIOR_VARIANCE = 0.75**2 * _TRUST  # assumed spread of log amounts until the own is known
_QUIET_DAY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_NOWHERE = (-1.0, -1.0, -1.0, -1.0, -1.0)
_FIRST_PLACE = (0.0, 1.0, -1.0, -1.0, -1.0)


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
    offset = amount - category.mean if category is not None else 0.0
    own = customer.offset
    count = own.count
    weight = count + _TRUST
    total = customer.merchants.total
    since = (seconds - customer.last_seconds) / 3600.0 if total else -1.0
    hours = seconds / 3600.0 + facts.longitude / 15.0  # longitude is 0 where it is unknown
    return [
        amount,
        offset,
        (offset - own.mean * count / weight)
        / sqrt((own.variance * count + _PRIOR_VARIANCE) / weight),
        log1p(total),
        *_recent(customer.recent, facts.merchant, seconds),
        *_habits(customer, facts, seconds),
        *_place(customer, facts, seconds),
        log1p(since) if since > 0.0 else since,
        hours % 24.0,
        number,
    ]


def _recent(
    recent: list[tuple[float, float, str, bool]], merchant: str, seconds: float
) -> tuple[float, ...]:
    """What the customer did in the day before, this transaction left out."""
    begin = seconds - RECENT_SECONDS
    if not recent or recent[-1][0] < begin:
        return _QUIET_DAY
    ten_minutes = hour = small = new_devices = near_limit = 0
    usd = largest = 0.0
    merchants = {merchant}
    day = [entry for entry in recent if entry[0] >= begin]
    for at, amount, shop, new_device in day:
        usd += amount
        merchants.add(shop)
        new_devices += new_device
        if amount < SMALL_USD:
            small += 1
        elif amount >= FLOOR_USD:
            near_limit += amount < LIMIT_USD
        if amount > largest:
            largest = amount
        if at >= seconds - 3600.0:
            hour += 1
            ten_minutes += at >= seconds - 600.0
    return (
        ten_minutes,
        hour,
        len(day),
        log1p(usd),
        log1p(largest),
        small,
        len(merchants),
        new_devices,
        near_limit,
    )


def _habits(customer: Customer, facts: Facts, seconds: float) -> tuple[float, ...]:
    """Whether this is how the customer usually buys."""
    devices, ips = customer.devices.entries, customer.ips.entries
    device_times, device_age = _times_and_age(devices, facts.device, seconds)
    ip_times, ip_age = _times_and_age(ips, facts.ip_address, seconds)
    session = customer.sessions.entries.get(facts.session)
    merchant = customer.merchants.entries.get(facts.merchant)
    return (
        device_times,
        device_age,
        ip_times,
        ip_age,
        session[0] if session is not None else 0.0,
        merchant[0] if merchant is not None else 0.0,
        _share(customer.categories, facts.category),
        _share(customer.currencies, facts.currency),
        _share(customer.cards, facts.card_type),
        len(devices),
        len(ips),
    )


def _times_and_age(
    entries: dict[Hashable, list[float]], key: str, seconds: float
) -> tuple[float, float]:
    """How often seen, and logarithm of the hours since the first time."""
    known = entries.get(key)
    if known is None:
        return (0.0, 0.0) if key else (-1.0, -1.0)
    hours = (seconds - known[1]) / 3600.0
    return known[0], log1p(hours) if hours > 0.0 else 0.0


def _share(seen: Seen, key: str) -> float:
    """Share of the customer's transactions with this key; 1 without a past."""
    known = seen.entries.get(key)
    if known is not None:
        return known[0] / seen.total
    if not key:
        return -1.0
    return 0.0 if seen.total else 1.0


def _place(customer: Customer, facts: Facts, seconds: float) -> tuple[float, ...]:
    """Where it happens against where the customer was last, and is mostly."""
    if not facts.located:
        return _NOWHERE
    if not customer.places.total:
        return _FIRST_PLACE
    north, east = facts.latitude, facts.longitude
    known = customer.places.entries.get((north, east))
    km = distance_km(customer.last_latitude, customer.last_longitude, north, east)
    seconds_between = max(seconds - customer.last_place_seconds, SHORTEST_SECONDS)
    return (
        known[0] if known is not None else 0.0,
        _share(customer.countries, facts.country),
        log1p(km),
        min(km * 3600.0 / seconds_between, FASTEST_KMH),
        log1p(distance_km(customer.home_latitude, customer.home_longitude, north, east)),
    )
