"""Connections that answer late, by order: a stable share of all, each answer `seconds` ± jitter.

Nothing on the way of a transaction asks whether this holds. A connection that is to lag gets a
`Late` in place of its transport, which keeps what is written for a while; one that is not has its
own. When it ends, what is kept leaves at once, in its order, and the transports are put back.

Connections are numbered as they come. With share s, connection n lags where ⌊(n+1)·s⌋ > ⌊n·s⌋: an
exact share of any that follow each other, and the same ones as long as the order holds.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterator
from math import floor

from engine.platform.http import Connection, Transport
from engine.platform.wire import Lag


def lags(number: int, share: float) -> bool:
    """Whether the connection with this number is among the share."""
    return floor((number + 1) * share) > floor(number * share)


class Connections:
    """The open connections of an edge, with their numbers."""

    def __init__(self) -> None:
        self._numbers: dict[Connection, int] = {}
        self._next = 0
        self._lag: Lag | None = None
        self._late: dict[Connection, Late] = {}
        self._former = (0, 0)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._numbers)

    @property
    def lagging(self) -> int:
        """How many lag now."""
        return len(self._late)

    @property
    def delayed(self) -> int:
        """Answers that left late, so far."""
        return self._former[0] + sum(late.delayed for late in self._late.values())

    @property
    def delayed_ns(self) -> int:
        """How late they left, in all."""
        return self._former[1] + sum(late.delayed_ns for late in self._late.values())

    def add(self, connection: Connection) -> None:
        """One was made."""
        self._numbers[connection] = self._next
        self._next += 1
        if self._lag is not None:
            self._slow(connection, self._lag)

    def discard(self, connection: Connection) -> None:
        """One is closed; what was kept for it has nowhere to go."""
        self._numbers.pop(connection, None)
        if connection in self._late:
            self._late[connection].forget()
            self._quicken(connection)

    def burden(self, lag: Lag | None) -> None:
        """Let a share lag from now on, or none; in place of what was before."""
        if lag == self._lag:
            return
        for connection in list(self._late):
            self._quicken(connection)
        self._lag = lag
        if lag is not None:
            for connection in self._numbers:
                self._slow(connection, lag)

    def _slow(self, connection: Connection, lag: Lag) -> None:
        if lags(self._numbers[connection], lag.share) and connection.transport is not None:
            late = self._late[connection] = Late(connection.transport, lag)
            connection.transport = late

    def _quicken(self, connection: Connection) -> None:
        late = self._late.pop(connection)
        if connection.transport is late:
            connection.transport = late.transport
        late.end()
        self._former = (self._former[0] + late.delayed, self._former[1] + late.delayed_ns)


class Late:
    """A transport that writes later, in order."""

    def __init__(self, transport: Transport, lag: Lag) -> None:
        self.transport = transport
        self.delayed = 0
        self.delayed_ns = 0
        self._lag = lag
        self._loop = asyncio.get_running_loop()
        self._kept: deque[tuple[float, bytes]] = deque()  # when it leaves, on the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False

    def write(self, data: bytes) -> None:
        """Keep it for its time, and for as long as what is before it."""
        lag, now = self._lag, self._loop.time()
        seconds = lag.seconds + random.uniform(-lag.jitter_seconds, lag.jitter_seconds)
        before = self._kept[-1][0] if self._kept else now
        leaves = max(before, now + seconds)
        self.delayed += 1
        self.delayed_ns += int((leaves - now) * 1e9)
        self._kept.append((leaves, data))
        if self._timer is None:
            self._timer = self._loop.call_at(leaves, self._send)

    def _send(self) -> None:
        """Write what is due."""
        self._timer = None
        now = self._loop.time()
        while self._kept and self._kept[0][0] <= now:
            self.transport.write(self._kept.popleft()[1])
        if self._kept:
            self._timer = self._loop.call_at(self._kept[0][0], self._send)
        elif self._closing:
            self.transport.close()

    def end(self) -> None:
        """Write all that is kept at once; nothing is written through this any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._kept:
            self.transport.write(self._kept.popleft()[1])
        if self._closing:
            self.transport.close()

    def forget(self) -> None:
        """The other side is gone."""
        self._kept.clear()
        self._closing = False

    def close(self) -> None:
        """Close when what is kept is written."""
        self._closing = True
        if not self._kept:
            self.transport.close()

    def pause_reading(self) -> None:
        """As the transport does."""
        self.transport.pause_reading()

    def resume_reading(self) -> None:
        """As the transport does."""
        self.transport.resume_reading()
