"""Edge cases: transactions with one thing odd, and the answer that is right.

Six have something wrong, which a correct platform answers with 400: an amount of zero or less, an
unknown currency, a missing field, an unparseable time, a place off the globe. Three are only odd
and are to be decided: a huge amount below the ten million a platform must take; a *late event*,
whose timestamp lies before that of a transaction its customer sent earlier (a terminal that was
off the network for hours); and a *true duplicate*, the very bytes of an earlier transaction once
more, as a client sends that did not hear the answer: it is given that first answer again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from engine.load.traffic.draws import F64, U8

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
LATE, DUPLICATE = HUGE + 1, HUGE + 2
EDGE_CASES: tuple[str, ...] = (
    "none",
    *(name for name, _ in CASES),
    "late event",
    "true duplicate",
)
DECIDED_SHARES = (0.006, 0.06, 0.06)  # of edge cases: huge, late, duplicate; the rest are refused
SHORTEST_LATE_MS, MORE_LATE_MS = 1_000, 6 * 3_600_000 - 1_000

_REFUSED = 1.0 - sum(DECIDED_SHARES)
_CUMULATIVE = np.cumsum([*([_REFUSED / REJECTED] * REJECTED), *DECIDED_SHARES[:-1]])


def codes(luck: F64) -> U8:
    """Codes of edge cases from uniform numbers in [0, 1)."""
    return (1 + np.searchsorted(_CUMULATIVE, luck, side="right")).astype(np.uint8)


def spoiled(body: bytes, code: int, variant: int) -> tuple[bytes, float]:
    """The transaction as edge case `code` (1 … HUGE): its JSON, and its amount (0 if refused)."""
    fields: Fields = msgspec.json.decode(body)
    CASES[code - 1][1](fields, variant)
    amount = float(fields["amount"]) if code == HUGE else 0.0
    return msgspec.json.encode(fields), amount
