"""What the journal knows beside its rows: when each commit began and ended, and who came again.

Neither can be in a row: a commit's end is known only after it, and a retry comes later still. So
both are kept here and written in small batches of their own: four times a second while there is
something to write, which costs the commits nothing. What was not written when the edge is killed
(a quarter of a second at most) is not known afterwards, and is said to be unknown; the rows
themselves are never at stake.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections import Counter, deque
from typing import NamedTuple

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS commits (first_row INTEGER PRIMARY KEY, last_row INTEGER NOT NULL,"
    " began_us INTEGER NOT NULL, ended_us INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS retries (id TEXT PRIMARY KEY, times INTEGER NOT NULL,"
    " last_us INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)
FLUSH_SECONDS = 0.25
_MOST = 100_000  # kept while nothing can be written
_COMMITS = "INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?)"
_RETRIES = (
    "INSERT INTO retries VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
    "times = times + excluded.times, last_us = excluded.last_us"
)


class Commit(NamedTuple):
    """One commit: its rows, and µs since 1970 at its beginning and end."""

    first_row: int
    last_row: int
    began_us: int
    ended_us: int


class Chronicle:
    """`committed` and `flush` are the writer's; `again` and the questions anybody's."""

    def __init__(self, writer: sqlite3.Connection) -> None:
        for table in SCHEMA:
            writer.execute(table)
        self._writer = writer
        self._last_row = int(
            writer.execute("SELECT coalesce(max(rowid), 0) FROM transactions").fetchone()[0]
        )
        self._commits: deque[Commit] = deque(maxlen=_MOST)
        self._again: deque[tuple[str, int]] = deque(maxlen=_MOST)
        self._flushed = time.monotonic()

    def committed(self, last_row: int, began_us: int, ended_us: int) -> None:
        """A commit ended; `last_row` is the newest row now."""
        if last_row > self._last_row:
            self._commits.append(Commit(self._last_row + 1, last_row, began_us, ended_us))
            self._last_row = last_row

    def again(self, transaction_id: str, at_us: int) -> None:
        """A known id was sent once more."""
        self._again.append((transaction_id, at_us))

    def unwritten(self) -> bool:
        """Whether there is anything to flush."""
        return bool(self._commits or self._again)

    def flush_if_due(self) -> None:
        """Write what is kept if the last time is long enough ago."""
        if self.unwritten() and time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is kept; it is forgotten here only then."""
        commits, again = list(self._commits), list(self._again)
        times, last = Counter(one for one, _ in again), dict(again)
        db = self._writer
        try:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(_COMMITS, commits)
            db.executemany(_RETRIES, [(one, n, last[one]) for one, n in times.items()])
            db.execute("COMMIT")
        except sqlite3.Error as error:
            print(f"journal: no instants written: {error}", file=sys.stderr)  # noqa: T201 - the one place where a child says why
            if db.in_transaction:
                db.execute("ROLLBACK")
        else:
            for _ in commits:
                self._commits.popleft()
            for _ in again:
                self._again.popleft()
        self._flushed = time.monotonic()

    def commit_of(self, row: int) -> Commit | None:
        """The commit of a row, if it is not written yet."""
        for one in list(self._commits):
            if one.first_row <= row <= one.last_row:
                return one
        return None

    def times_again(self, transaction_id: str) -> list[int]:
        """When an id came again, µs since 1970, as far as it is not written yet."""
        return [at for one, at in list(self._again) if one == transaction_id]
