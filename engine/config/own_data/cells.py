"""One field of one row: from the text of its column to the value a transaction carries.

The bounds are those the reference platform admits (`engine.platform.admission`); a test sends every
kind of row to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.config.own_data.complaints import BadValueError
from engine.config.own_data.instants import FIRST_MS, plain_number, time_parser
from engine.config.own_data.mapping import Amount, FileFormat, Label, Origin, Time
from engine.load.traffic.own_file import LAST_MS

Row = Sequence[str]
Read = Callable[[Row, int], str]

MIN_AMOUNT, MAX_AMOUNT = 0.0001, 10_000_000.0
SHORT, LONG = 64, 128
DIGITS = 6  # of an amount, behind the point
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Cell:
    """Where one field's text comes from; `name` is how a complaint calls it."""

    name: str
    read: Read

    def required(self, row: Row, number: int) -> str:
        """Its text; raises BadValueError where there is none."""
        text = self.read(row, number)
        if not text:
            raise BadValueError(self.name, "is empty")
        return text

    def text(self, row: Row, number: int, longest: int) -> str:
        """Its text of at most so many characters; raises BadValueError."""
        return fitting(self.name, self.required(row, number), longest)

    def optional(self, row: Row, number: int) -> str:
        """Its text, "" where there is none; raises BadValueError for one too long."""
        return fitting(self.name, self.read(row, number), SHORT)


def cell(field: str, origin: Origin | Label, places: Mapping[str, int]) -> Cell:
    """How to read a field, given the place of each column in a row."""
    if isinstance(origin, Origin) and origin.column is None:
        prefix, constant = origin.row_number, origin.constant or ""
        if prefix is None:
            return Cell(field, lambda _row, _number: constant)
        return Cell(field, lambda _row, number: f"{prefix}{number}")
    column = origin.column or ""
    name = field if column == field else f"{field} (column {column})"
    place = places[column]
    if not origin.values:
        return Cell(name, lambda row, _number: row[place].strip())
    otherwise = origin.otherwise if isinstance(origin, Origin) else None
    return Cell(name, lambda row, _number: _mapped(name, row[place], origin.values, otherwise))


def _mapped(name: str, raw: str, values: Mapping[str, str], otherwise: str | None) -> str:
    text = raw.strip()
    found = values.get(text)
    if found is None and text.endswith(".0"):  # whole numbers a data frame made fractions
        found = values.get(text[:-2])
    if found is None:
        found = otherwise
    if found is None:
        raise BadValueError(name, "must be one of the mapping's values", text)
    return found


def fitting(name: str, text: str, longest: int) -> str:
    """A text of at most so many characters that can be sent; raises BadValueError."""
    if len(text) > longest:
        raise BadValueError(name, f"must be at most {longest} characters", text)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadValueError(name, "must be text in the file's encoding", text) from error
    return text


def amount_reader(one: Cell, origin: Amount, form: FileFormat) -> Callable[[Row, int], float]:
    """Reads an amount in units of its currency; raises BadValueError."""
    number_of = number_reader(one, form)

    def read(row: Row, number: int) -> float:
        value = round(number_of(row, number) * origin.scale, DIGITS)
        value = abs(value) if origin.absolute else value
        if not MIN_AMOUNT <= value <= MAX_AMOUNT:
            kind = f"must be from {MIN_AMOUNT} to {MAX_AMOUNT:.0f}"
            raise BadValueError(one.name, kind, f"{value:g}")
        return value

    return read


def number_reader(one: Cell, form: FileFormat) -> Callable[[Row, int], float]:
    """Reads a number as the file writes it; raises BadValueError."""

    def read(row: Row, number: int) -> float:
        text = one.required(row, number)
        plain = text.replace(form.thousands, "") if form.thousands else text
        if form.decimal == ",":
            plain = plain.replace(".", "x").replace(",", ".")
        try:
            return plain_number(plain)
        except ValueError as error:
            raise BadValueError(one.name, "must be a number", text) from error

    return read


def degrees_reader(one: Cell, form: FileFormat, most: float) -> Callable[[Row, int], float]:
    """Reads degrees from -most to most; raises BadValueError."""
    number_of = number_reader(one, form)

    def read(row: Row, number: int) -> float:
        value = number_of(row, number)
        if not -most <= value <= most:
            raise BadValueError(one.name, f"must be from -{most:g} to {most:g}", f"{value:g}")
        return value

    return read


def time_reader(one: Cell, origin: Time) -> Callable[[Row, int], int]:
    """Reads event time in ms since 1970 UTC; raises BadValueError."""
    parse = time_parser(origin.format, origin.timezone, origin.since)

    def read(row: Row, number: int) -> int:
        text = one.required(row, number)
        try:
            ms = int(parse(text))
        except (ValueError, OverflowError) as error:
            kind = f"must be a time of the format {origin.format}"
            raise BadValueError(one.name, kind, text) from error
        if not FIRST_MS <= ms <= LAST_MS:
            raise BadValueError(one.name, "must be from 1970 to 2099", text)
        return ms

    return read


def country_of(one: Cell, row: Row, number: int) -> str:
    """Two letters, "" where there are none; raises BadValueError."""
    text = one.read(row, number)
    if text and _COUNTRY.fullmatch(text) is None:
        raise BadValueError(one.name, "must be two capital letters, such as BE", text)
    return text
