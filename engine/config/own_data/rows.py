"""Somebody's own file, CSV or Parquet, opened: its columns are those the mapping names."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from pathlib import Path

from engine.config.check import nearest
from engine.config.own_data.csv_table import CsvTable
from engine.config.own_data.mapping import ColumnMapping
from engine.config.own_data.table import Table, refused
from engine.model.errors import ConfigurationError

PARQUET_MAGIC = b"PAR1"


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
    from engine.config.own_data.parquet_table import ParquetTable

    return ParquetTable(path, mapping.columns())


def _column_problems(path: Path, there: list[str], mapping: ColumnMapping) -> list[str]:
    problems = []
    for name in mapping.columns():
        if there.count(name) != 1:
            twice = name in there
            what = "stands twice in it" if twice else f"is not in it; {nearest(name, there[:50])}"
            problems.append(f"{path}: the mapped column {name!r} {what}")
    return problems
