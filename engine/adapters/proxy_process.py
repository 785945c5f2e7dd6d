"""A TCP proxy in the path to a target that is not ours: `python -m engine.adapters.proxy_process`.

stdin: JSON lines, first `ProxySettings`, then orders; its end ends the process. stdout: one frame,
`ProxyReady`. It knows nothing of what it carries, so https goes through it untouched.

On the connections that an order hits, which stay the same while it holds:

- delay: what the target answers leaves `seconds` ± jitter later, in its order;
- resets: of what the client sends, this share of the pieces ends the connection with a reset;
- bandwidth: what the target answers leaves no faster than so many bytes a second;
- blackout: nothing passes in either direction until the order ends, and then all of it.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import sys
import threading
import time
from typing import cast

import msgspec

from engine.measure.frames import encode
from engine.model.orders import (
    ConnectionDelay,
    LinkTrouble,
    ProxyReady,
    ProxySettings,
    Release,
    named_by,
)

GOLDEN = 0.6180339887498949  # spreads consecutive connections evenly over 0..1
LINGER_NONE = struct.pack("ii", 1, 0)
Order = ConnectionDelay | LinkTrouble | Release
_settings = msgspec.json.Decoder(ProxySettings).decode
_order = msgspec.json.Decoder(Order).decode


class Faults:
    """The orders that hold; each ends by itself at its instant of the shared clock."""

    def __init__(self) -> None:
        self._delay: ConnectionDelay | None = None
        self._trouble: LinkTrouble | None = None

    def take(self, order: Order) -> None:
        """Let an order hold from now on, or end those a release names."""
        if isinstance(order, ConnectionDelay):
            self._delay = order
        elif isinstance(order, LinkTrouble):
            self._trouble = order
        else:
            if named_by(order.what, "connection_delay"):
                self._delay = None
            if named_by(order.what, "link_trouble"):
                self._trouble = None

    def delay(self, place: float) -> ConnectionDelay | None:
        """What delays a connection at this place of 0..1, if anything does now."""
        order = self._delay
        return order if order is not None and place < order.share and holds(order) else None

    def trouble(self, place: float) -> LinkTrouble | None:
        """What else is wrong with it, if anything is now."""
        order = self._trouble
        return order if order is not None and place < order.share and holds(order) else None


def holds(order: ConnectionDelay | LinkTrouble) -> bool:
    """Whether its lease has not run out."""
    return time.monotonic_ns() < order.given_ns + int(order.lease_seconds * 1e9)


class Side(asyncio.Protocol):
    """One end of a connection; what it receives goes to the other end."""

    def __init__(self, link: Link, *, answers: bool) -> None:
        self._link, self._answers = link, answers
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Pass it on, as the orders have it."""
        self._link.pass_on(data, answers=self._answers)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a protocol's signature
        """End the other end too, after what is still on its way."""
        self._link.ended(answers=self._answers)


class Link:
    """A client's connection and the one to the target that belongs to it."""

    def __init__(self, faults: Faults, number: int) -> None:
        self._faults = faults
        self._place = number * GOLDEN % 1.0
        self.client, self.target = Side(self, answers=False), Side(self, answers=True)
        self._before: list[bytes] = []  # what the client sent before the target was reached
        self._next_at = {True: 0.0, False: 0.0}  # when the last piece of a direction leaves

    def pass_on(self, data: bytes, *, answers: bool) -> None:
        """A piece from the target (`answers`) or from the client."""
        trouble = self._faults.trouble(self._place)
        if trouble and not answers and random.random() < trouble.reset_share:
            self._reset()
            return
        loop = asyncio.get_running_loop()
        at = now = loop.time()
        if answers and (delay := self._faults.delay(self._place)):
            at += max(0.0, delay.seconds + delay.jitter_seconds * random.uniform(-1.0, 1.0))
        at = max(at, self._next_at[answers])
        if trouble and answers and trouble.bytes_per_second > 0.0:
            at += len(data) / trouble.bytes_per_second
        self._next_at[answers] = at
        if at <= now and not (trouble and trouble.blackout):
            self._write(data, answers)
        else:
            loop.call_at(at, self._leave, data, answers)

    def _leave(self, data: bytes, answers: bool) -> None:
        trouble = self._faults.trouble(self._place)
        if trouble and trouble.blackout:
            loop = asyncio.get_running_loop()
            self._next_at[answers] = loop.time() + LOOK_SECONDS
            loop.call_later(LOOK_SECONDS, self._leave, data, answers)
            return
        self._write(data, answers)

    def _write(self, data: bytes, answers: bool) -> None:
        other = self.client if answers else self.target
        if other.transport is None:
            self._before.append(data)
        elif not other.transport.is_closing():
            other.transport.write(data)

    def reached(self) -> None:
        """The target is there: give it what waits."""
        waiting, self._before = self._before, []
        for data in waiting:
            self._write(data, answers=False)

    def _reset(self) -> None:
        for side in (self.client, self.target):
            if side.transport is not None:
                raw = side.transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
                side.transport.abort()

    def ended(self, *, answers: bool) -> None:
        """One end is gone: close the other when what is on its way has left."""
        other = self.client if answers else self.target
        loop = asyncio.get_running_loop()
        if other.transport is not None:
            loop.call_at(max(loop.time(), self._next_at[answers]), other.transport.close)


LOOK_SECONDS = 0.05


async def serve(settings: ProxySettings) -> None:
    """Listen on a port of this machine and carry to the target until stdin ends."""
    loop, faults, numbers = asyncio.get_running_loop(), Faults(), iter(range(1, 2**62))

    def accept() -> Side:
        link = Link(faults, next(numbers))
        task = loop.create_task(_reach(link, settings))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return link.client

    tasks: set[asyncio.Task[None]] = set()
    server = await loop.create_server(accept, settings.listen, 0, backlog=4_096)
    threading.Thread(target=_obey, args=(loop, faults), name="orders", daemon=True).start()
    port = server.sockets[0].getsockname()[1]
    os.write(sys.stdout.fileno(), encode(ProxyReady(port=port)))
    await server.serve_forever()


async def _reach(link: Link, settings: ProxySettings) -> None:
    loop = asyncio.get_running_loop()
    try:
        await loop.create_connection(lambda: link.target, settings.host, settings.port)
    except OSError:
        link.ended(answers=True)
        return
    link.reached()


def _obey(loop: asyncio.AbstractEventLoop, faults: Faults) -> None:
    """Orders until stdin ends, and with it the process: the app is gone, or has closed it."""
    for line in sys.stdin.buffer:
        loop.call_soon_threadsafe(faults.take, _order(line))
    os._exit(0)


def main() -> None:
    """Serve with the settings on stdin."""
    line = sys.stdin.buffer.readline()
    if line:
        asyncio.run(serve(_settings(line)))


if __name__ == "__main__":
    main()
