"""The router: which scorer a customer's transactions go to, and when they are sent.

All links are given their batches together, in turns. A turn costs every process it wakes a cold
cache, which is worth several transactions' work; so the pause between turns grows with the rate,
from nothing (a lone transaction goes to its scorer at the end of the loop turn in which it came) to
10 ms from 5,000/s on:

    pause = min(10 ms, rate × 2 µs)      rate in transactions per second, smoothed over turns

While customers move from one scorer to another, `Held` stands in the table in place of either.
While the intake is stalled by order, no turn is taken; the one that is due follows at its end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from engine.platform.link import ScorerLink
from engine.platform.pending import Pending, TakesTickets
from engine.platform.shards import Owners, had_by, shard_of

LONGEST_PAUSE_SECONDS = 0.010
LIMITED_SECONDS = 0.005  # until a link that used up what it may send is looked at again
PAUSE_SECONDS_FOR_RATE = 2e-6
RATE_STEP = 0.2
FLUSH_SECONDS = 0.02  # committed tickets wait no longer for a batch to travel with


class Taker(TakesTickets, Protocol):
    """Who takes a customer's transactions, while it is up."""

    up: bool

    def submit(self, pending: Pending) -> None:
        """Have a transaction scored."""


class Held:
    """Takes the transactions of customers who are moving, and keeps them."""

    def __init__(self, shards: Sequence[int]) -> None:
        self.index = -1
        self.up = True
        self.shards = frozenset(shards)
        self.work: list[Pending] = []

    def submit(self, pending: Pending) -> None:
        """Keep it until its customer has arrived."""
        self.work.append(pending)

    def committed(self, ticket: int) -> None:
        """Nothing that is held can have been committed."""

    def wants(self, pending: Pending) -> bool:
        """Whether it is of a customer who moves."""
        return shard_of(pending.admitted.route) in self.shards


def _wait() -> None:
    """No turn is taken, and it stays planned."""


class Router:
    """The links by scorer, and the table of shards."""

    def __init__(self, owners: Owners) -> None:
        self.owners = list(owners)
        self._links: dict[int, ScorerLink] = {}
        self._former: dict[int, tuple[int, int]] = {}
        self._table: list[Taker | None] = [None] * len(owners)
        self._held: Held | None = None
        self._loop = asyncio.get_running_loop()
        self._turned_ns = 0
        self._rate = 0.0
        self._planned = False
        self._take: Callable[[], None] = self._turn

    def plan(self) -> None:
        """Let every link send what waits: soon, but not before the pause is over."""
        if self._planned:
            return
        self._planned = True
        pause = min(LONGEST_PAUSE_SECONDS, self._rate * PAUSE_SECONDS_FOR_RATE)
        rest = pause - (time.monotonic_ns() - self._turned_ns) / 1e9
        if rest > 0.0:
            self._loop.call_later(rest, self._take)
        else:
            self._loop.call_soon(self._take)

    def stall(self) -> None:
        """Take no turn until `go_on`; one that is planned already is still taken."""
        self._take = _wait

    def go_on(self) -> None:
        """Take turns again, beginning with the one that is due."""
        self._take = self._turn
        self._planned = False
        self.plan()

    def _turn(self) -> None:
        self._planned = False
        now = time.monotonic_ns()
        links = list(self._links.values())
        rows = sum([link.turn() for link in links])
        rate = rows * 1e9 / max(now - self._turned_ns, 1)
        self._rate += RATE_STEP * (rate - self._rate)
        self._turned_ns = now
        if any(link.limited for link in links):
            self._loop.call_later(LIMITED_SECONDS, self.plan)

    def link_of(self, route: int) -> Taker | None:
        """Who takes the work of a customer's stable hash; None while its scorer is not up."""
        taker = self._table[shard_of(route)]
        return taker if taker is not None and taker.up else None

    def replace(self, link: ScorerLink) -> None:
        """A new link for its scorer; a former one is closed."""
        former = self._links.get(link.index)
        if former is not None:
            former.close()
            answered, latency_ns = self._former.get(link.index, (0, 0))
            self._former[link.index] = (answered + former.answered, latency_ns + former.latency_ns)
        self._links[link.index] = link
        self._spread()

    def hold(self, shards: Sequence[int]) -> Held:
        """Keep the work of these shards from now on, and what waits for their scorers."""
        self._held = held = Held(shards)
        for link in self._links.values():
            for pending in link.withdraw(held.wants):
                pending.link = held
                held.submit(pending)
        self._spread()
        return held

    def let_go(self, owners: Owners) -> list[Pending]:
        """Go on by this table; what was held and whose scorer is not up comes back."""
        held, self._held = self._held, None
        self.owners = list(owners)
        self._spread()
        undone = []
        for pending in held.work if held is not None else []:
            taker = self.link_of(pending.admitted.route)
            if taker is None:
                undone.append(pending)
            else:
                pending.link = taker
                taker.submit(pending)
        return undone

    def _spread(self) -> None:
        held = self._held
        for shard, owner in enumerate(self.owners):
            moving = held is not None and shard in held.shards
            self._table[shard] = held if moving else self._links.get(owner)

    def shards_of(self, index: int) -> list[int]:
        """The shards that a scorer has now."""
        return had_by(self.owners, index)

    def link(self, index: int) -> ScorerLink | None:
        """The link to a scorer that is up."""
        link = self._links.get(index)
        return link if link is not None and link.up else None

    def links(self) -> list[ScorerLink]:
        """All links, up or not."""
        return list(self._links.values())

    def asked(self) -> int:
        """How many scorers have shards."""
        return len(set(self.owners))

    def serving(self) -> int:
        """How many of them are up."""
        return sum(self.link(index) is not None for index in set(self.owners))

    def oldest_ns(self) -> int | None:
        """When the oldest of all transactions at scorers, waiting for one or held was received."""
        found = [at for link in self._links.values() if (at := link.oldest_ns()) is not None]
        if self._held is not None and self._held.work:
            found.append(self._held.work[0].received_ns)
        return min(found, default=None)

    def waiting(self) -> int:
        """Transactions at scorers, waiting for one, or held."""
        held = len(self._held.work) if self._held is not None else 0
        return held + sum(link.depth for link in self._links.values())

    def totals(self) -> list[tuple[int, int, int]]:
        """(answered, latency in ns, depth) of scorer 0, 1, … since this edge began."""
        found = []
        for index in range(max(self._links, default=-1) + 1):
            answered, latency_ns = self._former.get(index, (0, 0))
            link = self._links.get(index)
            if link is None:
                found.append((answered, latency_ns, 0))
            else:
                total = (answered + link.answered, latency_ns + link.latency_ns, link.depth)
                found.append(total)
        return found
