"""The hot path: plain HTTP/1.1 over keep-alive connections opened ahead of time.

In a shared pool the free connections are a stack, so the warmest is used next; with users, a
request goes over its user's own connection. Deadlines are looked at by a sweep some twenty times
a second instead of a timer a request, so a timeout is noticed up to 50 ms late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.load.arrival import Arrival
from engine.load.outcome import Outcome
from engine.load.senders.answer_head import Heads
from engine.load.senders.contract import Receiver, SenderSettings
from engine.load.senders.endpoint import Secrets, endpoint
from engine.load.senders.fast_connection import FastConnection
from engine.load.senders.keeper import PROBES, PROBES_OF_USERS, Keeper
from engine.model.errors import TargetError

SCHEMES = frozenset({"http"})


class FastHttpSender:
    """A pool of connections to one host."""

    def __init__(self, settings: SenderSettings, receiver: Receiver) -> None:
        self._target = endpoint(settings.url, settings.headers, SCHEMES)
        self._head = self._target.head()
        self._settings = settings
        self._secrets = Secrets(self._target.headers)
        self.by_user = settings.users > 0
        self.send: Callable[[Arrival], None] = self._send_own if self.by_user else self._send
        self.heads = Heads()
        self.receiver = receiver
        self.timeout_ns = round(settings.request_timeout_seconds * 1e9)
        self.free: dict[int, FastConnection] = {}
        self._open: set[FastConnection] = set()
        self._late: set[FastConnection] = set()
        probes = PROBES_OF_USERS if self.by_user else PROBES
        self._keeper = Keeper(settings.pool, self._connect, self._failed, probes)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def open(self) -> None:
        """Open the connections ahead of time.

        Raises:
            TargetError: not one could be made within the connect timeout.
        """
        if not await self._keeper.first_round():
            reason = str(self._keeper.last_error) or "no answer within the connect timeout"
            msg = (
                f"cannot connect to {self._target.url}: {reason}; "
                "start the target, or name one that runs"
            )
            raise TargetError(msg)

    def prepare(self, body: bytes) -> bytes:
        """All bytes of the request that carries this JSON body."""
        return b"".join((self._head, b"%d\r\n\r\n" % len(body), body))

    def sweep(self, now_ns: int) -> None:
        """Check deadlines and reconnect."""
        for connection in [c for c in self._open if c.arrival and c.deadline_ns <= now_ns]:
            self._open.discard(connection)
            listens = len(self._late) < self._settings.pool
            if listens:
                self._late.add(connection)
            arrival = connection.give_up(now_ns + self.timeout_ns if listens else None)
            self._keeper.lost(connection.place, proved=True)
            self.receiver.broke(arrival, Outcome.TIMEOUT)
        for connection in [c for c in self._late if c.deadline_ns <= now_ns]:
            connection.abort()
        self._keeper.refill(now_ns)

    def hide(self, data: bytes) -> bytes:
        """A request or an answer as it may be shown: without the values of secret headers."""
        return self._secrets.hide(data)

    def close(self) -> None:
        """Close every connection at once and tell nobody."""
        self._keeper.close()
        self.free.clear()
        for connection in [*self._open, *self._late]:
            connection.arrival = None
            connection.abort()

    def opened(self, connection: FastConnection) -> None:
        """Called by a connection: it can take its first request."""
        self._open.add(connection)
        self._keeper.opened(connection.place)
        self.free_again(connection)

    def free_again(self, connection: FastConnection) -> None:
        """Called by a connection: it can take the next request."""
        if self._keeper.closed:
            connection.abort()
            return
        if connection.answers == 1:
            self._keeper.proved()
        self.free[connection.place] = connection
        self.receiver.freed(connection.place)

    def lost(self, connection: FastConnection) -> None:
        """Called by a connection: it is closed."""
        self._late.discard(connection)
        if connection not in self._open:
            return
        self._open.discard(connection)
        self.free.pop(connection.place, None)
        if connection.answers > 0:
            self._keeper.proved()
        self._keeper.lost(connection.place, proved=connection.answers > 0)

    def _send(self, arrival: Arrival) -> None:
        self.free.popitem()[1].send(arrival)

    def _send_own(self, arrival: Arrival) -> None:
        self.free.pop(arrival.user).send(arrival)

    async def _connect(self, place: int) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._settings.connect_timeout_seconds):
            await loop.create_connection(
                lambda: FastConnection(self, place), self._target.host, self._target.port
            )

    def _failed(self, place: int, began_ns: int) -> None:
        if not self._open:
            self.receiver.connect_failed(began_ns, None)
        elif self.by_user:
            self.receiver.connect_failed(began_ns, place)


def create(settings: SenderSettings, receiver: Receiver) -> FastHttpSender:
    """The sender `engine.load.senders.fast_http:create`.

    Raises:
        TargetError: the address is not plain HTTP, or a header cannot be sent.
    """
    return FastHttpSender(settings, receiver)
