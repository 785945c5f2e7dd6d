"""The hot path: plain HTTP/1.1 over keep-alive connections opened ahead of time.

Free connections are a stack, so the warmest is used next. Deadlines are looked at by a sweep some
twenty times a second instead of a timer a request, so a timeout is noticed up to 50 ms late.

Reconnecting: a lost connection is replaced at once. When connections cannot be made, or are lost
before they ever answered, the pool waits 20 ms, then twice that, up to 250 ms, and then tries a
few at a time; the first one that opens brings back all. So a dead target costs some hundred
connects a second, and its return is noticed within a quarter of a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import SplitResult, urlsplit

from engine.load.arrival import Arrival
from engine.load.outcome import Outcome
from engine.load.senders.answer_head import Heads
from engine.load.senders.contract import Receiver, SenderSettings
from engine.load.senders.fast_connection import FastConnection
from engine.model.errors import TargetError

DEFAULT_PATH = "/v1/transactions"
FIRST_BACKOFF_NS = 20_000_000
LONGEST_BACKOFF_NS = 250_000_000
PROBES = 32
AT_ONCE = 256


class FastHttpSender:
    """A pool of connections to one host."""

    def __init__(self, settings: SenderSettings, receiver: Receiver) -> None:
        address = _address(settings.url)
        self._host, self._port = str(address.hostname), address.port or 80
        self._head = _request_head(address)
        self._settings = settings
        self.heads = Heads()
        self.receiver = receiver
        self.timeout_ns = round(settings.request_timeout_seconds * 1e9)
        self.free: list[FastConnection] = []
        self._open: set[FastConnection] = set()
        self._late: set[FastConnection] = set()
        self._connects: set[asyncio.Task[None]] = set()
        self._backoff_ns = 0
        self._retry_at_ns = 0
        self._last_error = ""
        self._reached = False
        self._closed = False

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def open(self) -> None:
        """Open the connections ahead of time.

        Raises:
            TargetError: not one could be made within the connect timeout.
        """
        self._refill(time.monotonic_ns())
        while self._connects:
            await asyncio.wait(self._connects)
        if not self._reached:
            msg = (
                f"cannot connect to {self._settings.url}: {self._last_error}; "
                "start the target, or name one that runs"
            )
            raise TargetError(msg)

    def prepare(self, body: bytes) -> bytes:
        """All bytes of the request that carries this JSON body."""
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def send(self, arrival: Arrival) -> None:
        """Write the request of an arrival now; only while `free` is truthy."""
        self.free.pop().send(arrival)

    def sweep(self, now_ns: int) -> None:
        """Check deadlines and reconnect."""
        for connection in [c for c in self._open if c.arrival and c.deadline_ns <= now_ns]:
            self._open.discard(connection)
            listens = len(self._late) < self._settings.connections
            if listens:
                self._late.add(connection)
            arrival = connection.give_up(now_ns + self.timeout_ns if listens else None)
            self.receiver.broke(arrival, Outcome.TIMEOUT)
        for connection in [c for c in self._late if c.deadline_ns <= now_ns]:
            connection.abort()
        self._refill(now_ns)

    def close(self) -> None:
        """Close every connection at once and tell nobody."""
        self._closed = True
        self.free.clear()
        for task in self._connects:
            task.cancel()
        for connection in [*self._open, *self._late]:
            connection.arrival = None
            connection.abort()

    def opened(self, connection: FastConnection) -> None:
        """Called by a connection: it can take its first request."""
        self._open.add(connection)
        self._reached = True
        self._retry_at_ns = 0
        self.free_again(connection)

    def free_again(self, connection: FastConnection) -> None:
        """Called by a connection: it can take the next request."""
        if self._closed:
            connection.abort()
            return
        if connection.answers == 1:
            self._backoff_ns = 0
        self.free.append(connection)
        self.receiver.freed()

    def lost(self, connection: FastConnection) -> None:
        """Called by a connection: it is closed."""
        self._late.discard(connection)
        if connection not in self._open:
            return
        self._open.discard(connection)
        if connection in self.free:
            self.free.remove(connection)
        now = time.monotonic_ns()
        if connection.answers == 0:
            self._back_off(now)
        self._refill(now)

    def _refill(self, now_ns: int) -> None:
        if self._closed or now_ns < self._retry_at_ns:
            return
        missing = self._settings.connections - len(self._open) - len(self._connects)
        most = PROBES if self._backoff_ns else AT_ONCE
        for _ in range(min(missing, most - len(self._connects))):
            self._spawn(self._connect())

    def _spawn(self, connect: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(connect)
        self._connects.add(task)
        task.add_done_callback(self._connected)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._settings.connect_timeout_seconds):
                await loop.create_connection(lambda: FastConnection(self), self._host, self._port)
        except OSError as error:  # TimeoutError is one
            self._last_error = str(error) or "no answer within the connect timeout"
            self._back_off(time.monotonic_ns())
            if not self._open and not self._closed:
                self.receiver.connect_failed()

    def _connected(self, task: asyncio.Task[None]) -> None:
        self._connects.discard(task)
        if not task.cancelled():
            task.result()
        self._refill(time.monotonic_ns())

    def _back_off(self, now_ns: int) -> None:
        """Wait twice as long as before; once for all that fail within one wait."""
        if now_ns >= self._retry_at_ns:
            longer = max(2 * self._backoff_ns, FIRST_BACKOFF_NS)
            self._backoff_ns = min(longer, LONGEST_BACKOFF_NS)
            self._retry_at_ns = now_ns + self._backoff_ns


def create(settings: SenderSettings, receiver: Receiver) -> FastHttpSender:
    """The sender `engine.load.senders.fast_http:create`.

    Raises:
        TargetError: the address is not plain HTTP.
    """
    return FastHttpSender(settings, receiver)


def _address(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        plain = address.scheme == "http" and address.hostname and (address.port or 80) > 0
    except ValueError:
        address, plain = urlsplit(""), False
    if not plain or not url.isascii() or any(c.isspace() for c in url):
        msg = f"target must be an address like http://127.0.0.1:8080/v1/transactions, got {url!r}"
        raise TargetError(msg)
    return address


def _request_head(address: SplitResult) -> bytes:
    path = address.path if address.path not in {"", "/"} else DEFAULT_PATH
    query = f"?{address.query}" if address.query else ""
    host = address.netloc.rpartition("@")[2]
    return (
        f"POST {path}{query} HTTP/1.1\r\nHost: {host}\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
    ).encode()
