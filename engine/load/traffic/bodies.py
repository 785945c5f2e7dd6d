"""Transactions as JSON.

Everything that repeats (customers, shops, addresses, cards) is a finished piece of JSON in a table,
numbers come from tables of digits, and a body is one join over pieces. All texts are plain ASCII
without quotes or backslashes. Frauds and honest purchases take the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np

from engine.load.traffic.behaviour import Deeds
from engine.load.traffic.catalogue import CATEGORIES, merchants
from engine.load.traffic.customers import CARDS, CUSTOMERS
from engine.load.traffic.digits import Texts, amounts, decimal12, hexadecimal, iso_times, texts
from engine.load.traffic.draws import I64, key, mixed, pick
from engine.load.traffic.places import POINTS, Places, places

CARD_TYPES = (
    "visa_credit",
    "visa_debit",
    "visa_debit",
    "mastercard_credit",
    "mastercard_debit",
    "amex_credit",
)
DEVICE_KINDS = ("ios", "android", "android", "web")
_NO_DEVICE = len(DEVICE_KINDS)
_HOURS_KEPT = 10_000
_AT_ONCE = 512  # bodies joined before other threads of the process may have a turn
_NETWORK_BITS = tuple(np.uint64(shift) for shift in (40, 28, 20))
_BYTE = np.uint64(0xFF)


@dataclass(frozen=True)
class Tables:
    """Pieces of JSON that are the same for every seed; `addresses` ends with a missing one."""

    users: Texts
    currencies: Texts
    merchants: Texts
    addresses: Texts
    cards: Texts
    device_heads: Texts
    device_tails: Texts
    networks: Texts
    subnets: Texts
    hosts: Texts


@cache
def tables() -> Tables:
    """The pieces, made once a process."""
    where = places()
    kinds = pick(mixed(np.arange(CUSTOMERS * CARDS), key("card types")), len(CARD_TYPES)).tolist()
    shops = [
        f'"merchant":"{name}","category":"{CATEGORIES[category].name}","timestamp":"'
        for name, category in merchants(where.names)
    ]
    return Tables(
        users=texts([f'","user_id":"u{who:06d}","amount":' for who in range(CUSTOMERS)]),
        currencies=texts([f',"currency":"{code}",' for code in where.currency_codes]),
        merchants=texts(shops),
        addresses=_addresses(where),
        cards=texts([f',"card_type":"{CARD_TYPES[kind]}"' for kind in kinds]),
        device_heads=texts([',"device_info":{"device_id":"d-', ""]),
        device_tails=texts([*(f'","kind":"{kind}"}}' for kind in DEVICE_KINDS), ""]),
        networks=texts([f',"ip_address":"10.{value}.' for value in range(256)]),
        subnets=texts([f"{value}." for value in range(256)]),
        hosts=texts([f'{value}","session_id":"s-' for value in range(256)]),
    )


class Bodies:
    """Writes transactions of one run as JSON."""

    def __init__(self, id_prefix: str) -> None:
        self._head = f'{{"id":"{id_prefix}'.encode("ascii")
        self._hours: dict[int, bytes] = {}
        self._session = key("session")
        self._tables = tables()

    def write(self, numbers: I64, event_ms: I64, customer: I64, deeds: Deeds) -> list[bytes]:
        """One body a transaction."""
        if len(self._hours) > _HOURS_KEPT:
            self._hours.clear()
        table = self._tables
        parts = (table.networks, table.subnets, table.hosts)
        missing = deeds.device == 0
        device = hexadecimal(deeds.device)
        for row in np.flatnonzero(missing).tolist():
            device[row] = b""
        kind = (deeds.device >> np.uint64(9) & np.uint64(3)).astype(np.int64)
        pieces = (
            [self._head] * len(numbers),
            decimal12(numbers),
            table.users.take(customer).tolist(),
            *amounts(deeds.amount),
            table.currencies.take(deeds.currency).tolist(),
            table.merchants.take(deeds.merchant).tolist(),
            iso_times(event_ms, self._hours),
            table.addresses.take(deeds.address, mode="wrap").tolist(),
            table.cards.take(deeds.card).tolist(),
            table.device_heads.take(missing.astype(np.int64)).tolist(),
            device,
            table.device_tails.take(np.where(missing, _NO_DEVICE, kind)).tolist(),
            *(
                part.take((deeds.network >> shift & _BYTE).astype(np.int64)).tolist()
                for part, shift in zip(parts, _NETWORK_BITS, strict=True)
            ),
            hexadecimal(deeds.session, mixed(deeds.session, self._session)),
            [b'"}'] * len(numbers),
        )
        rows = zip(*pieces, strict=True)
        bodies: list[bytes] = []
        for _ in range(0, len(numbers), _AT_ONCE):
            bodies += map(b"".join, islice(rows, _AT_ONCE))
        return bodies


def _addresses(places: Places) -> Texts:
    """The location field of each address, and nothing as the last entry."""
    filled = [
        f'","location":{{"country":"{places.countries[index // POINTS]}",'
        f'"city":"{places.names[index // POINTS]}",'
        f'"latitude":{places.latitude[index]:.4f},"longitude":{places.longitude[index]:.4f}}}'
        for index in range(len(places.names) * POINTS)
    ]
    return texts([*filled, '"'])
