"""Rows of a CSV or Parquet file as texts, each with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from engine.config.check import nearest
from engine.config.own_data.complaints import BadValueError
from engine.config.own_data.mapping import ColumnMapping, FileFormat
from engine.model.errors import ConfigurationError

LONGEST_LINE = 1_000_000  # characters; a longer one is no CSV
PARQUET_MAGIC = b"PAR1"


class Line(NamedTuple):
    """A row and where it begins; `broken` says why there are no texts."""

    line: int
    texts: Sequence[str]
    broken: BadValueError | None = None


class Table(Protocol):
    """An open file of rows; `unit` names a row by its line."""

    unit: str

    @property
    def columns(self) -> list[str]:
        """Names, in the order of a row's texts."""

    def rows(self) -> Iterator[Line]:
        """All rows, once."""

    def close(self) -> None:
        """Close the file."""


def open_table(path: Path, mapping: ColumnMapping) -> AbstractContextManager[Table]:
    """The file's rows; what it is, is told by its first bytes.

    Raises:
        ConfigurationError: It cannot be read, or lacks a column that is mapped.
    """
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC
        table = _parquet(path, mapping) if is_parquet else CsvTable(path, mapping.file)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise refused(path, f"cannot be read: {reason}") from error
    problems = _column_problems(path, table.columns, mapping)
    if problems:
        table.close()
        raise ConfigurationError(problems)
    return closing(table)


def _parquet(path: Path, mapping: ColumnMapping) -> Table:
    # Imported here: it takes a while, and a CSV file does not need it.
    from engine.config.own_data.parquet import ParquetTable

    return ParquetTable(path, mapping.columns())


def _column_problems(path: Path, there: list[str], mapping: ColumnMapping) -> list[str]:
    problems = []
    for name in mapping.columns():
        if there.count(name) != 1:
            twice = name in there
            what = "stands twice in it" if twice else f"is not in it; {nearest(name, there[:50])}"
            problems.append(f"{path}: the mapped column {name!r} {what}")
    return problems


class CsvTable:
    """A CSV file with a line of column names."""

    unit = "{}"

    def __init__(self, path: Path, form: FileFormat) -> None:
        encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
        self._path = path
        self._file = path.open(encoding=encoding, errors="surrogateescape", newline="")
        self._reader = csv.reader(self._lines(self._file), delimiter=form.delimiter)
        try:
            self.columns = [name.strip() for name in next(self._reader)]
        except (StopIteration, csv.Error, ConfigurationError) as error:
            self._file.close()
            raise refused(path, "has no line of column names; is it a CSV file?") from error

    def rows(self) -> Iterator[Line]:
        """All rows; empty lines are none."""
        width = len(self.columns)
        while True:
            line = self._reader.line_num + 1
            try:
                texts = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Line(line, (), BadValueError("row", f"cannot be read: {error}"))
                continue
            if not texts:
                continue
            if len(texts) != width:
                kind = f"must have {width} fields, as the line of names has"
                yield Line(line, (), BadValueError("row", kind, str(len(texts))))
            else:
                yield Line(line, texts)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _lines(self, file: TextIO) -> Iterator[str]:
        count = 0
        while text := file.readline(LONGEST_LINE):
            count += 1
            if len(text) == LONGEST_LINE:
                problem = f"line {count} is longer than {LONGEST_LINE:,} characters"
                raise refused(self._path, f"{problem}; is it a CSV file?")
            yield text


def refused(path: Path, problem: str) -> ConfigurationError:
    """What is wrong with a file as a whole."""
    return ConfigurationError([f"{path}: {problem}"])
