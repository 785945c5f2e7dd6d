"""Edge cases: a transaction with one thing wrong, which a correct platform answers with 400.

And one that is not wrong, only huge: below the ten million a platform must be able to decide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

Fields = dict[str, Any]

UNKNOWN_CURRENCIES = ("XXX", "ZZZ", "QQQ", "EURO")
BAD_TIMES = ("yesterday", "2026-13-45T99:99:99Z", "", "12 o'clock")
REQUIRED = ("amount", "currency", "merchant", "category", "timestamp", "user_id")
NOWHERE = ((91.5, 10.0), (-123.0, 4.0), (45.0, 181.0), (0.5, -720.5))


def _zero(fields: Fields, _: int) -> None:
    fields["amount"] = 0


def _negative(fields: Fields, _: int) -> None:
    fields["amount"] = -fields["amount"]


def _unknown_currency(fields: Fields, variant: int) -> None:
    fields["currency"] = UNKNOWN_CURRENCIES[variant % len(UNKNOWN_CURRENCIES)]


def _missing_field(fields: Fields, variant: int) -> None:
    del fields[REQUIRED[variant % len(REQUIRED)]]


def _unparseable_time(fields: Fields, variant: int) -> None:
    fields["timestamp"] = BAD_TIMES[variant % len(BAD_TIMES)]


def _off_the_globe(fields: Fields, variant: int) -> None:
    latitude, longitude = NOWHERE[variant % len(NOWHERE)]
    place = {"country": "FR", "city": "Paris", "latitude": latitude, "longitude": longitude}
    fields["location"] = place


def _huge(fields: Fields, variant: int) -> None:
    fields["amount"] = 1_000_000 + variant * 7_919 % 8_999_000


CASES: tuple[tuple[str, Callable[[Fields, int], None]], ...] = (
    ("zero amount", _zero),
    ("negative amount", _negative),
    ("unknown currency", _unknown_currency),
    ("missing field", _missing_field),
    ("unparseable timestamp", _unparseable_time),
    ("coordinates out of range", _off_the_globe),
    ("huge amount", _huge),
)
REJECTED = len(CASES) - 1  # edge codes 1 … REJECTED must be refused
HUGE = len(CASES)


def spoiled(body: bytes, code: int, variant: int) -> tuple[bytes, float]:
    """The transaction as edge case `code` (1 …): its JSON, and its amount (0 if refused)."""
    fields: Fields = msgspec.json.decode(body)
    CASES[code - 1][1](fields, variant)
    amount = float(fields["amount"]) if code == HUGE else 0.0
    return msgspec.json.encode(fields), amount
