"""What the edge bears by order: a journal that takes less, connections that lag, stalls.

Each order ends at its instant by a timer of this process, whoever hangs or is gone by then.
"""

from __future__ import annotations

import asyncio
import time
from typing import TypeVar

import msgspec

from engine.platform.journal import Journal
from engine.platform.lagging import Connections
from engine.platform.stalling import Stalling
from engine.platform.wire import EdgeBurdens, Lag, Pauses

_Order = TypeVar("_Order", Lag, Pauses)


def _endless(order: _Order | None) -> _Order | None:
    """The order without its end, so that one that is only prolonged goes on undisturbed."""
    return None if order is None else msgspec.structs.replace(order, until_ns=0)


class Borne:
    """The edge's faults; lives in the event loop's thread."""

    def __init__(self, journal: Journal, connections: Connections, stalling: Stalling) -> None:
        self._journal, self._connections, self.stalling = journal, connections, stalling
        self._timer: asyncio.TimerHandle | None = None

    def burden(self, told: EdgeBurdens) -> None:
        """Bear this from now on, in place of what was before."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = time.monotonic_ns()
        left = EdgeBurdens(
            **{
                name: order
                for name, order in msgspec.structs.asdict(told).items()
                if order is not None and order.until_ns > now
            }
        )
        self._journal.burden(left.cut)
        self._connections.burden(_endless(left.lag))
        self.stalling.burden(_endless(left.pauses))
        ends = [one.until_ns for one in (left.cut, left.lag, left.pauses) if one is not None]
        if ends:
            rest = (min(ends) - now) / 1e9
            self._timer = asyncio.get_running_loop().call_later(rest, self.burden, left)

    def end(self) -> None:
        """Bear nothing any more."""
        self.burden(EdgeBurdens())
