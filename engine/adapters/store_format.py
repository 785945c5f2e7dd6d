"""How results lie in their file: histograms packed small, and what older files lack added."""

from __future__ import annotations

import contextlib
import zlib

import sqlalchemy as sa

from engine.model.control import SparseHistogram


def pack(histogram: SparseHistogram) -> bytes:
    """One histogram as it is stored."""
    size = len(histogram.indices).to_bytes(4, "little")
    return zlib.compress(size + histogram.indices + histogram.counts, level=1)


def unpack(packed: object) -> SparseHistogram:
    """What `pack` made; an empty histogram where nothing was stored."""
    if not isinstance(packed, bytes):
        return SparseHistogram()
    raw = zlib.decompress(packed)
    size = int.from_bytes(raw[:4], "little")
    return SparseHistogram(indices=raw[4 : 4 + size], counts=raw[4 + size :])


def add_columns(engine: sa.Engine, table: sa.Table) -> None:
    """Give a table that an earlier version made the columns it lacks: empty in its rows.

    Another app that opens the same file now may do so first. Raises SQLAlchemyError.
    """
    for column in _missing(engine, table):
        kind = column.type.compile(engine.dialect)
        with contextlib.suppress(sa.exc.OperationalError), engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))
    if left := _missing(engine, table):
        names = ", ".join(column.name for column in left)
        raise sa.exc.InvalidRequestError(f"it lacks {names}, which could not be added")


def _missing(engine: sa.Engine, table: sa.Table) -> list[sa.Column[object]]:
    there = {str(column["name"]) for column in sa.inspect(engine).get_columns(table.name)}
    return [column for column in table.columns if column.name not in there]
