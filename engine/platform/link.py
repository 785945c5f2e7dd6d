"""The edge's end of the link to one scorer: what waits for it, what is under way, what it learns.

One batch is under way at a time. Tickets of committed rows travel ahead of the next batch, so the
scorer has changed a customer's state before it sees that customer again. A scorer that is silent
when it should answer is given up: the link ends, and its work is handed back at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import msgspec

from engine.measure.frames import FrameReader, encode
from engine.platform.past import REBUILD_ROWS
from engine.platform.pending import Pending
from engine.platform.provision import Provision
from engine.platform.wire import Answers, Leave, RawBatch, RawJob, Rebuild, Rebuilt, Scored

MOST_ROWS = 256  # a batch
SILENT_NS = 3_000_000_000  # a scorer that owes an answer for longer is given up
READING_NS = 15_000_000_000  # and so is one that reads its customers for longer

_decode = msgspec.msgpack.Decoder(Answers | Rebuilt).decode


class LinkEndedError(ConnectionError):
    """The scorer is gone before it answered."""


class Listener(Protocol):
    """Who hears of a link's work."""

    def waiting(self) -> None:
        """A link has work to send."""

    def pressed(self) -> bool:
        """Whether so much is under way that decisions go before explanations."""

    def fast(self) -> bool:
        """Whether so much is, that the fast path is to be taken."""

    def scored(self, work: list[Pending], scored: list[Scored]) -> None:
        """A batch came back."""

    def undone(self, work: list[Pending]) -> None:
        """A link ended with this work not done."""

    def shards_of(self, index: int) -> list[int]:
        """The shards that a scorer has now."""

    def link_up(self, link: ScorerLink) -> None:
        """The scorer takes work from now on."""

    def link_lost(self, link: ScorerLink) -> None:
        """The link is closed."""


class ScorerLink(asyncio.Protocol):
    """The link to scorer `index`; at most `tps` transactions a second go to it (0: any)."""

    def __init__(self, index: int, listener: Listener, tps: float = 0.0, pid: int = 0) -> None:
        self.index, self.pid = index, pid
        self.up = False
        self.silent = False
        self.limited = False
        self.answered = 0
        self.latency_ns = 0
        self._listener = listener
        self._provision = Provision(tps)
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._waiting: list[Pending] = []
        self._under_way: list[Pending] = []
        self._asked_ns = 0
        self._readings: deque[asyncio.Future[int]] = deque()
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
        while self._readings:
            reading = self._readings.popleft()
            if not reading.done():
                reading.set_exception(LinkEndedError(f"scorer {self.index} is gone"))
                reading.exception()  # whoever waits is told; if nobody does, that is no mistake
        self._listener.link_lost(self)

    def give_up(self) -> None:
        """The scorer does not answer: close, and say so."""
        self.silent = True
        self.close()

    def rebuild(self) -> None:
        """Let the scorer read its customers, and take work then; none of theirs is uncommitted."""
        shards = self._listener.shards_of(self.index)
        reading = self._read(Rebuild(shards, REBUILD_ROWS, fresh=True))
        reading.add_done_callback(self._rebuilt)

    def _rebuilt(self, reading: asyncio.Future[int]) -> None:
        if not reading.cancelled() and reading.exception() is None and self._transport is not None:
            self.up = True
            self._listener.link_up(self)

    def read(self, shards: Sequence[int], most_rows: int, after: int) -> asyncio.Future[int]:
        """Let the scorer read customers that are to become its own; the last row it read.

        Raises:
            LinkEndedError: (the future) It is gone before it was done.
        """
        return self._read(Rebuild(list(shards), most_rows, after))

    def _read(self, message: Rebuild) -> asyncio.Future[int]:
        reading: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if self._transport is None:
            reading.set_exception(LinkEndedError(f"scorer {self.index} is gone"))
        else:
            if not self._readings:
                self._asked_ns = time.monotonic_ns()
            self._readings.append(reading)
            self._write(message)
        return reading

    def leave(self, shards: Sequence[int]) -> None:
        """These are another's now; all of them is committed."""
        if self.up:
            self._send([])
            self._write(Leave(list(shards)))

    def submit(self, pending: Pending) -> None:
        """Have a transaction scored; the link must be up."""
        self._waiting.append(pending)
        if not self._under_way:
            self._listener.waiting()

    def withdraw(self, wanted: Callable[[Pending], bool]) -> list[Pending]:
        """Take away the waiting work that is wanted elsewhere."""
        taken = [pending for pending in self._waiting if wanted(pending)]
        self._waiting = [pending for pending in self._waiting if not wanted(pending)]
        return taken

    def committed(self, ticket: int) -> None:
        """The row of this ticket is in the journal."""
        if self.up:
            self._committed.append(ticket)

    def flush(self) -> None:
        """Send committed tickets that found no batch to travel with; called every 20 ms."""
        if self._committed and not self._under_way:
            self._send([])

    def check(self, now_ns: int) -> None:
        """Give up a scorer that has been silent for too long; one that reads has more time."""
        owes = self._readings or self._under_way
        allowed_ns = READING_NS if self._readings else SILENT_NS
        if owes and now_ns - self._asked_ns > allowed_ns:
            self.give_up()

    def turn(self) -> int:
        """Send what waits, unless a batch is under way; return how many that was."""
        self.limited = False
        if not self._waiting or self._under_way or self._transport is None:
            return 0
        now_ns = time.monotonic_ns()
        rows = self._provision.grant(min(MOST_ROWS, len(self._waiting)), now_ns)
        if not rows:
            self.limited = True
            return 0
        self._under_way, self._waiting = self._waiting[:rows], self._waiting[rows:]
        self._asked_ns = now_ns
        self._send([pending.job for pending in self._under_way])
        return rows

    def _send(self, jobs: list[RawJob]) -> None:
        committed, self._committed = self._committed, []
        listener = self._listener
        self._write(RawBatch(committed, jobs, listener.pressed(), listener.fast()))

    def _write(self, message: RawBatch | Rebuild | Leave) -> None:
        if self._transport is not None:
            self._transport.write(encode(message))

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        for body in self._frames.feed(data):
            message = _decode(body)
            if isinstance(message, Rebuilt):
                self._asked_ns = time.monotonic_ns()
                reading = self._readings.popleft()
                if not reading.done():
                    reading.set_result(message.last)
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
