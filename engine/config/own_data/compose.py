"""A row of somebody's own file → what a worker needs to send it as a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from engine.config.own_data.cells import (
    LONG,
    SHORT,
    Cell,
    Row,
    amount_reader,
    cell,
    country_of,
    degrees_reader,
    time_reader,
)
from engine.config.own_data.complaints import BadValueError
from engine.config.own_data.mapping import ColumnMapping
from engine.model.decision import DeviceInfo, Location
from engine.model.traffic import UNLABELLED

OPTIONAL = ("card_type", "ip_address", "session_id")


class Made(NamedTuple):
    """One transaction.

    Attributes:
        key: The source's own id, "" without one.
        user: Whose it is.
        body: Its JSON from behind the timestamp on.
        ms: Event time since 1970 UTC.
        value_usd: Its amount by the dated rates.
        kind: What the label says.
    """

    key: str
    user: str
    body: bytes
    ms: int
    value_usd: float
    kind: str


class Tail(msgspec.Struct, omit_defaults=True):
    """`engine.model.decision.Transaction` but for id and timestamp."""

    user_id: str
    amount: float
    currency: str
    merchant: str
    category: str
    location: Location | None = None
    card_type: str | None = None
    device_info: DeviceInfo | None = None
    ip_address: str | None = None
    session_id: str | None = None


@dataclass(frozen=True)
class _Where:
    """Cells of a place; a row that lacks a part of it has none."""

    country: Cell
    north: Cell
    east: Cell


class Composer:
    """Makes transactions of rows; `rates` are USD for one unit of each known currency."""

    def __init__(
        self, mapping: ColumnMapping, places: Mapping[str, int], rates: Mapping[str, float]
    ) -> None:
        given = mapping.fields.given()
        self._cells = {name: cell(name, origin, places) for name, origin in given.items()}
        cells, form = self._cells, mapping.file
        self._amount = amount_reader(cells["amount"], mapping.fields.amount, form)
        self._time = time_reader(cells["timestamp"], mapping.fields.timestamp)
        self._label = cell("label", mapping.label, places) if mapping.label else None
        self._where: _Where | None = None
        if "country" in cells:
            self._where = _Where(cells["country"], cells["latitude"], cells["longitude"])
            self._north = degrees_reader(self._where.north, form, 90.0)
            self._east = degrees_reader(self._where.east, form, 180.0)
        self._rates = rates
        self._encode = msgspec.json.Encoder().encode

    def make(self, row: Row, number: int) -> Made:
        """One transaction of one row; raises BadValueError."""
        cells = self._cells
        user = cells["user_id"].text(row, number, SHORT)
        amount = self._amount(row, number)
        currency = cells["currency"].text(row, number, SHORT)
        rate = self._rates.get(currency)
        if rate is None:
            name = cells["currency"].name
            raise BadValueError(name, "must be in presets/currencies.toml", currency)
        tail = Tail(
            user_id=user,
            amount=amount,
            currency=currency,
            merchant=cells["merchant"].text(row, number, LONG),
            category=cells["category"].text(row, number, LONG),
            location=self._location(row, number),
            device_info=self._device(row, number),
            **{name: self._optional(name, row, number) or None for name in OPTIONAL},
        )
        return Made(
            key=self._optional("id", row, number),
            user=user,
            body=b'",' + self._encode(tail)[1:],
            ms=self._time(row, number),
            value_usd=amount * rate,
            kind=self._label.required(row, number) if self._label else UNLABELLED,
        )

    def _optional(self, name: str, row: Row, number: int) -> str:
        found = self._cells.get(name)
        return found.optional(row, number) if found else ""

    def _location(self, row: Row, number: int) -> Location | None:
        where = self._where
        if where is None:
            return None
        country = country_of(where.country, row, number)
        if not (country and where.north.read(row, number) and where.east.read(row, number)):
            return None
        city = self._optional("city", row, number)
        return Location(country, city, self._north(row, number), self._east(row, number))

    def _device(self, row: Row, number: int) -> DeviceInfo | None:
        device = self._optional("device_id", row, number)
        return DeviceInfo(device, self._optional("device_kind", row, number)) if device else None
