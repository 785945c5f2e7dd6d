"""The edge process: HTTP in (`routes`), answers out, and the only writer of the journal.

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

from engine.measure.resources import ProcessUsage
from engine.platform.admission import Admission
from engine.platform.borne import Borne
from engine.platform.buckets import folded
from engine.platform.currencies import load_rates
from engine.platform.http import Connection, Heads
from engine.platform.intake import Intake
from engine.platform.journal import Journal
from engine.platform.lagging import Connections
from engine.platform.lifeline import Lifeline, raise_file_limit
from engine.platform.link import ScorerLink
from engine.platform.moves import Moves
from engine.platform.pending import Pending
from engine.platform.router import FLUSH_SECONDS, Router
from engine.platform.routes import Routes
from engine.platform.stalling import Stalling
from engine.platform.strategies import LOOK_SECONDS, Strategies
from engine.platform.wire import (
    Control,
    Deal,
    Dealt,
    EdgeBurdens,
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
_DRAIN_SECONDS = 1.5


class Edge:
    """Keeps connections, links and counters."""

    def __init__(self, settings: EdgeSettings, lifeline: Lifeline) -> None:
        self._settings = settings
        self._lifeline = lifeline
        self._router = Router(settings.owners)
        self._intake = Intake(Admission(load_rates()), self._router, settings.in_flight_limit)
        self._journal = Journal(settings.journal, self._intake.committed)
        self._intake.use(self._journal)
        self._moves = Moves(self._router, self._intake.pending, self._intake.undone)
        self._connections = Connections()
        self._heads = Heads()
        self._routes = Routes(self._intake, self._router)
        self._borne = Borne(self._journal, self._connections, Stalling(self._router))
        self._strategies = Strategies(
            self._intake, self._journal, self._router, settings.strategies
        )
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
            elif isinstance(control, EdgeBurdens):
                loop.call_soon_threadsafe(self._borne.burden, control)
            else:
                loop.call_soon_threadsafe(drained.set)

        self._server = await loop.create_server(self._connect, sock=listener, backlog=BACKLOG)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._lifeline.listen(order)
        self._lifeline.note(Warm(os.getpid()))
        flushing = asyncio.ensure_future(self._every(FLUSH_SECONDS, self._flush))
        looking = asyncio.ensure_future(self._every(LOOK_SECONDS, self._strategies.look))
        counting = asyncio.ensure_future(self._every(self._settings.tick_seconds, self._count))
        await drained.wait()
        await self._drain()
        for task in (flushing, looking, counting):
            task.cancel()

    def _connect(self) -> Connection:
        return Connection(self._routes.serve, self._heads, self._connections)

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

    def waiting(self) -> None:
        """A link has work to send."""
        self._router.plan()

    def pressed(self) -> bool:
        """Whether explanations shall end before decisions do: half of what may be under way is."""
        if not self._settings.strategies:
            return False
        full = self._intake.in_flight * 2 >= self._settings.in_flight_limit
        return full or self._strategies.sheds

    def fast(self) -> bool:
        """Whether the fast path is to be taken."""
        return self._strategies.fast

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
        self._borne.end()
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
        now_ns = time.monotonic_ns()
        oldest_ns = self._router.oldest_ns()
        stalling = self._borne.stalling
        self._lifeline.note(
            EdgeCounters(
                requests=self._routes.requests,
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
                queue_age_ns_now=max(now_ns - oldest_ns, 0) if oldest_ns is not None else 0,
                links=[LinkCounters(*total) for total in totals],
                cpu_seconds=self._usage.cpu_seconds(),
                rss_bytes_now=self._usage.rss_bytes(),
                journal_depth_now=self._intake.committing,
                journal_age_ns_now=self._intake.journal_age_ns(now_ns),
                journal_refused=self._journal.refused,
                journal_waited_ns=self._journal.waited_ns,
                delayed=self._connections.delayed,
                delayed_ns=self._connections.delayed_ns,
                lagging_now=self._connections.lagging,
                stalls=stalling.stalls,
                stalled_ns=stalling.stalled_ns,
                degradation=self._strategies.telemetry(),
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
