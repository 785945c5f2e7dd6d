"""The dealer: how many scorers there shall be, and who has which shards.

`asked` scorers shall have customers, `owners` is the table the edge has. Where they differ, and all
who get customers are up, the edge is told to move them (`Deal`); what it answers makes the new
table. A move that fails is tried again. Nothing but the edge's word changes the table, so an edge
that died in the middle of a move begins with the old one, and every scorer reads anew then.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from engine.model.control import PlatformSettings, ScalingTelemetry
from engine.platform.scaling import Scaler, Used, Utilisation
from engine.platform.shards import dealt, first_deal, gained
from engine.platform.wire import Deal, Dealt

AGAIN_SECONDS = 0.5  # after a move that failed
SCALINGS_KEPT = 32


@dataclass(frozen=True)
class Cause:
    """Why the number of scorers changes; `since` on the monotonic clock, in seconds."""

    name: str
    utilisation: float | None
    since: float


class Hands(Protocol):
    """Who does what the dealer wants."""

    def open(self, scorers: int) -> None:
        """Let there be processes for so many scorers."""

    def retire(self, scorers: int) -> None:
        """Nobody needs the scorers beyond so many."""

    def up(self, index: int) -> bool:
        """Whether a scorer takes work."""

    def send(self, deal: Deal) -> bool:
        """Tell the edge, if there is one."""

    def changed(self) -> None:
        """Customers have moved."""


class Dealer:
    """One platform's table of shards, and what becomes of it."""

    def __init__(self, settings: PlatformSettings, hands: Hands) -> None:
        self._hands = hands
        self.owners = first_deal(settings.scorers)
        self.asked = settings.scorers
        self.scalings: list[ScalingTelemetry] = []
        self._numbers = 0
        self._deal: Deal | None = None
        self._cause: Cause | None = None
        self._utilisation = Utilisation(settings.scorer_tps)
        least, most = settings.scorers_least, settings.scorers_most
        self._scaler = Scaler(least or settings.scorers, most or settings.scorers)

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

    def heard(self, index: int, cpu_seconds: float, scored: int) -> None:
        """A scorer that is up said what it used so far."""
        if index < self.serving:
            self._utilisation.heard(index, Used(time.monotonic(), cpu_seconds, scored))

    def lost(self, index: int) -> None:
        """A scorer is not up."""
        self._utilisation.forget(index)

    def edge_died(self) -> None:
        """No customer moves any more."""
        self._deal = None
        self._utilisation.clear()

    def look(self) -> None:
        """Once a tick: whether there should be more or fewer."""
        now = time.monotonic()
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
        self._hands.open(scorers)
        self.settle()

    def settle(self) -> None:
        """Have customers moved, if there are some to move and all who get them are up."""
        if self._deal is not None:
            return
        wanted = dealt(self.owners, self.asked)
        if wanted == self.owners:
            self._cause = None
            self._hands.retire(self.asked)
        elif all(self._hands.up(index) for index in gained(self.owners, wanted)):
            deal = Deal(self._numbers + 1, wanted)
            if self._hands.send(deal):
                self._numbers, self._deal = deal.number, deal

    def dealt(self, note: Dealt) -> None:
        """The edge has moved customers, or could not."""
        deal = self._deal
        if deal is None or deal.number != note.number:
            return
        self._deal = None
        if note.why_not:
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self.settle)
            return
        before, self.owners = self.serving, deal.owners
        self._tell_of(note, before)
        self._utilisation.clear()
        self._scaler.restart()
        self._hands.changed()
        self.settle()

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
