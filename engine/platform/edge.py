"""The edge process: HTTP in, answers out, and the only writer of the journal.

    POST /v1/transactions            one transaction → 200 | 400 | 503
    POST /v1/transactions:batch      a JSON array of up to 1,000, or {"transactions": [...]} → 200
                                     {"results": [{"status": …, "body": …}]} in the same order
    GET  /v1/transactions/{id}       the answer and its passage (`engine.model.story`) → 200 | 404
    GET  /health                     200 when every scorer is up, else 503

The socket it listens on is the supervisor's, so connections made while an edge restarts wait in
the backlog and are served by the next one.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import msgspec

from engine.measure.resources import ProcessUsage
from engine.platform.admission import Admission
from engine.platform.batch import BatchAnswer, transactions_of
from engine.platform.buckets import folded
from engine.platform.currencies import load_rates
from engine.platform.http import Connection, Head, Heads
from engine.platform.intake import Intake
from engine.platform.journal import Journal
from engine.platform.lifeline import Lifeline, raise_file_limit
from engine.platform.link import ScorerLink
from engine.platform.moves import Moves
from engine.platform.pending import Pending
from engine.platform.router import FLUSH_SECONDS, Router
from engine.platform.wire import (
    Control,
    Deal,
    Dealt,
    EdgeCounters,
    EdgeSettings,
    Link,
    LinkCounters,
    LinkLost,
    LinkUp,
    Scored,
    Warm,
)

BACKLOG = 4_096
_PATH = b"/v1/transactions"
_DRAIN_SECONDS = 1.5


def _error(message: str) -> bytes:
    return msgspec.json.encode({"error": {"field": "request", "value": None, "message": message}})


class Edge:
    """Routes requests, and keeps links and counters."""

    def __init__(self, settings: EdgeSettings, lifeline: Lifeline) -> None:
        self._settings = settings
        self._lifeline = lifeline
        self._router = Router(settings.owners)
        self._intake = Intake(Admission(load_rates()), self._router, settings.in_flight_limit)
        self._journal = Journal(settings.journal, self._intake.committed)
        self._intake.use(self._journal)
        self._moves = Moves(self._router, self._intake.pending, self._intake.undone)
        self._connections: set[Connection] = set()
        self._heads = Heads()
        self._requests = 0
        self._usage = ProcessUsage()
        self._server: asyncio.Server | None = None

    async def run(self, listener: socket.socket) -> None:
        """Serve until told to drain."""
        loop = asyncio.get_running_loop()
        drained = asyncio.Event()
        listener.setblocking(False)

        def order(control: Control, carried: socket.socket | None) -> None:
            if isinstance(control, Link) and carried is not None:
                asyncio.run_coroutine_threadsafe(self._join(control, carried), loop)
            elif isinstance(control, Deal):
                asyncio.run_coroutine_threadsafe(self._deal(control), loop)
            else:
                loop.call_soon_threadsafe(drained.set)

        self._server = await loop.create_server(self._connect, sock=listener, backlog=BACKLOG)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._lifeline.listen(order)
        self._lifeline.note(Warm(os.getpid()))
        flushing = asyncio.ensure_future(self._every(FLUSH_SECONDS, self._flush))
        counting = asyncio.ensure_future(self._every(self._settings.tick_seconds, self._count))
        await drained.wait()
        await self._drain()
        flushing.cancel()
        counting.cancel()

    def _connect(self) -> Connection:
        return Connection(self._serve, self._heads, self._connections)

    async def _join(self, order: Link, carried: socket.socket) -> None:
        carried.setblocking(False)
        link = ScorerLink(order.index, self, self._settings.scorer_tps, order.pid)
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=carried)
        self._intake.join(link)

    async def _deal(self, order: Deal) -> None:
        try:
            self._lifeline.note(await self._moves.deal(order))
        except Exception as error:  # noqa: BLE001 - the supervisor must not wait for ever
            traceback.print_exc()
            self._lifeline.note(Dealt(number=order.number, why_not=repr(error)))

    def _serve(self, connection: Connection, head: Head, body: bytes) -> None:
        self._requests += 1
        if head.path == _PATH and head.method == b"POST":
            self._intake.submit(connection, body)
        elif head.path == b"/v1/transactions:batch":
            self._serve_batch(connection, head, body)
        else:
            self._serve_other(connection, head)

    def _serve_batch(self, connection: Connection, head: Head, body: bytes) -> None:
        if head.method != b"POST":
            connection.answer(405, _error("POST only"))
            return
        try:
            bodies = transactions_of(body)
        except ValueError as error:
            connection.answer(400, _error(str(error)))
            return
        places = BatchAnswer(connection, len(bodies)).places()
        for place, one in zip(places, bodies, strict=True):
            self._intake.submit(place, one)

    def _serve_other(self, connection: Connection, head: Head) -> None:
        if head.path == b"/health":
            up, asked = self._router.serving(), self._router.asked()
            healthy = up == asked and not self._intake.ending
            states = {"scorers_up": up, "scorers": asked}
            text = "ok" if healthy else "degraded"
            answer = msgspec.json.encode({"status": text, **states})
            connection.answer(200 if healthy else 503, answer)
            return
        if head.path.startswith(_PATH + b"/") and head.method == b"GET":
            self._tell(connection, unquote(head.path[len(_PATH) + 1 :].decode("latin-1")))
            return
        if head.path == _PATH:
            connection.answer(405, _error("POST only"))
            return
        connection.answer(404, _error("there is nothing here"))

    def _tell(self, connection: Connection, transaction_id: str) -> None:
        story = self._intake.story(transaction_id)
        if story is not None:
            connection.answer(200, story)
        elif self._intake.under_way(transaction_id):
            connection.answer(404, _error("this transaction is under way and not decided yet"))
        else:
            connection.answer(404, _error("no transaction with this id is in the journal"))

    def waiting(self) -> None:
        """A link has work to send."""
        self._router.plan()

    def pressed(self) -> bool:
        """Whether half of what may be under way is: explanations end before decisions do."""
        return self._intake.in_flight * 2 >= self._settings.in_flight_limit

    def scored(self, work: list[Pending], scored: list[Scored]) -> None:
        """A batch came back from its scorer."""
        self._intake.scored(work, scored)

    def undone(self, work: list[Pending]) -> None:
        """A scorer is gone with this work."""
        self._intake.undone(work)

    def shards_of(self, index: int) -> list[int]:
        """The shards that a scorer has now."""
        return self._router.shards_of(index)

    def link_up(self, link: ScorerLink) -> None:
        """A scorer has its customers and takes work."""
        self._lifeline.note(LinkUp(link.index, link.pid))

    def link_lost(self, link: ScorerLink) -> None:
        """A link is closed."""
        self._lifeline.note(LinkLost(link.index, link.pid, link.silent))

    async def _every(self, seconds: float, call: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(seconds)
            call()

    def _flush(self) -> None:
        now = time.monotonic_ns()
        self._intake.look(now)
        for link in self._router.links():
            link.flush()
            link.check(now)

    async def _drain(self) -> None:
        self._intake.ending = True
        if self._server is not None:
            self._server.close()
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self._intake.in_flight and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0.01)
        self._journal.close()
        self._count()

    def _count(self) -> None:
        counts = self._intake.counts
        totals = self._router.totals()
        oldest = [at for link in self._router.links() if (at := link.oldest_ns()) is not None]
        self._lifeline.note(
            EdgeCounters(
                requests=self._requests,
                decided=counts.decided,
                invalid=counts.invalid,
                shed=counts.shed,
                replayed=counts.replayed,
                answered=counts.answered,
                latency_ns=counts.latency_ns,
                commits=self._journal.commits,
                commit_ns=self._journal.commit_ns,
                journal_rows_now=self._journal.rows,
                in_flight_now=self._intake.in_flight,
                connections_now=len(self._connections),
                queue_depth_now=self._router.waiting(),
                queue_age_ns_now=max(time.monotonic_ns() - min(oldest), 0) if oldest else 0,
                links=[LinkCounters(*total) for total in totals],
                cpu_seconds=self._usage.cpu_seconds(),
                rss_bytes_now=self._usage.rss_bytes(),
                response_buckets=folded(counts.times),
                commit_buckets=folded(self._journal.commit_times),
            )
        )


async def serve(lifeline: Lifeline) -> None:
    """Take the settings from the supervisor and serve."""
    settings, listener = lifeline.next()
    if not isinstance(settings, EdgeSettings) or listener is None:
        lifeline.fail("the edge's first order must be its settings, with a socket")
        return
    await Edge(settings, lifeline).run(listener)


def main() -> None:
    """Be an edge process."""
    raise_file_limit()
    sys.setswitchinterval(0.001)
    lifeline = Lifeline()
    runner: Callable[[Any], None] = asyncio.run
    try:
        import uvloop  # absent on some platforms

        runner = uvloop.run
    except ImportError:
        pass
    runner(serve(lifeline))


if __name__ == "__main__":
    main()
