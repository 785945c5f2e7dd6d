"""What a scorer reads of the past of its customers, on real SQLite files."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from engine.platform.journal import COLUMNS, connect
from engine.platform.past import newest_of

_INTO = f"INSERT INTO transactions ({COLUMNS}) VALUES ({','.join('?' * len(COLUMNS.split(',')))})"


def write(path: Path, customers: list[int]) -> None:
    """A row each, in this order, of customers whose hash is that number."""
    with closing(connect(path)) as db:
        first = db.execute("SELECT count(*) FROM transactions").fetchone()[0]
        for number, route in enumerate(customers, first + 1):
            start = (f"t-{number}", f"u{route}", 1.0, "EUR", "APPROVE", 0.1, 0.0)
            db.execute(_INTO, (*start, b"", b"%d" % number, route, 0, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "j.db"


def facts(rows: list[tuple[str, bytes]]) -> list[int]:
    return [int(value) for _, value in rows]


def test_customers_are_read_by_shard_in_commit_order(path: Path):
    write(path, [1, 65, 2, 3, 129, 2, 1])
    assert facts(newest_of(path, [1]).rows) == [1, 2, 5, 7]
    assert facts(newest_of(path, [2, 3]).rows) == [3, 4, 6]
    assert newest_of(path, []).rows == []


def test_the_bound_counts_own_rows_only_and_keeps_the_newest(path: Path):
    write(path, [1, 1, 1, *[2] * 500])
    found = newest_of(path, [1], most=2)
    assert (facts(found.rows), found.read, found.last) == ([2, 3], 2, 503)


def test_the_newest_of_each_customer_are_taken_so_that_none_crowds_out_another(path: Path):
    write(path, [1, 2, 1, 2, 2, 2])
    found = newest_of(path, [1, 2], each=2)
    assert (facts(found.rows), found.read) == ([1, 3, 5, 6], 6)


def test_a_second_reading_takes_only_what_was_committed_since(path: Path):
    write(path, [1, 2, 1])
    first = newest_of(path, [1])
    write(path, [2, 1, 65])
    second = newest_of(path, [1], after=first.last)
    assert facts(first.rows) + facts(second.rows) == [1, 3, 5, 6]
