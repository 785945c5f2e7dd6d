"""HTTP/1.1 on the edge: one connection, one request under way at a time.

A keep-alive client sends the same head with every request but for its Content-Length, so heads
are parsed once by httptools and then recognised by their bytes. Bodies need a Content-Length
(chunked ones get 411). What a client pipelines waits until its predecessor is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Protocol, cast

import httptools

MAX_HEAD = 16_384
MAX_BODY = 1_048_576
_HEADS_KEPT = 2_048

_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_JSON = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_HEADS = {
    status: f"HTTP/1.1 {status} {reason}\r\n".encode() + _JSON
    for status, reason in _REASONS.items()
}
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: %d\r\n" + _JSON


class Head(NamedTuple):
    """What the bytes of a request's head mean; `refuse` is a status to answer it with, or 0."""

    method: bytes
    path: bytes
    length: int
    keep_alive: bool
    expect: bool
    refuse: int


class _HeadReader:
    """httptools' callbacks for one head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: dict[bytes, bytes] = {}

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value


def parse_head(data: bytes) -> Head:
    """A head without its final empty line."""
    reader = _HeadReader()
    parser = httptools.HttpRequestParser(reader)
    try:
        parser.feed_data(data + b"\r\n\r\n")
        path = httptools.parse_url(reader.url).path or b"/"
    except httptools.HttpParserError:
        return Head(b"", b"", 0, False, False, 400)
    except httptools.HttpParserUpgrade:
        return Head(b"", b"", 0, False, False, 400)
    headers = reader.headers
    length = headers.get(b"content-length", b"0")
    refuse = 0
    if b"transfer-encoding" in headers:
        refuse = 411
    elif len(length) > 9 or int(length) > MAX_BODY:
        refuse = 413
    return Head(
        parser.get_method(),
        path,
        0 if refuse else int(length),
        not refuse and _keeps_alive(parser.get_http_version(), headers.get(b"connection", b"")),
        headers.get(b"expect", b"").lower() == b"100-continue",
        refuse,
    )


def _keeps_alive(version: str, connection: bytes) -> bool:
    """Whether the client wants the connection kept, by the defaults of its HTTP version."""
    options = [option.strip() for option in connection.lower().split(b",")]
    return b"close" not in options and (version == "1.1" or b"keep-alive" in options)


class Heads:
    """Heads by their bytes; forgets all when it holds too many."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def get(self, data: bytes) -> Head:
        """The meaning of a head."""
        head = self._known.get(data)
        if head is None:
            if len(self._known) >= _HEADS_KEPT:
                self._known.clear()
            head = self._known[data] = parse_head(data)
        return head


Handler = Callable[["Connection", Head, bytes], None]


class Transport(Protocol):
    """What a connection needs of a transport."""

    def write(self, data: bytes) -> None:
        """Send, in order."""

    def close(self) -> None:
        """Close when all is sent."""

    def pause_reading(self) -> None:
        """Take nothing more for now."""

    def resume_reading(self) -> None:
        """Go on; no mistake when it was not paused."""


class Opened(Protocol):
    """Who is told of connections."""

    def add(self, connection: Connection) -> None:
        """One was made."""

    def discard(self, connection: Connection) -> None:
        """One is closed."""


class Connection(asyncio.Protocol):
    """One client's connection; hands whole requests to `handle`, which answers with `answer`.

    Attributes:
        transport: Where answers go; None once it is closed. Whoever puts another one in its place
            puts this one back.
    """

    __slots__ = (
        "_at",
        "_buffer",
        "_busy",
        "_handle",
        "_heads",
        "_keep_alive",
        "_open",
        "_taking",
        "transport",
    )

    def __init__(self, handle: Handler, heads: Heads, open_connections: Opened) -> None:
        self._handle = handle
        self._heads = heads
        self._open = open_connections
        self._buffer = b""  # what came and is not taken yet begins at `_at`
        self._at = 0
        self._busy = False
        self._taking = False
        self._keep_alive = True
        self.transport: Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's do not inherit from it
        self._open.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Called by the event loop; answers that come later have nowhere to go."""
        self.transport = None
        self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._buffer = self._buffer[self._at :] + data if self._buffer else data
        self._at = 0
        if not self._busy:
            self._take()
        elif len(self._buffer) > MAX_HEAD + MAX_BODY and self.transport is not None:
            self.transport.pause_reading()

    def _take(self) -> None:
        """Hand over one request after the other, as long as each is answered at once.

        A loop: an answer that comes while it runs only frees the connection for its next round.
        """
        self._taking = True
        try:
            while self._buffer and not self._busy and self._next():
                pass
        finally:
            self._taking = False

    def _next(self) -> bool:
        """Hand over the next request; False while it is not all there."""
        data, at = self._buffer, self._at
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            if len(data) - at > MAX_HEAD:
                self._refuse(431)
            return False
        head = self._heads.get(data[at:end])
        if head.refuse:
            self._refuse(head.refuse)
            return False
        start = end + 4
        size = len(data)
        stop = start + head.length
        if size < stop:
            if head.expect and size == start and self.transport is not None:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return False
        if size > stop:
            self._at = stop
        else:
            self._buffer, self._at = b"", 0
        self._busy = True
        self._keep_alive = head.keep_alive
        self._handle(self, head, data[start:stop])
        return True

    def _refuse(self, status: int) -> None:
        self._busy = True
        self._keep_alive = False
        self.answer(status, b'{"error":{"field":"request","value":null,"message":"not accepted"}}')

    def answer(self, status: int, body: bytes, retry_after: int = 1) -> None:
        """Answer the request under way, then take the next one if it is here already.

        `retry_after`: seconds after which to come again, for a 503.
        """
        transport = self.transport
        if transport is None:
            return
        size = len(body)
        head = _BUSY % (retry_after, size) if status == 503 else _HEADS[status] % size
        transport.write(head + body)
        if not self._keep_alive:
            transport.close()
            return
        self._busy = False
        if self._buffer and not self._taking:
            transport.resume_reading()
            self._take()

    def close(self) -> None:
        """Close when what was written is sent."""
        if self.transport is not None:
            self.transport.close()
