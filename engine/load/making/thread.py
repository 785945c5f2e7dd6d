"""A maker in a thread of the worker: no process more, but it shares the interpreter with the loop.

At 10,000/s that was measured to cost the loop a sixth of its CPU and to double the lateness; below
a thousand a second neither shows.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor

from engine.load.traffic.source import BLOCK, Traffic, TrafficBlock


class Stall:
    """One traffic as the traffic of any share; to be used by one thread at a time."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._shares: dict[tuple[int, int], Traffic] = {}

    def block(self, share: int, shares: int, index: int) -> TrafficBlock:
        """A block of this share."""
        key = (share, shares)
        if key not in self._shares:
            self._shares[key] = self._traffic.of(share, shares)
        return self._shares[key].block(index)


class ThreadMaker:
    """Makes blocks in one thread."""

    def __init__(
        self, traffic: Traffic, block_size: int = BLOCK, executor: Executor | None = None
    ) -> None:
        self.block_size = block_size
        self._stall = Stall(traffic)
        self._executor = executor or ThreadPoolExecutor(1, "maker")

    def make(self, share: int, shares: int, index: int) -> asyncio.Future[TrafficBlock]:
        """A block of this share."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._executor, self._stall.block, share, shares, index)

    def cpu_seconds(self) -> float:
        """None apart from the worker's."""
        return 0.0

    def rss_bytes(self) -> int:
        """None apart from the worker's."""
        return 0

    def close(self) -> None:
        """Make no more."""
        self._executor.shutdown(wait=False, cancel_futures=True)
