"""The journal: every decision, committed before its answer leaves.

SQLite in WAL with synchronous NORMAL: a commit is in the operating system's hands, so it survives
the death of any process; it is not forced to disk, so it may not survive the loss of power.

One writer thread takes all rows that came while its last commit was going on, or within 2 ms of
its beginning, and commits them as one statement (a lone statement is its own transaction, and gives
the interpreter lock away once instead of once a row). `applied` counts how often an id was written:
more than 1 is a duplicate, and a check can find it. When each commit began and ended, and which ids
came again, is in two small tables beside it (`chronicle`). A write capacity cut by order
(`throttle`) makes every commit wait for its turn, and that wait is part of the commit's time.

Rows are only ever added, so `rowid` is the order of commits, whatever the ids are like; scorers
read the past of their customers in that order (`past`).
"""

from __future__ import annotations

import os
import queue
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from engine.platform.buckets import RAW
from engine.platform.checkpoint import Checkpoints
from engine.platform.chronicle import FLUSH_SECONDS, Chronicle
from engine.platform.throttle import Throttle
from engine.platform.wire import Cut

SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
  id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, amount REAL NOT NULL, currency TEXT NOT NULL,
  decision TEXT NOT NULL, risk_score REAL NOT NULL, event_time REAL NOT NULL,
  response BLOB NOT NULL, facts BLOB NOT NULL, route INTEGER NOT NULL,
  scorer INTEGER NOT NULL, received_us INTEGER NOT NULL,
  applied INTEGER NOT NULL DEFAULT 1
) STRICT
"""
COLUMNS = (
    "id, user_id, amount, currency, decision, risk_score, event_time, response, facts, route, "
    "scorer, received_us"
)
_WIDTH = 12
_GROUP = 64  # rows a statement; SQLite allows 32,766 values in one
_LARGEST_GROUP = 1_024
PAUSE_NS = 2_000_000  # between the beginnings of two commits

# One decided transaction, values in the order of COLUMNS: event_time in seconds since 1970,
# received_us in µs since 1970.
Row = tuple[str, str, float, str, str, float, float, bytes, bytes, int, int, int]


def _insert(rows: int) -> str:
    values = ",".join(["(" + ",".join("?" * _WIDTH) + ")"] * rows)
    return (
        f"INSERT INTO transactions ({COLUMNS}) VALUES {values} "
        "ON CONFLICT(id) DO UPDATE SET applied = applied + 1"
    )


_INSERTS = [""] + [_insert(rows) for rows in range(1, _GROUP + 1)]


def connect(path: Path | str) -> sqlite3.Connection:
    """The writing connection, the table made if it is not there."""
    db = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=2 * _GROUP
    )
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("PRAGMA cache_size=-32768")
    db.execute(SCHEMA)
    return db


def read_only(path: Path | str) -> sqlite3.Connection:
    """A connection that reads what is committed."""
    uri = f"{Path(path).resolve().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def rows_of(path: Path | str) -> int:
    """How many rows are committed."""
    db = read_only(path)
    try:
        return int(db.execute("SELECT count(*) FROM transactions").fetchone()[0])
    finally:
        db.close()


def _unlimited(_rows: int) -> None:
    """Nothing keeps a commit from being written."""


Token = object
Committed = Callable[[list[Token], bool], None]


class Journal:
    """The one writer. `committed` is called in the writer's thread with the tokens of a commit."""

    def __init__(self, path: Path | str, committed: Committed) -> None:
        self._db = connect(path)
        self.reader = read_only(path)
        self._committed = committed
        self._queue: queue.SimpleQueue[tuple[list[Row], Token] | None] = queue.SimpleQueue()
        self._checkpoints = Checkpoints(path, self._db)
        self._began_ns = 0
        self._throttle: Throttle | None = None
        self._capacity: Callable[[int], None] = _unlimited
        self._largest_group = _LARGEST_GROUP
        self._former = (0, 0)
        self.chronicle = Chronicle(self._db)
        self.commits = 0
        self.commit_ns = 0
        self.commit_times = [0] * RAW
        self.rows = rows_of(path)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def submit(self, rows: list[Row], token: Token) -> None:
        """Commit these rows soon; with none, `token` comes back once all before it is committed."""
        self._queue.put((rows, token))

    def burden(self, cut: Cut | None) -> None:
        """Write no more than this from now on; called in any thread but the writer's."""
        former = self._throttle
        if former is not None and cut is not None and former.prolonged(cut):
            return
        if former is not None:
            self._former = (self.refused, self.waited_ns)
        self._throttle = None if cut is None else Throttle(cut, time.monotonic_ns())
        self._capacity, self._largest_group = _unlimited, _LARGEST_GROUP
        if self._throttle is not None:
            self._capacity = self._throttle.take
            self._largest_group = min(_LARGEST_GROUP, self._throttle.largest_group)
        if former is not None:
            former.lift()

    @property
    def refused(self) -> int:
        """How often a commit was refused for want of capacity."""
        return self._former[0] + (self._throttle.refused if self._throttle else 0)

    @property
    def waited_ns(self) -> int:
        """How long commits have waited for capacity."""
        return self._former[1] + (self._throttle.waited_ns if self._throttle else 0)

    def find(self, transaction_id: str) -> bytes | None:
        """The stored answer of a committed transaction."""
        row = self.reader.execute(
            "SELECT response FROM transactions WHERE id = ?", (transaction_id,)
        ).fetchone()
        return None if row is None else row[0]

    def newest_id(self) -> str:
        """The greatest committed id; empty when there is none."""
        return self.reader.execute("SELECT max(id) FROM transactions").fetchone()[0] or ""

    def close(self) -> None:
        """Commit what was submitted, move the WAL into the file, and close."""
        self.burden(None)
        self._queue.put(None)
        self._thread.join()
        self.chronicle.flush()
        self._checkpoints.close()
        self.reader.close()
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def _run(self) -> None:
        """Write until closed; without its writer a process can answer nobody, so it ends then."""
        closed = False
        try:
            self._write_all()
            closed = True
        finally:
            if not closed:
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(1)

    def _write_all(self) -> None:
        going_on = True
        while going_on:
            rows: list[Row] = []
            tokens: list[Token] = []
            entry = self._next()
            self._linger()
            while True:
                if entry is None:
                    going_on = False
                    break
                rows += entry[0]
                tokens.append(entry[1])
                if len(rows) >= self._largest_group or self._queue.empty():
                    break
                entry = self._queue.get()
            written = self._commit(rows)
            if tokens:
                self._committed(tokens, written)
            if written:
                self._checkpoints.after_commit(len(rows))
            self.chronicle.flush_if_due()

    def _next(self) -> tuple[list[Row], Token] | None:
        """Wait for what is to be written; what the chronicle keeps does not wait for it, too."""
        while self.chronicle.unwritten():
            try:
                return self._queue.get(timeout=FLUSH_SECONDS)
            except queue.Empty:
                self.chronicle.flush()
        return self._queue.get()

    def _linger(self) -> None:
        """Let more rows come when the last commit began a moment ago."""
        rest = self._began_ns + PAUSE_NS - time.monotonic_ns()
        if rest > 0:
            time.sleep(rest / 1e9)
        self._began_ns = time.monotonic_ns()

    def _commit(self, rows: list[Row]) -> bool:
        if not rows:
            return True
        began = time.monotonic_ns()
        self._capacity(len(rows))
        try:
            last_row = self._write(rows)
        except sqlite3.Error as error:
            print(f"journal: {len(rows)} rows not committed: {error}", file=sys.stderr)  # noqa: T201 - the one place where a child says why
            return False
        ended = time.monotonic_ns()
        self.commits += 1
        self.commit_ns += ended - began
        self.commit_times[((ended - began) // 1000).bit_length()] += 1
        self.rows += len(rows)
        to_wall = time.time_ns() - ended
        self.chronicle.committed(last_row, (began + to_wall) // 1000, (ended + to_wall) // 1000)
        return True

    def _write(self, rows: list[Row]) -> int:
        """Commit them; the newest row now."""
        if len(rows) <= _GROUP:
            return self._insert(rows)
        last_row = 0
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for at in range(0, len(rows), _GROUP):
                last_row = self._insert(rows[at : at + _GROUP])
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:  # SQLite ends it itself after some errors
                self._db.execute("ROLLBACK")
            raise
        return last_row

    def _insert(self, rows: list[Row]) -> int:
        values = list(chain.from_iterable(rows))
        return self._db.execute(_INSERTS[len(rows)], values).lastrowid or 0
