"""The supervisor: holds the listening socket, starts the edge and the scorers, and keeps them up.

A link between the edge and a scorer is made whenever both are warm. While a scorer is held down
it is killed, and again each time it comes back, before it can do any work. When stdin closes,
everything ends at once: children die with their control sockets, whatever ends the supervisor.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from functools import partial

from engine.measure.resources import ProcessUsage
from engine.model.control import (
    HoldDown,
    PlatformCommand,
    PlatformFailed,
    PlatformReady,
    PlatformReport,
    PlatformSettings,
    Release,
    Shutdown,
)
from engine.platform.metrics_page import MetricsPage
from engine.platform.metrics_server import MetricsServer
from engine.platform.scorer_vital import ScorerVital, agents_telemetry, reasoning_telemetry
from engine.platform.slots import Slot
from engine.platform.telemetry import EdgeVital
from engine.platform.uplink import Uplink
from engine.platform.wire import (
    ChildFailed,
    Drain,
    EdgeCounters,
    EdgeSettings,
    Link,
    LinkLost,
    LinkUp,
    Note,
    ScorerCounters,
    ScorerSettings,
    Warm,
)

BACKLOG = 4_096
IN_FLIGHT_LIMIT = 4_096
RELINK_SECONDS = 0.2
SHUTDOWN_SECONDS = 2.0


class Supervisor:
    """One platform."""

    def __init__(self, settings: PlatformSettings, uplink: Uplink) -> None:
        self._settings = settings
        self._uplink = uplink
        self._loop = asyncio.get_running_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._edge_vital = EdgeVital()
        self._scorer_vitals = [ScorerVital(index) for index in range(settings.scorers)]
        self._page = MetricsPage(self._edge_vital, self._scorer_vitals)
        self._metrics = MetricsServer(self._page.text)
        self._edge = Slot(
            "engine.platform.edge",
            self._edge_vital,
            self._edge_began,
            self._edge_noted,
            self._edge_died,
        )
        self._scorers = [
            Slot(
                "engine.platform.scorer",
                vital,
                partial(self._scorer_began, vital.index),
                partial(self._scorer_noted, vital.index),
                self._nothing,
            )
            for vital in self._scorer_vitals
        ]
        self._held: set[int] = set()
        self._lease: asyncio.TimerHandle | None = None
        self._ready = False
        self._usage = ProcessUsage()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to shut down."""
        self._edge.start()
        for slot in self._scorers:
            slot.start()
        await self._metrics.start()
        while not self._ended.is_set():
            try:
                await asyncio.wait_for(self._ended.wait(), self._settings.tick_seconds)
            except TimeoutError:
                self._report()
        self._report()

    def command(self, command: PlatformCommand) -> None:
        """An order from the app."""
        if isinstance(command, HoldDown):
            self._hold_down(command)
        elif isinstance(command, Release):
            self._release()
        elif isinstance(command, Shutdown):
            self._shut_down()

    def kill_all(self) -> None:
        """End every child at once."""
        for slot in (self._edge, *self._scorers):
            slot.kill()

    def _hold_down(self, command: HoldDown) -> None:
        self._release()
        self._held = {index for index in command.scorers if 0 <= index < len(self._scorers)}
        self._lease = self._loop.call_later(command.lease_seconds, self._release)
        for index in self._held:
            self._scorers[index].kill()

    def _release(self) -> None:
        held, self._held = self._held, set()
        for index in held:
            self._scorers[index].hurry()
        if self._lease is not None:
            self._lease.cancel()
            self._lease = None

    def _shut_down(self) -> None:
        for slot in (self._edge, *self._scorers):
            slot.closing = True
        self._release()
        if self._edge.child is None:
            self._ended.set()
        else:
            self._edge.child.tell(Drain())
        self._loop.call_later(SHUTDOWN_SECONDS, self._ended.set)

    def _nothing(self) -> None:
        """A scorer died: its slot fills itself, and the edge sees its link end."""

    def _edge_began(self) -> None:
        if self._edge.child is not None:
            settings = EdgeSettings(
                journal=self._settings.journal,
                scorers=self._settings.scorers,
                in_flight_limit=IN_FLIGHT_LIMIT,
                tick_seconds=self._settings.tick_seconds,
            )
            self._edge.child.tell(settings, self._listener)

    def _edge_noted(self, note: Note) -> None:
        if isinstance(note, EdgeCounters):
            self._edge_vital.heard(note)
        elif isinstance(note, Warm):
            self._edge.warm = True
            self._edge.up()
            for index in range(len(self._scorers)):
                self._link(index)
        elif isinstance(note, LinkUp):
            self._scorers[note.index].up()
            self._check_ready()
        elif isinstance(note, LinkLost):
            self._link_lost(note)
        elif isinstance(note, ChildFailed):
            self._failed(note.message)

    def _edge_died(self) -> None:
        for slot in self._scorers:
            slot.not_up()
        if self._edge.closing:
            self._ended.set()

    def _scorer_began(self, index: int) -> None:
        child = self._scorers[index].child
        if child is not None:
            settings = ScorerSettings(
                index=index,
                scorers=self._settings.scorers,
                journal=self._settings.journal,
                model=self._settings.model,
                tick_seconds=self._settings.tick_seconds,
            )
            child.tell(settings)

    def _scorer_noted(self, index: int, note: Note) -> None:
        if isinstance(note, ScorerCounters):
            self._scorer_vitals[index].heard(note)
        elif isinstance(note, Warm):
            self._scorers[index].warm = True
            if index in self._held:
                self._scorers[index].kill()
            else:
                self._link(index)
        elif isinstance(note, ChildFailed):
            self._failed(note.message)

    def _link(self, index: int) -> None:
        """Join the edge and a scorer, if both are warm."""
        edge, scorer = self._edge, self._scorers[index]
        if edge.child is None or scorer.child is None or not (edge.warm and scorer.warm):
            return
        one, other = socket.socketpair()
        with one, other:
            edge.child.tell(Link(index), one)
            scorer.child.tell(Link(index), other)

    def _link_lost(self, note: LinkLost) -> None:
        slot = self._scorers[note.index]
        slot.not_up()
        if note.silent:
            slot.kill()
        elif slot.child is not None:
            self._loop.call_later(RELINK_SECONDS, self._relink, note.index, slot.child.pid)

    def _relink(self, index: int, pid: int) -> None:
        slot = self._scorers[index]
        if slot.child is not None and slot.child.pid == pid and slot.vital.status == "starting":
            self._link(index)

    def _check_ready(self) -> None:
        if not self._ready and all(slot.vital.status == "up" for slot in self._scorers):
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
        vitals = [self._edge_vital, *self._scorer_vitals]
        report = PlatformReport(
            at_ns=time.monotonic_ns(),
            supervisor_pid=os.getpid(),
            edge=self._edge_vital.telemetry(),
            scorers=[vital.telemetry(self._edge_vital) for vital in self._scorer_vitals],
            agents=agents_telemetry(self._scorer_vitals),
            held_down=sorted(self._held),
            cpu_seconds=self._usage.cpu_seconds() + sum(v.cpu_seconds for v in vitals),
            reasoning=reasoning_telemetry(self._scorer_vitals),
        )
        self._uplink.offer(report)
        self._page.told(report)
        for vital in vitals:
            vital.reported()
