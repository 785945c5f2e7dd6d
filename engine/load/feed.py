"""Transactions made ahead of time, in blocks, off the event loop.

A thread makes one block after the other: the simulator's transactions, their requests' bytes and
their due instants. It keeps `LOOKAHEAD_SECONDS` of schedule ready (at least two blocks, at most
`MOST_ARRIVALS`), so memory does not grow with the run. The thread shares the interpreter with the
event loop; the worker's short switch interval bounds what that costs the loop.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.load.arrival import Arrival
from engine.load.pacer import Pacer

LOOKAHEAD_SECONDS = 2.0
LEAST_BLOCKS = 2
MOST_ARRIVALS = 100_000


class TrafficBlock(Protocol):
    """Transactions of consecutive arrival numbers, a row each."""

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Arrival numbers, ascending."""

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

    def block(self, index: int) -> TrafficBlock:
        """Arrivals [index × block size, (index + 1) × block size) of this share."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A block that is ready: due schedule times in ns, ascending, and their arrivals."""

    due_ns: list[int]
    arrivals: list[Arrival]


class Feed:
    """The arrivals of one share, in order of their due instants."""

    def __init__(
        self, traffic: Traffic, pacer: Pacer, block_size: int, prepare: Callable[[bytes], bytes]
    ) -> None:
        self._traffic, self._pacer, self._prepare = traffic, pacer, prepare
        self._block_size = block_size
        self._blocks = -(-pacer.total // block_size)
        self._next_block = 0
        self._position = 0
        self._ready: deque[Ready] = deque()
        self._making: asyncio.Future[Ready] | None = None
        self._executor = ThreadPoolExecutor(1, "feed")
        self._closed = False
        self._error: BaseException | None = None
        self.arrived: Callable[[], None] = _ignore

    @property
    def exhausted(self) -> bool:
        """Whether every arrival of the run has been taken."""
        none_to_come = self._making is None and self._next_block >= self._blocks
        return self._closed or (none_to_come and not self._ready)

    async def fill(self) -> None:
        """Make what is due first."""
        self._make(0)
        while self._making is not None:
            await asyncio.wait([self._making])
        if self._error is not None:
            raise self._error

    def next_due_ns(self) -> int | None:
        """Schedule time of the next arrival; None if it is not made yet, or there is none."""
        return self._ready[0].due_ns[self._position] if self._ready else None

    def take(self, before_ns: int) -> Sequence[Arrival]:
        """The next arrivals that are due before this schedule time, at most a block.

        Raises whatever making the next block raised.
        """
        if self._error is not None:
            raise self._error
        if not self._ready:
            return ()
        block, begin = self._ready[0], self._position
        end = bisect_left(block.due_ns, before_ns, begin)
        if end == len(block.due_ns):
            self._ready.popleft()
            self._position = 0
            self._make(before_ns)
        else:
            self._position = end
        return block.arrivals[begin:end]

    def close(self) -> None:
        """Make no more, and give none."""
        self._closed = True
        self._ready.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _make(self, now_ns: int) -> None:
        if self._making is None and self._wants(now_ns):
            loop = asyncio.get_running_loop()
            index, self._next_block = self._next_block, self._next_block + 1
            self._making = loop.run_in_executor(self._executor, self._block, index)
            self._making.add_done_callback(lambda made: self._made(made, now_ns))

    def _wants(self, now_ns: int) -> bool:
        if self._closed or self._next_block >= self._blocks:
            return False
        if len(self._ready) < LEAST_BLOCKS:
            return True
        ahead_ns = self._ready[-1].due_ns[-1] - now_ns
        held = sum(len(block.arrivals) for block in self._ready)
        return ahead_ns < LOOKAHEAD_SECONDS * 1e9 and held < MOST_ARRIVALS

    def _made(self, made: asyncio.Future[Ready], now_ns: int) -> None:
        self._making = None
        if made.cancelled() or self._closed:
            return
        starved = not self._ready
        self._error = made.exception()
        if self._error is None:
            block = made.result()
            if block.arrivals:
                self._ready.append(block)
            self._make(now_ns)
        if starved:
            self.arrived()

    def _block(self, index: int) -> Ready:
        block = self._traffic.block(index)
        numbers = block.numbers[block.numbers < self._pacer.total]
        size = len(numbers)
        due_ns = (self._pacer.due_seconds(numbers) * 1e9).astype(np.int64).tolist()
        arrivals = list(
            map(
                Arrival,
                numbers.tolist(),
                map(self._prepare, block.bodies[:size]),
                block.kinds[:size].tolist(),
                block.rejects[:size].tolist(),
                block.values_usd[:size].tolist(),
                due_ns,
            )
        )
        return Ready(due_ns, arrivals)


def _ignore() -> None:
    """Nobody waits for arrivals yet."""
