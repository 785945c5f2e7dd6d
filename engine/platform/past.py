"""What a scorer reads of the journal: the past of the customers it is given.

Of the newest `most` rows of some shards the newest `each` of every customer, in the order of their
commits. What lies further back is forgotten, so that it stays short however long the run is: a
customer not seen in that window starts without a past. A second reading after the first (`after`)
takes only what was committed since, so that customers can be read while another scorer still serves
them, and all that is left to read once it stopped is little.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine.platform.journal import read_only
from engine.platform.shards import SHARDS

REBUILD_ROWS = 50_000  # of one scorer
REBUILD_EACH = 24  # of one customer: more cost time, and change few decisions


class Newest(NamedTuple):
    """(user_id, facts) to be replayed, in the order of their commits.

    `read` rows were looked at, of those committed as row `last` or before.
    """

    rows: list[tuple[str, bytes]]
    read: int
    last: int


def newest_of(
    path: Path | str,
    shards: Sequence[int],
    after: int = 0,
    most: int = REBUILD_ROWS,
    each: int = REBUILD_EACH,
) -> Newest:
    """The past of the customers of these shards, from rows committed after row `after`."""
    left: dict[str, int] = {}
    rows: list[tuple[str, bytes]] = []
    read = 0
    marks = ",".join("?" * len(shards))
    db = read_only(path)
    try:
        last = int(db.execute("SELECT max(rowid) FROM transactions").fetchone()[0] or 0)
        for row in db.execute(
            "SELECT user_id, facts FROM transactions WHERE rowid > ? AND rowid <= ? "
            f"AND route % {SHARDS} IN ({marks}) ORDER BY rowid DESC LIMIT ?",
            (after, last, *shards, most),
        ):
            read += 1
            rest = left.get(row[0], each)
            if rest:
                left[row[0]] = rest - 1
                rows.append(row)
    finally:
        db.close()
    rows.reverse()
    return Newest(rows, read, last)
