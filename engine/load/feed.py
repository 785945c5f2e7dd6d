"""Transactions made ahead of time, in blocks, off the event loop.

A thread makes one block after the other: the simulator's transactions, their requests' bytes and
their due instants. It keeps `LOOKAHEAD_SECONDS` of schedule ready (at least two blocks, at most
`MOST_ARRIVALS`), so memory does not grow with the run. The thread shares the interpreter with the
event loop; the worker's short switch interval bounds what that costs the loop.

A change of the rate moves due instants and nothing else: a block notes the pacer its instants came
from, and gets new ones when it comes to the front under another. Arrivals the run does not reach
any more stay in their block, due never, in case the rate rises again.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.load.arrival import Arrival
from engine.load.pacer import NEVER_NS, Pacer

LOOKAHEAD_SECONDS = 2.0
LEAST_BLOCKS = 2
MOST_ARRIVALS = 100_000


class TrafficBlock(Protocol):
    """Transactions of consecutive arrival numbers, a row each."""

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Arrival numbers, ascending."""

    @property
    def customers(self) -> NDArray[np.int64]:
        """Whose they are."""

    @property
    def bodies(self) -> list[bytes]:
        """JSON bodies."""

    @property
    def kinds(self) -> NDArray[np.uint8]:
        """Fraud kind codes."""

    @property
    def rejects(self) -> NDArray[np.bool_]:
        """Whether a correct platform answers 400."""

    @property
    def values_usd(self) -> NDArray[np.float64]:
        """Amounts."""


class Traffic(Protocol):
    """Makes any block of the run."""

    @property
    def shares(self) -> int:
        """Among how many the customers are divided."""

    def block(self, index: int) -> TrafficBlock:
        """Arrivals [index × block size, (index + 1) × block size) of this share."""


@dataclass(frozen=True)
class Making:
    """How blocks are made; feeds that share one are never at work at the same time.

    `prepare` makes the request of a body. With `users`, the customers of a share take turns at
    being one of that many.
    """

    block_size: int
    prepare: Callable[[bytes], bytes]
    users: int = 0
    executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "feed"))


@dataclass(slots=True)
class Ready:
    """A block that is ready: due schedule times in ns, ascending, and their arrivals."""

    pacer: Pacer
    numbers: NDArray[np.int64]
    due_ns: list[int]
    arrivals: list[Arrival]

    def repace(self, pacer: Pacer, begin: int) -> None:
        """Keep the arrivals from this one on, due as this pacer has it."""
        self.pacer = pacer
        self.numbers, self.arrivals = self.numbers[begin:], self.arrivals[begin:]
        self.due_ns = pacer.due_ns(self.numbers).tolist()
        for arrival, due_ns in zip(self.arrivals, self.due_ns, strict=True):
            arrival.due_ns = due_ns


Taken = tuple[list[int], list[Arrival]]
NOTHING: Taken = ([], [])


class Feed:
    """The arrivals of one share from number `first` on, in order of their due instants."""

    def __init__(self, traffic: Traffic, pacer: Pacer, making: Making, first: int = 0) -> None:
        self._traffic, self._pacer, self._by = traffic, pacer, making
        self._first = first
        self._next_block = first // making.block_size
        self._position = 0
        self._ready: deque[Ready] = deque()
        self._making: asyncio.Future[Ready] | None = None
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
        return block.due_ns[begin:end], block.arrivals[begin:end]

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
        return self._next_block * self._by.block_size < self._pacer.total

    @property
    def _first_unmade(self) -> int:
        """All arrivals of a lower number are made; this one may be another share's."""
        blocks = self._next_block - (self._making is not None)
        return max(blocks * self._by.block_size, self._first)

    def _front(self) -> Ready | None:
        if not self._ready:
            return None
        block = self._ready[0]
        if block.pacer is not self._pacer:
            block.repace(self._pacer, self._position)
            self._position = 0
        return block

    def _make(self, now_ns: int) -> None:
        self._now_ns = now_ns
        if self._making is None and self._wants():
            index, self._next_block = self._next_block, self._next_block + 1
            loop = asyncio.get_running_loop()
            self._making = loop.run_in_executor(self._by.executor, self._block, index, self._pacer)
            self._making.add_done_callback(self._made)

    def _wants(self) -> bool:
        if self._closed or not self._more:
            return False
        made, size = self._next_block * self._by.block_size, self._by.block_size
        if made < self._pacer.count_by(self._now_ns / 1e9) + LEAST_BLOCKS * size:
            return True
        ahead = self._pacer.count_by(self._now_ns / 1e9 + LOOKAHEAD_SECONDS)
        return made < ahead and sum(len(one.arrivals) for one in self._ready) < MOST_ARRIVALS

    def _made(self, made: asyncio.Future[Ready]) -> None:
        self._making = None
        if made.cancelled() or self._closed:
            return
        starved = not self._ready
        self._error = made.exception()
        if self._error is None:
            block = made.result()
            if block.arrivals:
                self._ready.append(block)
            self._make(self._now_ns)
        if starved:
            self.arrived()

    def _block(self, index: int, pacer: Pacer) -> Ready:
        block = self._traffic.block(index)
        begin = int(np.searchsorted(block.numbers, self._first))
        numbers = block.numbers[begin:]
        due_ns = pacer.due_ns(numbers).tolist()
        turns = block.customers[begin:] // self._traffic.shares % max(self._by.users, 1)
        arrivals = list(
            map(
                Arrival,
                numbers.tolist(),
                map(self._by.prepare, block.bodies[begin:]),
                block.kinds[begin:].tolist(),
                block.rejects[begin:].tolist(),
                block.values_usd[begin:].tolist(),
                turns.tolist(),
                due_ns,
            )
        )
        return Ready(pacer, numbers, due_ns, arrivals)


def _ignore() -> None:
    """Nobody waits for arrivals yet."""
