"""The router: one link to each scorer, and which customer goes where.

A link has one batch under way at a time, and all links are given theirs together, in turns. A turn
costs every process it wakes a cold cache, which is worth several transactions' work; so the pause
between turns grows with the rate, from nothing (a lone transaction goes to its scorer at the end of
the loop turn in which it came) to 10 ms from 5,000/s on:

    pause = min(10 ms, rate × 2 µs)      rate in transactions per second, smoothed over turns

Tickets of committed rows travel ahead of the next batch, so the scorer has changed a customer's
state before it sees that customer again.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol, cast

import msgspec

from engine.measure.frames import FrameReader, encode
from engine.platform.pending import Pending
from engine.platform.wire import Answers, RawBatch, RawJob, Rebuild, Rebuilt, Scored

MOST_ROWS = 256  # a batch
LONGEST_PAUSE_SECONDS = 0.010
PAUSE_SECONDS_FOR_RATE = 2e-6
RATE_STEP = 0.2
FLUSH_SECONDS = 0.02  # committed tickets wait no longer for a batch to travel with
SILENT_NS = 3_000_000_000  # a scorer that owes an answer for longer is given up

_decode = msgspec.msgpack.Decoder(Answers | Rebuilt).decode


class Listener(Protocol):
    """Who hears of a link's work."""

    def waiting(self) -> None:
        """A link has work to send."""

    def pressed(self) -> bool:
        """Whether so much is under way that decisions go before explanations."""

    def scored(self, work: list[Pending], scored: list[Scored]) -> None:
        """A batch came back."""

    def undone(self, work: list[Pending]) -> None:
        """A link ended with this work not done."""

    def link_up(self, link: ScorerLink) -> None:
        """The scorer takes work from now on."""

    def link_lost(self, link: ScorerLink) -> None:
        """The link is closed."""


class ScorerLink(asyncio.Protocol):
    """The edge's end of the link to one scorer process."""

    def __init__(self, index: int, listener: Listener) -> None:
        self.index = index
        self.up = False
        self.silent = False
        self.answered = 0
        self.latency_ns = 0
        self._listener = listener
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._waiting: list[Pending] = []
        self._under_way: list[Pending] = []
        self._asked_ns = 0
        self._committed: list[int] = []

    @property
    def depth(self) -> int:
        """Transactions waiting or under way."""
        return len(self._waiting) + len(self._under_way)

    def oldest_ns(self) -> int | None:
        """When the oldest of them was received."""
        first = self._under_way or self._waiting
        return first[0].received_ns if first else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's do not inherit from it

    def connection_lost(self, _exc: Exception | None) -> None:
        """Called by the event loop: the scorer is gone."""
        self.close()

    def close(self) -> None:
        """Give up the link; its work is handed back at once. Idempotent."""
        if self._transport is None:
            return
        self._transport.abort()
        self._transport = None
        self.up = False
        work = self._under_way + self._waiting
        self._under_way, self._waiting, self._committed = [], [], []
        self._listener.undone(work)
        self._listener.link_lost(self)

    def rebuild(self) -> None:
        """Let the scorer read its customers; nothing of theirs is uncommitted now."""
        self._write(Rebuild())

    def submit(self, pending: Pending) -> None:
        """Have a transaction scored; the link must be up."""
        self._waiting.append(pending)
        if not self._under_way:
            self._listener.waiting()

    def committed(self, ticket: int) -> None:
        """The row of this ticket is in the journal."""
        if self.up:
            self._committed.append(ticket)

    def flush(self) -> None:
        """Send committed tickets that found no batch to travel with; called every 20 ms."""
        if self._committed and not self._under_way:
            self._send([])

    def check(self, now_ns: int) -> None:
        """Give up a scorer that has been silent for too long."""
        if self._under_way and now_ns - self._asked_ns > SILENT_NS:
            self.silent = True
            self.close()

    def turn(self) -> int:
        """Send what waits, unless a batch is under way; return how many that was."""
        if not self._waiting or self._under_way or self._transport is None:
            return 0
        work = self._waiting
        self._waiting = work[MOST_ROWS:]
        self._under_way = work[:MOST_ROWS] if self._waiting else work
        self._asked_ns = time.monotonic_ns()
        self._send([pending.job for pending in self._under_way])
        return len(self._under_way)

    def _send(self, jobs: list[RawJob]) -> None:
        committed, self._committed = self._committed, []
        self._write(RawBatch(committed, jobs, self._listener.pressed()))

    def _write(self, message: RawBatch | Rebuild) -> None:
        if self._transport is not None:
            self._transport.write(encode(message))

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        for body in self._frames.feed(data):
            message = _decode(body)
            if isinstance(message, Rebuilt):
                self.up = True
                self._listener.link_up(self)
            else:
                self._done(message.scored)

    def _done(self, scored: list[Scored]) -> None:
        work, self._under_way = self._under_way, []
        now = time.monotonic_ns()
        self.answered += len(work)
        self.latency_ns += sum([now - pending.received_ns for pending in work])
        if self._waiting:
            self._listener.waiting()
        self._listener.scored(work, scored)


class Router:
    """The links by scorer; a customer's transactions all go to the same one."""

    def __init__(self, scorers: int) -> None:
        self._links: list[ScorerLink | None] = [None] * scorers
        self._former = [(0, 0)] * scorers
        self._loop = asyncio.get_running_loop()
        self._turned_ns = 0
        self._rate = 0.0
        self._planned = False

    def plan(self) -> None:
        """Let every link send what waits: soon, but not before the pause is over."""
        if self._planned:
            return
        self._planned = True
        pause = min(LONGEST_PAUSE_SECONDS, self._rate * PAUSE_SECONDS_FOR_RATE)
        rest = pause - (time.monotonic_ns() - self._turned_ns) / 1e9
        if rest > 0.0:
            self._loop.call_later(rest, self._turn)
        else:
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._planned = False
        now = time.monotonic_ns()
        rows = sum([link.turn() for link in self._links if link is not None])
        rate = rows * 1e9 / max(now - self._turned_ns, 1)
        self._rate += RATE_STEP * (rate - self._rate)
        self._turned_ns = now

    def link_of(self, route: int) -> ScorerLink | None:
        """The link for a customer's stable hash; None while its scorer is not up."""
        link = self._links[route % len(self._links)]
        return link if link is not None and link.up else None

    def replace(self, link: ScorerLink) -> None:
        """A new link for its scorer; a former one is closed."""
        former = self._links[link.index]
        if former is not None:
            former.close()
            answered, latency_ns = self._former[link.index]
            self._former[link.index] = (answered + former.answered, latency_ns + former.latency_ns)
        self._links[link.index] = link

    def links(self) -> list[ScorerLink]:
        """All links, up or not."""
        return [link for link in self._links if link is not None]

    def totals(self) -> list[tuple[int, int, int]]:
        """(answered, latency in ns, depth) of each scorer since this edge began."""
        return [
            (
                answered + (link.answered if link else 0),
                latency_ns + (link.latency_ns if link else 0),
                link.depth if link else 0,
            )
            for link, (answered, latency_ns) in zip(self._links, self._former, strict=True)
        ]
