"""Transactions as JSON, and the edge cases among them.

Everything that repeats (shops, addresses, customers, cards) is a finished piece of JSON in a table;
a body is one f-string over pieces. All strings are plain ASCII without quotes or backslashes.
"""

from __future__ import annotations

import numpy as np

from engine.load.traffic.behaviour import Deeds
from engine.load.traffic.catalogue import CATEGORIES, ONLINE, PHYSICAL_PER_CITY, merchant_names
from engine.load.traffic.customers import CUSTOMERS
from engine.load.traffic.draws import I64, U8, U64, key, mixed, pick
from engine.load.traffic.event_time import Clockface
from engine.load.traffic.places import POINTS, Places
from engine.load.traffic.plan import HUGE

CARD_TYPES = ("visa", "mastercard", "visa_debit", "maestro", "amex", "visa")
DEVICE_KINDS = ("ios", "android", "android", "web")
UNKNOWN_CURRENCIES = ("XXX", "ZZZ", "QQQ", "EURO")
BAD_TIMES = ("yesterday", "2026-13-45T99:99:99Z", "", "12 o'clock")
REQUIRED = ("amount", "currency", "merchant", "category", "timestamp", "user_id")


def _column(texts: list[str]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    table = np.empty(len(texts), dtype=object)
    table[:] = texts
    return table


class Bodies:
    """Writes transactions of one (seed, mix) as JSON."""

    def __init__(self, id_prefix: str, places: Places) -> None:
        self._prefix = id_prefix
        self._clock = Clockface()
        names = merchant_names(places.names)
        per_city = len(CATEGORIES) * PHYSICAL_PER_CITY
        physical = len(places.names) * per_city
        categories = [
            CATEGORIES[
                index % per_city // PHYSICAL_PER_CITY
                if index < physical
                else (index - physical) // ONLINE
            ].name
            for index in range(len(names))
        ]
        self._merchants = _column(
            [
                f'"merchant":"{name}","category":"{category}"'
                for name, category in zip(names, categories, strict=True)
            ]
        )
        self._addresses = _column(
            [
                f',"location":{{"country":"{places.countries[index // POINTS]}",'
                f'"city":"{places.names[index // POINTS]}",'
                f'"latitude":{places.latitude[index]:.4f},'
                f'"longitude":{places.longitude[index]:.4f}}}'
                for index in range(len(places.names) * POINTS)
            ]
            + [""]
        )
        self._currencies = _column([f'"{code}"' for code in places.currency_codes])
        self._users = _column([f'"u{index:06d}"' for index in range(CUSTOMERS)])
        kinds = pick(mixed(np.arange(CUSTOMERS * 3), key("card types")), len(CARD_TYPES)).tolist()
        self._cards = _column([f',"card_type":"{CARD_TYPES[kind]}"' for kind in kinds])
        self._halves = [f"{value >> 8}.{value & 255}" for value in range(65_536)]
        self._devices = [f'","kind":"{kind}"}}' for kind in DEVICE_KINDS]

    def write(
        self, numbers: I64, event_ms: I64, customer: I64, deeds: Deeds, edge: U8
    ) -> list[bytes]:
        """One body a transaction; `edge` codes as in the plan."""
        columns: dict[str, list[str]] = {
            "user_id": self._users.take(customer).tolist(),
            "amount": [f"{amount:.2f}" for amount in deeds.amount.tolist()],
            "currency": self._currencies.take(deeds.currency).tolist(),
            "shop": self._merchants.take(deeds.merchant).tolist(),
            "timestamp": [f'"{text}"' for text in self._clock.texts(event_ms)],
            "location": self._addresses.take(deeds.address, mode="wrap").tolist(),
            "card": self._cards.take(deeds.card).tolist(),
            "device": self._device_texts(deeds.device),
            "ip": self._ip_texts(deeds.ip),
            "session": (deeds.session >> np.uint64(16)).tolist(),
        }
        prefix = self._prefix
        bodies = [
            f'{{"id":"{prefix}{number:012d}","user_id":{user},"amount":{amount},'
            f'"currency":{currency},{shop},"timestamp":{time}{location}{card}{device},'
            f'"ip_address":"10.{ip}","session_id":"s-{session:012x}"}}'.encode()
            for number, user, amount, currency, shop, time, location, card, device, ip, session in zip(
                numbers.tolist(), *columns.values(), strict=True
            )
        ]
        for row in np.flatnonzero(edge).tolist():
            pieces = {name: column[row] for name, column in columns.items()}
            bodies[row] = self._edge_body(int(numbers[row]), int(edge[row]), pieces)
        return bodies

    def _device_texts(self, device: U64) -> list[str]:
        kinds = self._devices
        return [
            f',"device_info":{{"device_id":"d-{bits:016x}{kinds[bits >> 9 & 3]}' if bits else ""
            for bits in device.tolist()
        ]

    def _ip_texts(self, ip: U64) -> list[str]:
        halves = self._halves
        low = (ip >> np.uint64(20) & np.uint64(0xFFFF)).tolist()
        third = (ip >> np.uint64(40) & np.uint64(0xFF)).tolist()
        return [f"{a}.{halves[b]}" for a, b in zip(third, low, strict=True)]

    def _edge_body(self, number: int, code: int, pieces: dict[str, str]) -> bytes:
        """The same transaction with one thing wrong, or with a huge amount, which is not wrong."""
        variant = number >> 1
        parts = {
            "id": f'"{self._prefix}{number:012d}"',
            "user_id": pieces["user_id"],
            "amount": pieces["amount"],
            "currency": pieces["currency"],
            "shop": pieces["shop"],
            "timestamp": pieces["timestamp"],
        }
        location = pieces["location"]
        if code == 1:
            parts["amount"] = "0" if variant % 2 else "0.00"
        elif code == 2:
            parts["amount"] = f"-{pieces['amount']}"
        elif code == 3:
            parts["currency"] = f'"{UNKNOWN_CURRENCIES[variant % len(UNKNOWN_CURRENCIES)]}"'
        elif code == 4:
            self._drop(parts, REQUIRED[variant % len(REQUIRED)])
        elif code == 5:
            parts["timestamp"] = f'"{BAD_TIMES[variant % len(BAD_TIMES)]}"'
        elif code == HUGE:
            parts["amount"] = f"{1_000_000 + variant * 7919 % 8_999_000}.00"
        else:
            location = self._nowhere(variant)
        fields = ",".join(
            text if name == "shop" else f'"{name}":{text}' for name, text in parts.items()
        )
        tail = f"{location}{pieces['card']}{pieces['device']}"
        session = f'"session_id":"s-{int(pieces["session"]):012x}"'
        return f'{{{fields}{tail},"ip_address":"10.{pieces["ip"]}",{session}}}'.encode()

    @staticmethod
    def _drop(parts: dict[str, str], field: str) -> None:
        if field in {"merchant", "category"}:
            merchant, category = parts["shop"].split(",")
            parts["shop"] = category if field == "merchant" else merchant
        else:
            del parts[field]

    @staticmethod
    def _nowhere(variant: int) -> str:
        latitude, longitude = ((91.5, 10.0), (-123.0, 4.0), (45.0, 181.0), (0.0, -720.5))[
            variant % 4
        ]
        return (
            f',"location":{{"country":"FR","city":"Paris",'
            f'"latitude":{latitude},"longitude":{longitude}}}'
        )
