"""Which column of somebody's own file means what: a TOML file, checked before any row is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.config.check import check
from engine.config.files import read_tree
from engine.config.own_data.instants import time_problem
from engine.config.schema import show
from engine.load.traffic.simulator import FRAUD_KINDS
from engine.model.errors import ConfigurationError
from engine.model.traffic import FRAUD, LEGITIMATE

KINDS = (*FRAUD_KINDS, FRAUD)
PLACE = ("country", "latitude", "longitude")
NEEDS = {"city": "country", "device_kind": "device_id"}
NUMBERS = ("amount", "latitude", "longitude")

Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(_Part):
    """How a CSV file is written; a Parquet file says so itself."""

    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n0-9A-Za-z]$')] = ","
    encoding: Literal["utf-8", "latin-1", "cp1252"] = "utf-8"
    decimal: Annotated[str, Field(pattern=r"^[.,]$")] = "."
    thousands: Annotated[str, Field(pattern=r"^[., ']?$")] = ""


class Origin(_Part):
    """Where a field comes from: a column, one text for all rows, or a prefix and the row's number.

    `values` replaces what the column holds; `otherwise` stands for all it does not name.
    """

    column: Text | None = None
    constant: Text | None = None
    row_number: Annotated[str, Field(max_length=20)] | None = None
    values: dict[str, str] = Field(default_factory=dict)
    otherwise: Text | None = None


class Amount(Origin):
    """In units of the currency: `scale` 0.01 for cents; `absolute` drops the sign of a debit."""

    scale: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    absolute: bool = False


class Time(Origin):
    """When it happened.

    `format` is iso, unix_seconds, unix_ms, seconds (since `since`) or a pattern with % as Python's
    strptime reads it; `timezone` counts where the text names none.
    """

    format: Text = "iso"
    timezone: Text = "UTC"
    since: Text | None = None


class Label(_Part):
    """Which column says what is fraud, and which of its values means which kind."""

    column: Text
    values: dict[str, str] = Field(default_factory=lambda: {"0": LEGITIMATE, "1": FRAUD})


class Fields(_Part):
    """The fields of a transaction; the last ones may be left out."""

    user_id: Origin
    amount: Amount
    currency: Origin
    merchant: Origin
    category: Origin
    timestamp: Time
    id: Origin | None = None
    country: Origin | None = None
    city: Origin | None = None
    latitude: Origin | None = None
    longitude: Origin | None = None
    card_type: Origin | None = None
    device_id: Origin | None = None
    device_kind: Origin | None = None
    ip_address: Origin | None = None
    session_id: Origin | None = None

    def given(self) -> dict[str, Origin]:
        """Those that are mapped, in order."""
        parts = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: part for name, part in parts.items() if part is not None}


class ColumnMapping(_Part):
    """A whole mapping."""

    file: FileFormat = FileFormat()
    fields: Fields
    label: Label | None = None

    def columns(self) -> list[str]:
        """Every column that is read, once."""
        named = [part.column for part in self.fields.given().values()]
        named += [self.label.column] if self.label else []
        return list(dict.fromkeys(name for name in named if name is not None))


def load_mapping(path: Path) -> ColumnMapping:
    """The mapping a TOML file holds.

    Raises:
        ConfigurationError: With every problem of the file.
    """
    return parse_mapping(read_tree(path), str(path))


def parse_mapping(tree: object, where: str) -> ColumnMapping:
    """The mapping a tree of values describes; a field that is a text is the column of that name.

    Raises:
        ConfigurationError: With every problem, each beginning with `where`.
    """
    if not isinstance(tree, Mapping):
        raise ConfigurationError([f"{where}: must be a table of keys, got {show(tree)}"])
    fields = tree.get("fields")
    if isinstance(fields, Mapping):
        whole = {
            name: {"column": part} if isinstance(part, str) else part
            for name, part in fields.items()
        }
        tree = {**tree, "fields": whole}
    mapping = check(ColumnMapping, tree, where)
    problems = [f"{where}: {problem}" for problem in _problems(mapping)]
    if problems:
        raise ConfigurationError(problems)
    return mapping


def _problems(mapping: ColumnMapping) -> Iterator[str]:
    """What is wrong between the keys."""
    if mapping.file.decimal == mapping.file.thousands:
        yield "file.thousands must not be file.decimal as well"
    for name, part in mapping.fields.given().items():
        yield from (f"fields.{name} {problem}" for problem in _origin_problems(part))
    time = mapping.fields.timestamp
    problem = time_problem(time.format, time.timezone, time.since)
    if problem:
        yield f"fields.timestamp.{problem}"
    yield from _missing_parts(mapping.fields.given())
    for value, kind in (mapping.label.values if mapping.label else {}).items():
        if kind not in KINDS:
            yield f"label.values.{value} must be one of {', '.join(KINDS)}, got {show(kind)}"


def _missing_parts(given: Mapping[str, Origin]) -> Iterator[str]:
    if set(PLACE) & given.keys() and not set(PLACE) <= given.keys():
        yield f"fields: {', '.join(PLACE)} go together: a place without all three is none"
    for name, needed in NEEDS.items():
        if name in given and needed not in given:
            yield f"fields.{name} needs fields.{needed}"


def _origin_problems(part: Origin) -> Iterator[str]:
    named = [key for key in ("column", "constant", "row_number") if getattr(part, key) is not None]
    if len(named) != 1:
        got = " and ".join(named) or "none"
        yield f"must have one of column, constant and row_number, got {got}"
    if part.column is None and (part.values or part.otherwise is not None):
        yield "can have values and otherwise only with a column"
    if part.otherwise is not None and not part.values:
        yield "can have otherwise only with values"
