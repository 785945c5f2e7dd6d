"""`GET /metrics` on a loopback port of its own: as little HTTP as a scraper needs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from engine.platform.exposition import CONTENT_TYPE

_LARGEST_HEAD = 8_192
_PLAIN = b"text/plain; charset=utf-8"
_NOT_FOUND = b"there is nothing here but /metrics\n"
_GET_ONLY = b"GET only\n"


class MetricsServer:
    """Serves what `text` makes at the moment of the request; `port` is known from the start."""

    def __init__(self, text: Callable[[], bytes]) -> None:
        self._text = text
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Take connections from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Scrape(self._text), sock=self._listener)


class _Scrape(asyncio.Protocol):
    """One scraper's connection."""

    def __init__(self, text: Callable[[], bytes]) -> None:
        self._text = text
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0 and self._transport is not None:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._answer(self._transport, head)
        if len(self._buffer) > _LARGEST_HEAD and self._transport is not None:
            self._transport.abort()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None

    def _answer(self, transport: asyncio.Transport, head: bytes) -> None:
        line, _, headers = head.partition(b"\r\n")
        method, _, rest = line.partition(b" ")
        path, _, version = rest.partition(b" ")
        if method != b"GET":
            status, kind, body = b"405 Method Not Allowed", _PLAIN, _GET_ONLY
        elif path.partition(b"?")[0] != b"/metrics":
            status, kind, body = b"404 Not Found", _PLAIN, _NOT_FOUND
        else:
            status, kind, body = b"200 OK", CONTENT_TYPE, self._text()
        closing = (
            version != b"HTTP/1.1" or method != b"GET" or b"connection: close" in headers.lower()
        )
        transport.write(
            b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
            % (status, kind, len(body), b"Connection: close\r\n" if closing else b"")
            + body
        )
        if closing:
            transport.close()
            self._transport = None
