"""Checkpoints: moving the write-ahead log into the journal's file without stopping commits.

A checkpoint waits for the disk, 30 ms and more. So it runs on a connection and a thread of its own
beside the commits. Those leave new pages in the log meanwhile, and a log with anything left is
never begun anew; so the writer then does the small rest itself, and the log stays bounded. One that
fails is said, and tried again with the next: what is committed is in the log, and no worse for it.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path

ROWS = 20_000  # between two checkpoints
_PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpoints:
    """Decides when; `after_commit` is called by the writer's thread."""

    def __init__(self, path: Path | str, writer: sqlite3.Connection) -> None:
        self._writer = writer
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows = 0
        self._wanted = threading.Event()
        self._most_done = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def after_commit(self, rows: int) -> None:
        """So many rows were committed."""
        self._rows += rows
        if self._most_done.is_set():
            self._most_done.clear()
            _checkpoint(self._writer)
        elif self._rows >= ROWS:
            self._rows = 0
            self._wanted.set()

    def close(self) -> None:
        """End the thread and its connection; the log is left as it is."""
        self._closing = True
        self._wanted.set()
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closing:
                return
            _checkpoint(self._db)
            self._most_done.set()


def _checkpoint(db: sqlite3.Connection) -> None:
    try:
        db.execute(_PASSIVE)
    except sqlite3.Error as error:
        print(f"journal: no checkpoint: {error}", file=sys.stderr)  # noqa: T201 - the one place where a child says why
