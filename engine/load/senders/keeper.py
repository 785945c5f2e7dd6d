"""Keeps every place of a pool connected.

A lost connection is replaced at once. When connections cannot be made, or are lost before they
ever answered, the keeper waits 20 ms, then twice that, up to 100 ms, and then tries a few at a
time; the first one that opens brings back all, or that answers where they were hung up on. So a
dead target costs some hundred connects a second, and its return is noticed within a tenth of one.
Where every user has a place of his own, one who cannot connect cannot use another's, so more are
tried at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

FIRST_BACKOFF_NS = 20_000_000
LONGEST_BACKOFF_NS = 100_000_000
PROBES = 8
PROBES_OF_USERS = 64
AT_ONCE = 256


class Keeper:
    """The places without a connection, and the attempts to connect them.

    Args:
        places: How many there are, numbered from 0.
        connect: Connects a place and calls `opened`; raises if it cannot.
        failed: Told of the place that could not be connected, and the instant it began to try.
        probes: How many to try at a time while connections cannot be made.
    """

    def __init__(
        self,
        places: int,
        connect: Callable[[int], Coroutine[Any, Any, None]],
        failed: Callable[[int, int], None],
        probes: int = PROBES,
    ) -> None:
        self._connect, self._failed, self._probes = connect, failed, probes
        self._vacant = deque(range(places))
        self._connects: set[asyncio.Task[None]] = set()
        self._attempts: dict[int, asyncio.Task[None]] = {}  # of places neither open nor vacant
        self._backoff_ns = 0
        self._retry_at_ns = 0
        self._hung_up_on = False
        self.reached = False
        self.closed = False
        self.last_error: Exception | None = None

    async def first_round(self) -> bool:
        """Connect all places; whether at least one could be."""
        self.refill(time.monotonic_ns())
        while self._connects:
            await asyncio.wait(self._connects)
        return self.reached

    def refill(self, now_ns: int) -> None:
        """Begin to connect vacant places, unless it is time to wait."""
        if self.closed or now_ns < self._retry_at_ns:
            return
        most = self._probes if self._backoff_ns else AT_ONCE
        for _ in range(min(len(self._vacant), most - len(self._connects))):
            place = self._vacant.popleft()
            task = asyncio.get_running_loop().create_task(self._fill(place))
            self._attempts[place] = task
            self._connects.add(task)
            task.add_done_callback(self._filled)

    def opened(self, place: int) -> None:
        """A place is connected."""
        self._attempts.pop(place, None)
        self.reached = True
        if not self._hung_up_on:
            self._retry_at_ns = 0

    def proved(self) -> None:
        """A connection brought its first answer."""
        self._backoff_ns = self._retry_at_ns = 0
        self._hung_up_on = False

    def lost(self, place: int, *, proved: bool) -> None:
        """A place has no connection any more; `proved` if the one it had ever brought an answer."""
        self._vacant.append(place)
        now = time.monotonic_ns()
        if not proved:
            self._hung_up_on = True
            self._back_off(now)
        self.refill(now)

    def close(self) -> None:
        """Connect no more."""
        self.closed = True
        for task in self._connects:
            task.cancel()

    async def _fill(self, place: int) -> None:
        began_ns = time.monotonic_ns()
        try:
            await self._connect(place)
        except Exception as error:  # noqa: BLE001 - no error may cost a place for ever
            self.last_error = error
            if self._attempts.get(place) is not asyncio.current_task():
                return  # it was open, and whoever lost it has said so
            del self._attempts[place]
            self._vacant.append(place)
            self._hung_up_on = False
            self._back_off(time.monotonic_ns())
            if not self.closed:
                self._failed(place, began_ns)

    def _filled(self, task: asyncio.Task[None]) -> None:
        self._connects.discard(task)
        if not task.cancelled():
            task.result()
        self.refill(time.monotonic_ns())

    def _back_off(self, now_ns: int) -> None:
        """Wait twice as long as before; once for all that fail within one wait."""
        if now_ns >= self._retry_at_ns:
            longer = max(2 * self._backoff_ns, FIRST_BACKOFF_NS)
            self._backoff_ns = min(longer, LONGEST_BACKOFF_NS)
            self._retry_at_ns = now_ns + self._backoff_ns
