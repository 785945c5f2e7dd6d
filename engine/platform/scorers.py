"""The scorers as the supervisor has them: their processes, and their links to the edge.

How many there are and who has which customers is the dealer's. A scorer that is held down is
killed, and again each time it comes back, before it can do any work.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.model.control import PlatformSettings
from engine.platform.dealer import Dealer
from engine.platform.scorer_vital import ScorerVital
from engine.platform.slots import Slot
from engine.platform.wire import (
    ChildFailed,
    Control,
    Deal,
    Link,
    LinkLost,
    LinkUp,
    Note,
    ScorerCounters,
    ScorerSettings,
    Warm,
)

RELINK_SECONDS = 0.2
MODULE = "engine.platform.scorer"


@dataclass(frozen=True)
class Hears:
    """Who is told: that a scorer came up, that one cannot work, and what each has to bear."""

    came_up: Callable[[], None]
    failed: Callable[[str], None]
    burdens: Callable[[], Control]


class Scorers:
    """All scorer slots of a platform; `edge` is the edge's."""

    def __init__(self, settings: PlatformSettings, edge: Slot, hears: Hears) -> None:
        self._settings, self._edge, self._hears = settings, edge, hears
        self._loop = asyncio.get_running_loop()
        self.vitals: list[ScorerVital] = []
        self.slots: list[Slot] = []
        self.held: set[int] = set()
        self.killed = 0
        self._looked = time.monotonic()
        self.dealer = Dealer(settings, self)
        for _ in range(settings.scorers):
            self._add()

    def _add(self) -> None:
        index = len(self.slots)
        vital = ScorerVital(index)
        self.vitals.append(vital)
        began, noted = partial(self._began, index), partial(self._noted, index)
        self.slots.append(Slot(MODULE, vital, began, noted, partial(self.dealer.lost, index)))

    def start(self) -> None:
        """Fill every slot."""
        for slot in self.slots:
            slot.start()

    def ready(self) -> bool:
        """Whether all that have customers are up."""
        return all(map(self.up, range(self.dealer.serving)))

    def look(self) -> None:
        """Once a tick: who hangs, and whether there should be more or fewer."""
        now = time.monotonic()
        for slot in self.slots:
            slot.waited(now - self._looked)
        self._looked = now
        self.dealer.look()

    def open(self, scorers: int) -> None:
        """Let there be processes for so many scorers."""
        while len(self.slots) < scorers:
            self._add()
        for slot in self.slots[self.dealer.serving : scorers]:
            slot.open()

    def retire(self, scorers: int) -> None:
        """Nobody needs the scorers beyond so many."""
        for slot in self.slots[scorers:]:
            slot.close()

    def up(self, index: int) -> bool:
        """Whether a scorer takes work."""
        return self.vitals[index].status == "up"

    def send(self, deal: Deal) -> bool:
        """Tell the edge to move customers, if there is one."""
        child = self._edge.child
        if child is not None:
            child.tell(deal)
        return child is not None

    def changed(self) -> None:
        """Customers have moved: each scorer's share of a limit is another now."""
        self.tell(self._hears.burdens())

    def hold_down(self, indices: list[int]) -> None:
        """Kill these, and again as they return; let all others return. Idempotent."""
        before = self.held
        self.held = {index for index in indices if 0 <= index < self.dealer.serving}
        for index in self.held - before:
            self._kill(index)
        for index in before - self.held:
            self.slots[index].hurry()

    def _kill(self, index: int) -> None:
        """By order; counted."""
        slot = self.slots[index]
        if slot.child is not None:
            self.killed += 1
            slot.kill()

    def tell(self, control: Control) -> None:
        """Tell every scorer."""
        for slot in self.slots:
            if slot.child is not None:
                slot.child.tell(control)

    def _began(self, index: int) -> None:
        child = self.slots[index].child
        if child is not None:
            settings = self._settings
            child.tell(
                ScorerSettings(
                    index=index,
                    journal=settings.journal,
                    model=settings.model,
                    tick_seconds=settings.tick_seconds,
                    breakers=settings.breakers,
                )
            )

    def _noted(self, index: int, note: Note) -> None:
        slot = self.slots[index]
        if isinstance(note, ScorerCounters):
            self.vitals[index].heard(note)
            if self.up(index):
                self.dealer.heard(index, note.cpu_seconds, note.scored)
        elif isinstance(note, Warm):
            slot.warm = True
            if slot.child is not None:
                slot.child.tell(self._hears.burdens())
            if index in self.held:
                self._kill(index)
            else:
                self._link(index)
        elif isinstance(note, ChildFailed):
            self._hears.failed(note.message)

    def edge_warm(self) -> None:
        """A new edge: link it with every scorer that is warm."""
        for index in range(len(self.slots)):
            self._link(index)

    def edge_died(self) -> None:
        """No scorer can do its work, and no customer moves."""
        self.dealer.edge_died()
        for slot in self.slots:
            slot.not_up()

    def _link(self, index: int) -> None:
        """Join the edge and a scorer, if both are warm."""
        edge, scorer = self._edge, self.slots[index]
        if edge.child is None or scorer.child is None or not (edge.warm and scorer.warm):
            return
        one, other = socket.socketpair()
        with one, other:
            link = Link(index, scorer.child.pid)
            edge.child.tell(link, one)
            scorer.child.tell(link, other)

    def link_up(self, note: LinkUp) -> None:
        """A scorer has its customers, and takes work."""
        if not self._is_of(note.index, note.pid):
            return
        self.slots[note.index].up()
        self._hears.came_up()
        self.dealer.settle()

    def _is_of(self, index: int, pid: int) -> bool:
        """Whether news of a link are of the process there is now, not of one that died."""
        child = self.slots[index].child
        return child is not None and child.pid == pid

    def link_lost(self, note: LinkLost) -> None:
        """The edge's link to a scorer ended: make another, unless the scorer hangs or died."""
        if not self._is_of(note.index, note.pid):
            return
        slot = self.slots[note.index]
        slot.not_up()
        self.dealer.lost(note.index)
        if note.silent:
            slot.kill()
        else:
            self._loop.call_later(RELINK_SECONDS, self._relink, note.index, note.pid)

    def _relink(self, index: int, pid: int) -> None:
        if self._is_of(index, pid) and self.vitals[index].status == "starting":
            self._link(index)
