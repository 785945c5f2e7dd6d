"""The scorers as the supervisor has them: slots, links to the edge, who has which shards.

`asked` scorers shall have customers, `owners` is the table the edge has. Where they differ, and all
who get customers are up, the edge is told to move them (`Deal`); what it answers makes the new
table. A move that fails is tried again; nothing but the edge's word changes the table, so an edge
that died in the middle of a move begins with the old one, and every scorer reads anew then.

A scorer that is held down is killed, and again each time it comes back, before it can do any work.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.model.control import PlatformSettings, ScalingTelemetry
from engine.platform.scaling import Scaler, Used, Utilisation
from engine.platform.scorer_vital import ScorerVital
from engine.platform.shards import dealt, first_deal, gained
from engine.platform.slots import Slot
from engine.platform.wire import (
    ChildFailed,
    Control,
    Deal,
    Dealt,
    Link,
    LinkLost,
    Note,
    ScorerCounters,
    ScorerSettings,
    Warm,
)

RELINK_SECONDS = 0.2
AGAIN_SECONDS = 0.5  # after a move that failed
SCALINGS_KEPT = 32
MODULE = "engine.platform.scorer"


@dataclass(frozen=True)
class Cause:
    """Why the number of scorers changes; `since` on the monotonic clock, in seconds."""

    name: str
    utilisation: float | None
    since: float


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
        self.owners = first_deal(settings.scorers)
        self.asked = settings.scorers
        self.held: set[int] = set()
        self.scalings: list[ScalingTelemetry] = []
        self._numbers = 0
        self._deal: Deal | None = None
        self._cause: Cause | None = None
        self._looked = time.monotonic()
        self._utilisation = Utilisation(settings.scorer_tps)
        least, most = settings.scorers_least, settings.scorers_most
        self._scaler = Scaler(least or settings.scorers, most or settings.scorers)
        for _ in range(settings.scorers):
            self._add()

    def _add(self) -> None:
        index = len(self.slots)
        vital = ScorerVital(index)
        self.vitals.append(vital)
        noted, died = partial(self._noted, index), partial(self._died, index)
        self.slots.append(Slot(MODULE, vital, partial(self._began, index), noted, died))

    @property
    def serving(self) -> int:
        """How many have customers: scorers 0 to that number less one."""
        return max(self.owners) + 1

    @property
    def moving(self) -> int:
        """Shards on their way to another scorer."""
        deal = self._deal
        return sum(map(len, gained(self.owners, deal.owners).values())) if deal else 0

    @property
    def utilisation(self) -> float | None:
        """Of those that have customers and are up."""
        return self._utilisation.now()

    def start(self) -> None:
        """Fill every slot."""
        for slot in self.slots:
            slot.start()

    def ready(self) -> bool:
        """Whether all that have customers are up."""
        return all(slot.vital.status == "up" for slot in self.slots[: self.serving])

    def look(self) -> None:
        """Once a tick: who hangs, and whether there should be more or fewer."""
        now = time.monotonic()
        for slot in self.slots:
            slot.waited(now - self._looked)
        self._looked = now
        if self._cause is None:
            wish = self._scaler.look(now, self.utilisation, self.serving)
            if wish is not None:
                self._ask(wish.scorers, Cause("utilisation", wish.utilisation, wish.since))

    def scale(self, scorers: int) -> None:
        """Go on with so many by order, within the bounds."""
        wanted = self._scaler.bounded(scorers)
        if wanted != self.asked:
            self._ask(wanted, Cause("order", self.utilisation, time.monotonic()))

    def _ask(self, scorers: int, cause: Cause) -> None:
        self.asked, self._cause = scorers, cause
        while len(self.slots) < scorers:
            self._add()
        for slot in self.slots[self.serving : scorers]:
            slot.open()
        self._settle()

    def _settle(self) -> None:
        """Have customers moved, if there are some to move and all who get them are up."""
        wanted = dealt(self.owners, self.asked)
        if self._deal is not None or wanted == self.owners:
            if self._deal is None:
                self._retire()
            return
        getting = gained(self.owners, wanted)
        child = self._edge.child
        if child is None or any(self.vitals[index].status != "up" for index in getting):
            return
        self._numbers += 1
        self._deal = Deal(self._numbers, wanted)
        child.tell(self._deal)

    def dealt(self, note: Dealt) -> None:
        """The edge has moved customers, or could not."""
        deal = self._deal
        if deal is None or deal.number != note.number:
            return
        self._deal = None
        if note.why_not:
            self._loop.call_later(AGAIN_SECONDS, self._settle)
            return
        before, self.owners = self.serving, deal.owners
        self._tell_of(note, before)
        self.tell(self._hears.burdens())  # each one's share of a limit is another now
        self._utilisation.clear()
        self._scaler.restart()
        self._settle()

    def _tell_of(self, note: Dealt, before: int) -> None:
        now = time.monotonic()
        cause = self._cause or Cause("order", None, now)
        told = ScalingTelemetry(
            number=self.scalings[-1].number + 1 if self.scalings else 1,
            at_ns=time.monotonic_ns(),
            from_scorers=before,
            to_scorers=self.serving,
            cause=cause.name,
            utilisation=cause.utilisation,
            seconds=now - cause.since,
            shards=note.shards,
            held=note.held,
            held_ms=note.held_ns / 1e6,
        )
        self.scalings = [*self.scalings, told][-SCALINGS_KEPT:]

    def _retire(self) -> None:
        """The table is as asked: nobody needs the scorers beyond it."""
        self._cause = None
        for slot in self.slots[self.asked :]:
            slot.close()

    def hold_down(self, indices: list[int]) -> None:
        """Kill these, and again as they return."""
        self.held = {index for index in indices if 0 <= index < self.serving}
        for index in self.held:
            self.slots[index].kill()

    def release(self) -> None:
        """Let all return; idempotent."""
        held, self.held = self.held, set()
        for index in held:
            self.slots[index].hurry()

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
                )
            )

    def _noted(self, index: int, note: Note) -> None:
        slot = self.slots[index]
        if isinstance(note, ScorerCounters):
            self.vitals[index].heard(note)
            if slot.vital.status == "up" and index < self.serving:
                self._utilisation.heard(
                    index, Used(time.monotonic(), note.cpu_seconds, note.scored)
                )
        elif isinstance(note, Warm):
            slot.warm = True
            if slot.child is not None:
                slot.child.tell(self._hears.burdens())
            if index in self.held:
                slot.kill()
            else:
                self._link(index)
        elif isinstance(note, ChildFailed):
            self._hears.failed(note.message)

    def _died(self, index: int) -> None:
        self._utilisation.forget(index)

    def tell(self, control: Control) -> None:
        """Tell every scorer."""
        for slot in self.slots:
            if slot.child is not None:
                slot.child.tell(control)

    def edge_warm(self) -> None:
        """A new edge: link it with every scorer that is warm."""
        for index in range(len(self.slots)):
            self._link(index)

    def edge_died(self) -> None:
        """No scorer can do its work, and no customer moves."""
        self._deal = None
        self._utilisation.clear()
        for slot in self.slots:
            slot.not_up()

    def _link(self, index: int) -> None:
        """Join the edge and a scorer, if both are warm."""
        edge, scorer = self._edge, self.slots[index]
        if edge.child is None or scorer.child is None or not (edge.warm and scorer.warm):
            return
        one, other = socket.socketpair()
        with one, other:
            edge.child.tell(Link(index), one)
            scorer.child.tell(Link(index), other)

    def link_up(self, index: int) -> None:
        """A scorer has its customers, and takes work."""
        self.slots[index].up()
        self._hears.came_up()
        self._settle()

    def link_lost(self, note: LinkLost) -> None:
        """The edge's link to a scorer ended: make another, unless the scorer hangs or died."""
        slot = self.slots[note.index]
        slot.not_up()
        self._utilisation.forget(note.index)
        if note.silent:
            slot.kill()
        elif slot.child is not None:
            self._loop.call_later(RELINK_SECONDS, self._relink, note.index, slot.child.pid)

    def _relink(self, index: int, pid: int) -> None:
        slot = self.slots[index]
        if slot.child is not None and slot.child.pid == pid and slot.vital.status == "starting":
            self._link(index)
