"""The supervisor: holds the listening socket, starts the edge and the scorers, and keeps them up.

A link between the edge and a scorer is made whenever both are warm; how many scorers there are and
who has which customers is with `scorers`. A process that hangs is killed like one that died. When
stdin closes, everything ends at once: children die with their control sockets, whatever ends the
supervisor.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time

from engine.measure.resources import ProcessUsage
from engine.model.control import (
    PlatformCommand,
    PlatformFailed,
    PlatformReady,
    PlatformReport,
    PlatformSettings,
    Release,
    Scale,
    Shutdown,
)
from engine.platform.deeds import deeds
from engine.platform.injected import Injected
from engine.platform.metrics_page import MetricsPage
from engine.platform.metrics_server import MetricsServer
from engine.platform.scorer_vital import agents_telemetry, fast_decided, reasoning_telemetry
from engine.platform.scorers import Hears, Scorers
from engine.platform.slots import Slot
from engine.platform.telemetry import EdgeVital
from engine.platform.uplink import Uplink
from engine.platform.wire import (
    Burdens,
    ChildFailed,
    Dealt,
    Drain,
    EdgeCounters,
    EdgeSettings,
    LinkLost,
    LinkUp,
    Note,
    Warm,
)

BACKLOG = 4_096
IN_FLIGHT_LIMIT = 4_096
SHUTDOWN_SECONDS = 2.0


class Supervisor:
    """One platform."""

    def __init__(self, settings: PlatformSettings, uplink: Uplink) -> None:
        self._settings = settings
        self._uplink = uplink
        self._loop = asyncio.get_running_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._edge_vital = EdgeVital()
        self._edge = Slot(
            "engine.platform.edge",
            self._edge_vital,
            self._edge_began,
            self._edge_noted,
            self._edge_died,
        )
        hears = Hears(self._check_ready, self._failed, self._burdens)
        self._scorers = Scorers(settings, self._edge, hears)
        self._page = MetricsPage(self._edge_vital, self._scorers.vitals)
        self._metrics = MetricsServer(self._page.text)
        self._injected = Injected()
        self._lease: asyncio.TimerHandle | None = None
        self._ready = False
        self._usage = ProcessUsage()
        self._looked = time.monotonic()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to shut down."""
        self._edge.start()
        self._scorers.start()
        await self._metrics.start()
        while not self._ended.is_set():
            try:
                await asyncio.wait_for(self._ended.wait(), self._settings.tick_seconds)
            except TimeoutError:
                self._look()
                self._report()
        self._report()

    def _look(self) -> None:
        now = time.monotonic()
        self._edge.waited(now - self._looked)
        self._looked = now
        self._scorers.look()

    def command(self, command: PlatformCommand) -> None:
        """An order from the app."""
        if isinstance(command, Scale):
            self._scorers.dealer.scale(command.scorers)
        elif isinstance(command, Release):
            self._injected.release(command.what)
            self._burden()
        elif isinstance(command, Shutdown):
            self._shut_down()
        elif not isinstance(command, PlatformSettings):
            done = deeds(self._edge_vital, self._scorers)
            self._injected.take(command, time.monotonic_ns(), done)
            self._burden()

    def kill_all(self) -> None:
        """End every child at once."""
        for slot in (self._edge, *self._scorers.slots):
            slot.kill()

    def _burden(self) -> None:
        """Tell every process what it has to bear now, and again when an order ends."""
        if self._lease is not None:
            self._lease.cancel()
            self._lease = None
        now_ns = time.monotonic_ns()
        self._scorers.hold_down(self._injected.held_down(now_ns))
        self._scorers.tell(self._burdens())
        if self._edge.child is not None:
            self._edge.child.tell(self._injected.edge_burdens(now_ns))
        ends = self._injected.ends(now_ns)
        if ends:
            rest = (min(ends) - now_ns) / 1e9
            self._lease = self._loop.call_later(rest, self._burden)

    def _burdens(self) -> Burdens:
        return self._injected.burdens(self._scorers.dealer.serving, time.monotonic_ns())

    def _shut_down(self) -> None:
        for slot in (self._edge, *self._scorers.slots):
            slot.closing = True
        self._injected.release()
        self._burden()
        if self._edge.child is None:
            self._ended.set()
        else:
            self._edge.child.tell(Drain())
        self._loop.call_later(SHUTDOWN_SECONDS, self._ended.set)

    def _edge_began(self) -> None:
        if self._edge.child is not None:
            settings = EdgeSettings(
                journal=self._settings.journal,
                owners=self._scorers.dealer.owners,
                in_flight_limit=IN_FLIGHT_LIMIT,
                tick_seconds=self._settings.tick_seconds,
                scorer_tps=self._settings.scorer_tps,
                strategies=self._settings.breakers and self._settings.strategies,
            )
            self._edge.child.tell(settings, self._listener)

    def _edge_noted(self, note: Note) -> None:
        if isinstance(note, EdgeCounters):
            self._edge_vital.heard(note)
        elif isinstance(note, Warm):
            self._edge.warm = True
            self._edge.up()
            if self._edge.child is not None:
                self._edge.child.tell(self._injected.edge_burdens(time.monotonic_ns()))
            self._scorers.edge_warm()
        elif isinstance(note, LinkUp):
            self._scorers.link_up(note)
        elif isinstance(note, LinkLost):
            self._scorers.link_lost(note)
        elif isinstance(note, Dealt):
            self._scorers.dealer.dealt(note)
        elif isinstance(note, ChildFailed):
            self._failed(note.message)

    def _edge_died(self) -> None:
        self._scorers.edge_died()
        if self._edge.closing:
            self._ended.set()

    def _check_ready(self) -> None:
        if not self._ready and self._scorers.ready():
            self._ready = True
            port = self._listener.getsockname()[1]
            self._uplink.send(
                PlatformReady(
                    port=port,
                    pid=os.getpid(),
                    journal=self._settings.journal,
                    metrics_port=self._metrics.port,
                )
            )

    def _failed(self, message: str) -> None:
        if not self._ready:
            self._uplink.send(PlatformFailed(message))
            self._ended.set()

    def _report(self) -> None:
        scorers = self._scorers
        vitals = [self._edge_vital, *scorers.vitals]
        serving = scorers.vitals[: scorers.dealer.serving]
        report = PlatformReport(
            at_ns=time.monotonic_ns(),
            supervisor_pid=os.getpid(),
            edge=self._edge_vital.telemetry(),
            scorers=[vital.telemetry(self._edge_vital) for vital in serving],
            agents=agents_telemetry(scorers.vitals),
            held_down=sorted(scorers.held),
            cpu_seconds=self._usage.cpu_seconds() + sum(v.cpu_seconds for v in vitals),
            reasoning=reasoning_telemetry(scorers.vitals),
            utilisation=scorers.dealer.utilisation,
            moving=scorers.dealer.moving,
            scalings=scorers.dealer.scalings,
            faults=self._injected.states(time.monotonic_ns(), deeds(self._edge_vital, scorers)),
            degradation=self._edge_vital.degradation(fast_decided(scorers.vitals)),
        )
        self._uplink.offer(report)
        self._page.told(report)
        for vital in vitals:
            vital.reported()
