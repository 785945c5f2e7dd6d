"""Transactions made ahead of time, in blocks, off the event loop.

A maker (`engine.load.making`) makes one block after the other. A feed keeps `LOOKAHEAD_SECONDS` of
schedule ready (at least two blocks, at most `MOST_ARRIVALS`), so memory does not grow with the run.

A change of the rate moves due instants and nothing else: a block notes the pacer its instants came
from, and gets new ones when it comes to the front under another. Arrivals the run does not reach
any more stay in their block, due never, in case the rate rises again.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.load.making.contract import Maker
from engine.load.pacer import NEVER_NS, Pacer
from engine.load.ready import NOTHING, Ready, Taken
from engine.load.traffic.source import TrafficBlock

LOOKAHEAD_SECONDS = 2.0
LEAST_BLOCKS = 2
MOST_ARRIVALS = 100_000


@dataclass(frozen=True)
class Making:
    """Who makes the blocks of a worker's feeds, and what becomes of them.

    `prepare` makes the request of a body. With `users`, the customers of a share take turns at
    being one of that many.
    """

    maker: Maker
    prepare: Callable[[bytes], bytes]
    users: int = 0


Share = tuple[int, int]  # which of how many


class Feed:
    """The arrivals of one share from number `first` on, in order of their due instants."""

    def __init__(self, making: Making, share: Share, pacer: Pacer, first: int = 0) -> None:
        self._by, self._share, self._pacer = making, share, pacer
        self._block_size = making.maker.block_size
        self._first = first
        self._next_block = first // self._block_size
        self._position = 0
        self._ready: deque[Ready] = deque()
        self._making: asyncio.Future[TrafficBlock] | None = None
        self._now_ns = 0
        self._closed = False
        self._error: BaseException | None = None
        self.arrived: Callable[[], None] = _ignore

    def gave_before(self, schedule_ns: int) -> bool:
        """Whether every arrival due before this schedule time was taken."""
        front = self._front()
        if front is not None:
            return front.due_ns[self._position] >= schedule_ns
        return self._closed or self._pacer.count_before_ns(schedule_ns) <= self._first_unmade

    def accounted_ns(self, schedule_ns: int) -> int:
        """Up to when every arrival was taken: this schedule time, unless some are not made yet.

        Then it is between the first that was not taken and the one before.
        """
        if self.gave_before(schedule_ns):
            return schedule_ns
        front = self._front()
        first = self._first_unmade if front is None else int(front.numbers[self._position])
        return int(self._pacer.due_ns(np.arange(max(first - 1, 0), first + 1)).sum()) // 2

    async def fill(self) -> None:
        """Make what is due first."""
        self._make(0)
        while self._making is not None:
            await asyncio.wait([self._making])
        if self._error is not None:
            raise self._error

    def next_due_ns(self) -> int | None:
        """Schedule time of the next arrival; None if it is not made yet, or there is none."""
        front = self._front()
        if front is None or front.due_ns[self._position] == NEVER_NS:
            return None
        return front.due_ns[self._position]

    def take(self, before_ns: int) -> Taken:
        """The next arrivals that are due before this schedule time, at most a block.

        Raises whatever making the next block raised.
        """
        if self._error is not None:
            raise self._error
        block = self._front()
        if block is None:
            self._make(before_ns)
            return NOTHING
        begin = self._position
        end = bisect_left(block.due_ns, before_ns, begin)
        if end == len(block.due_ns):
            self._ready.popleft()
            self._position = 0
            self._make(before_ns)
        else:
            self._position = end
        if begin == end:
            return NOTHING
        return block.due_ns[begin:end], block.arrivals(begin, end, self._by.prepare)

    def repace(self, pacer: Pacer, now_ns: int) -> None:
        """What is not taken yet is due as this pacer has it."""
        self._pacer = pacer
        self._make(now_ns)

    def close(self) -> None:
        """Make no more, and give none."""
        self._closed = True
        self._ready.clear()

    @property
    def _more(self) -> bool:
        return self._next_block * self._block_size < self._pacer.total

    @property
    def _first_unmade(self) -> int:
        """All arrivals of a lower number are made; this one may be another share's."""
        blocks = self._next_block - (self._making is not None)
        return max(blocks * self._block_size, self._first)

    def _front(self) -> Ready | None:
        if not self._ready:
            return None
        block = self._ready[0]
        if block.pacer is not self._pacer:
            block.repace(self._pacer)
        return block

    def _make(self, now_ns: int) -> None:
        self._now_ns = now_ns
        if self._making is None and self._wants():
            index, self._next_block = self._next_block, self._next_block + 1
            self._making = self._by.maker.make(*self._share, index)
            self._making.add_done_callback(self._made)

    def _wants(self) -> bool:
        if self._closed or not self._more:
            return False
        made, size = self._next_block * self._block_size, self._block_size
        if made < self._pacer.count_by(self._now_ns / 1e9) + LEAST_BLOCKS * size:
            return True
        ahead = self._pacer.count_by(self._now_ns / 1e9 + LOOKAHEAD_SECONDS)
        return made < ahead and sum(len(one.due_ns) for one in self._ready) < MOST_ARRIVALS

    def _made(self, made: asyncio.Future[TrafficBlock]) -> None:
        self._making = None
        if made.cancelled() or self._closed:
            return
        starved = not self._ready
        self._error = made.exception()
        if self._error is None:
            block = self._from_first_on(made.result())
            if block.due_ns:
                self._ready.append(block)
            self._make(self._now_ns)
        if starved:
            self.arrived()

    def _from_first_on(self, block: TrafficBlock) -> Ready:
        begin = int(np.searchsorted(block.numbers, self._first))
        users = block.customers // self._share[1] % max(self._by.users, 1)
        return Ready(block, begin, users.tolist(), self._pacer)


def _ignore() -> None:
    """Nobody waits for arrivals yet."""
