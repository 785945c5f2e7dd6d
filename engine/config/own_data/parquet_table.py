"""A Parquet file's rows as texts; needs pyarrow, which comes with the page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from engine.config.own_data.complaints import BadValueError
from engine.config.own_data.table import Line, refused

BATCH = 8_192


class ParquetTable:
    """A Parquet file; only the columns asked for are read, and a row's line is its number."""

    unit = "row {}"

    def __init__(self, path: Path, wanted: list[str]) -> None:
        self._path = path
        try:
            self._file = pq.ParquetFile(path)
            there = list(self._file.schema_arrow.names)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise refused(path, f"is not a readable Parquet file: {error}") from error
        self._wanted = [name for name in wanted if there.count(name) == 1]
        self.columns = [name for name in there if name in self._wanted or name in wanted]

    def rows(self) -> Iterator[Line]:
        """All rows."""
        order = [self.columns.index(name) for name in self._wanted]
        line = 0
        try:
            for batch in self._file.iter_batches(BATCH, columns=self._wanted):
                columns = [_texts(batch.column(name)) for name in self._wanted]
                for row in zip(*columns, strict=True):
                    line += 1
                    yield _line(line, row, order)
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise refused(self._path, f"cannot be read from row {line + 1} on: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _line(line: int, row: tuple[str | None, ...], order: list[int]) -> Line:
    texts = [""] * len(order)
    for place, text in zip(order, row, strict=True):
        if text is None:
            return Line(line, (), BadValueError("row", "holds a value that cannot be read"))
        texts[place] = text
    return Line(line, texts)


def _texts(column: Any) -> list[str | None]:
    try:
        return [_text(value) for value in column.to_pylist()]
    except (ValueError, OverflowError, pa.ArrowException):
        return [_readable(value) for value in column]


def _readable(value: Any) -> str | None:
    try:
        return _text(value.as_py())
    except (ValueError, OverflowError, pa.ArrowException):
        return None


def _text(value: object) -> str:
    """A value as a CSV file would hold it; nothing for null and NaN."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
