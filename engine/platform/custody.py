"""Custody: which customers a scorer has, and how it comes to have them.

With a new link it reads all customers of its shards anew. When others are to become its own, it
reads these from the journal beside those it has, in two parts; when some are another's from now
on, it forgets them. What it knows of whole categories is of all the customers it ever had.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from engine.platform.admission import route_of
from engine.platform.past import newest_of
from engine.platform.pipeline import Pipeline
from engine.platform.shards import shard_of
from engine.platform.wire import Leave, Rebuild, Rebuilt


class Custody:
    """The customers of one scorer process."""

    def __init__(self, index: int, journal: str, pipeline: Pipeline) -> None:
        self._index, self._journal, self._pipeline = index, journal, pipeline
        self.rebuilds = 0
        self.rebuilt = (0, 0, 0)
        """Customers, rows and ns of the last reading."""

    def read(self, order: Rebuild) -> Rebuilt:
        """Read customers from the journal."""
        began = time.monotonic_ns()
        found = newest_of(self._journal, order.shards, order.after, order.most_rows)
        if order.fresh:
            self._pipeline.rebuild(found.rows)
        else:
            if not order.after:
                self._forget(order.shards)  # of an earlier time, or of a move that failed
            self._pipeline.learn(found.rows)
        customers, took_ns = len(self._pipeline.memory), time.monotonic_ns() - began
        self.rebuilds += 1
        self.rebuilt = (customers, len(found.rows), took_ns)
        if found.read:
            print(  # noqa: T201 - how much was read must not stay unsaid
                f"scorer {self._index}: {customers} customers after {len(found.rows)} rows of "
                f"{found.read} read (at most {order.most_rows}) in {took_ns / 1e9:.2f} s",
                file=sys.stderr,
            )
        return Rebuilt(customers, found.last)

    def leave(self, order: Leave) -> None:
        """Forget customers that are another's now."""
        self._forget(order.shards)

    def _forget(self, shards: Iterable[int]) -> None:
        gone = frozenset(shards)
        self._pipeline.memory.leave(lambda user_id: shard_of(route_of(user_id)) in gone)
