"""A block of traffic whose due instants are known, in wait for them.

Columns are Python lists, because they are looked at a few rows at a time. A request is put
together when its arrival is taken: what waits is compact, and what is sent is still in the
processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.load.arrival import Arrival
from engine.load.pacer import Pacer
from engine.load.traffic.source import TrafficBlock

Taken = tuple[list[int], list[Arrival]]
NOTHING: Taken = ([], [])


class Ready:
    """The arrivals of a block from one on, each with the user who sends it.

    Attributes:
        pacer: What `due_ns` is by.
        numbers: Arrival numbers, ascending.
        due_ns: Due schedule times in ns, ascending.
    """

    __slots__ = ("_block", "_columns", "_first", "_names", "due_ns", "numbers", "pacer")

    def __init__(self, block: TrafficBlock, first: int, users: list[int], pacer: Pacer) -> None:
        self._block, self._first = block, first
        self.numbers = block.numbers[first:]
        self._columns = (
            block.kinds[first:].tolist(),
            block.rejects[first:].tolist(),
            block.values_usd[first:].tolist(),
            users[first:],
        )
        self._names = (self.numbers.tolist(), block.ids[first:].tolist())
        self.repace(pacer)

    def repace(self, pacer: Pacer) -> None:
        """Have them due as this pacer has it."""
        self.pacer = pacer
        self.due_ns: list[int] = pacer.due_ns(self.numbers).tolist()

    def arrivals(self, begin: int, end: int, prepare: Callable[[bytes], bytes]) -> list[Arrival]:
        """Rows [begin, end); `prepare` makes the request of a body."""
        rows = slice(begin, end)
        numbers, ids = self._names
        bodies = self._block.bodies[self._first + begin : self._first + end]
        columns = (column[rows] for column in (*self._columns, self.due_ns))
        return list(map(Arrival, numbers[rows], ids[rows], map(prepare, bodies), *columns))
