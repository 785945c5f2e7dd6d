"""Features: one transaction against what is remembered of its customer, as numbers.

Pure functions; the scorers and the training of the model use the same ones. Order and names are
`NAMES`, and the model's card repeats them. Times are event time in hours unless named otherwise,
amounts natural logarithms of USD, -1 stands for "the payload does not say".
"""

from __future__ import annotations

from math import log, log1p, sqrt

from engine.platform.geography import distance_km
from engine.platform.memory import RECENT_SECONDS, Customer, Running
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
    "near_limit_24h",
)
_HABITS = ("session_times", "merchant_times", "category_share", "ip_variety")
_DATED = ("device_times", "device_age_hours", "ip_times", "ip_age_hours")
_PLACE = ("place_times", "last_km", "speed_kmh", "home_km")
_CONTEXT = ("hours_since_last", "local_hour", "category")
NAMES: tuple[str, ...] = _AMOUNT + _RECENT + _HABITS + _DATED + _PLACE + _CONTEXT
INDEX: dict[str, int] = {name: index for index, name in enumerate(NAMES)}

SMALL_USD = 12.0
FLOOR_USD, LIMIT_USD = 3_000.0, 10_000.0  # between them is near the reporting limit
FASTEST_KMH = 5_000.0
SHORTEST_SECONDS = 60.0  # what is less counts as this, so that speeds stay finite
_TRUST = 4.0  # an own mean counts fully after about this many transactions
_PRIOR_VARIANCE = 0.75**2 * _TRUST  # assumed spread of log amounts until the own is known
_QUIET_DAY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_NOWHERE = (-1.0, -1.0, -1.0, -1.0)
_FIRST_PLACE = (0.0, -1.0, -1.0, -1.0)


def features(customer: Customer, category: Running, number: int, facts: Facts) -> Row:
    """One transaction's features.

    Args:
        customer: Its customer's past.
        category: Running mean of log amounts in its category.
        number: Index of the category in the model's list, -1 if not there.
        facts: The transaction.
    """
    seconds = facts.event_seconds
    amount = log(facts.amount_usd)
    offset = amount - category[1] if category[0] else 0.0
    count, mean, variance = customer.offset
    weight = count + _TRUST
    total = customer.total
    since = (seconds - customer.last_seconds) / 3600.0 if total else -1.0
    hours = seconds / 3600.0 + facts.longitude / 15.0  # longitude is 0 where it is unknown
    return [
        amount,
        offset,
        (offset - mean * count / weight) / sqrt((variance * count + _PRIOR_VARIANCE) / weight),
        log1p(total),
        *_recent(customer.recent, facts.merchant, seconds),
        *_habits(customer, facts, total or 1),
        *_dated(customer.devices, facts.device, seconds),
        *_dated(customer.ips, facts.ip_address, seconds),
        *_place(customer, facts, seconds),
        log1p(since) if since > 0.0 else since,
        hours % 24.0,
        number,
    ]


def _recent(
    recent: list[tuple[float, float, str]], merchant: str, seconds: float
) -> tuple[float, ...]:
    """What the customer did in the day before, this transaction left out."""
    begin = seconds - RECENT_SECONDS
    if not recent or recent[-1][0] < begin:
        return _QUIET_DAY
    ten_minutes = hour = day = small = near_limit = 0
    usd = largest = 0.0
    merchants = {merchant}
    for at, amount, shop in reversed(recent):
        if at < begin:
            break
        day += 1
        usd += amount
        merchants.add(shop)
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
        day,
        log1p(usd),
        log1p(largest),
        small,
        len(merchants),
        near_limit,
    )


def _habits(customer: Customer, facts: Facts, total: int) -> tuple[float, ...]:
    """Whether this is how the customer usually buys; total at least 1."""
    return (
        customer.sessions.get(facts.session, 0),
        customer.merchants.get(facts.merchant, 0),
        customer.categories.get(facts.category, 0) / total,
        len(customer.ips),
    )


def _dated(seen: dict[str, tuple[int, float]], key: str, seconds: float) -> tuple[float, float]:
    """How often seen, and logarithm of the hours since the first time."""
    known = seen.get(key)
    if known is None:
        return (0.0, 0.0) if key else (-1.0, -1.0)
    hours = (seconds - known[1]) / 3600.0
    return known[0], log1p(hours) if hours > 0.0 else 0.0


def _place(customer: Customer, facts: Facts, seconds: float) -> tuple[float, ...]:
    """Where it happens against where the customer was last, and is mostly."""
    where = customer.where
    if not facts.located:
        return _NOWHERE
    if where is None:
        return _FIRST_PLACE
    north, east = facts.latitude, facts.longitude
    at, last_north, last_east, home_north, home_east = where
    km = distance_km(last_north, last_east, north, east)
    between = max(seconds - at, SHORTEST_SECONDS)
    return (
        customer.places.get((north, east), 0),
        log1p(km),
        min(km * 3600.0 / between, FASTEST_KMH),
        log1p(distance_km(home_north, home_east, north, east)),
    )
