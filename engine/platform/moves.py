"""Moves: how customers go from one scorer to another while the platform serves.

    read ahead → hold → drain → read the rest → switch the table → forget → let go

1. The scorers that get customers read these from the journal, while the former still serve them.
2. New work of the moving customers is held at the edge, and so is what waited for their scorers;
   both count among what is under way, which is bounded: beyond that 503 with Retry-After.
3. What is with the former scorers comes back and is committed, or its scorer dies and it is
   answered 503; either way nothing of these customers is uncommitted then.
4. The new scorers read what was committed since they read ahead: little, so this is short.
5. The table is switched, the former scorers forget, and what was held goes to the new ones.

No customer is ever with two scorers: from 2 to 5 it is with none. If a scorer that is to get
customers dies or says nothing in 1 or 4, the old table stays, what was held goes to the former
scorers, which have forgotten nothing, and the supervisor hears why. If the edge dies, so do its
links: the next one begins with the table the supervisor knows, and all scorers read anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from engine.platform.link import LinkEndedError, ScorerLink
from engine.platform.past import REBUILD_ROWS
from engine.platform.pending import Pending
from engine.platform.router import Held, Router
from engine.platform.shards import gained
from engine.platform.wire import Deal, Dealt

DRAIN_POLL_SECONDS = 0.002
REST_SECONDS = 3.0  # nobody is held for longer by a scorer that reads the rest
AHEAD_SECONDS = 15.0

Gains = dict[ScorerLink, list[int]]


class MoveFailedError(Exception):
    """A scorer that was to get customers cannot take them."""


class Moves:
    """Carries out one `Deal` after the other.

    Args:
        router: Whose table is changed.
        under_way: All transactions between arrival and answer.
        undone: Answers those whose scorer is not up.
    """

    def __init__(
        self,
        router: Router,
        under_way: Callable[[], Iterable[Pending]],
        undone: Callable[[list[Pending]], None],
    ) -> None:
        self._router = router
        self._under_way = under_way
        self._undone = undone
        self._one_at_a_time = asyncio.Lock()

    async def deal(self, order: Deal) -> Dealt:
        """Move customers to this table; a move that fails leaves the old one."""
        async with self._one_at_a_time:
            gains = gained(self._router.owners, order.owners)
            shards = [shard for part in gains.values() for shard in part]
            try:
                links = self._links(gains)
                last = await self._read(links, dict.fromkeys(links, 0), AHEAD_SECONDS)
            except MoveFailedError as error:
                return Dealt(number=order.number, why_not=str(error))
            return await self._switch(order, links, last, shards)

    async def _switch(
        self, order: Deal, links: Gains, last: dict[ScorerLink, int], shards: list[int]
    ) -> Dealt:
        router = self._router
        began_ns, before, why_not = time.monotonic_ns(), router.owners, ""
        after = before
        held = router.hold(shards)
        try:
            await self._drained(held)
            await self._read(links, last, REST_SECONDS)
            self._forget(before, order.owners)
            after = order.owners
        except MoveFailedError as error:
            why_not = str(error)
        finally:
            self._undone(router.let_go(after))
        return Dealt(
            number=order.number,
            why_not=why_not,
            shards=0 if why_not else len(shards),
            held=len(held.work),
            held_ns=time.monotonic_ns() - began_ns,
        )

    def _links(self, gains: dict[int, list[int]]) -> Gains:
        found: Gains = {}
        for index, shards in gains.items():
            link = self._router.link(index)
            if link is None:
                msg = f"scorer {index} is not up"
                raise MoveFailedError(msg)
            found[link] = shards
        return found

    async def _read(
        self, links: Gains, after: dict[ScorerLink, int], seconds: float
    ) -> dict[ScorerLink, int]:
        """Let every scorer read its part; the last row each has read."""
        readings = {}
        for link, shards in links.items():
            among = len(shards) + len(self._router.shards_of(link.index))
            most = max(1, REBUILD_ROWS * len(shards) // among)
            readings[link] = link.read(shards, most, after[link])
        if readings:
            await asyncio.wait(readings.values(), timeout=seconds)
        for link, reading in readings.items():
            if not reading.done():
                link.give_up()  # so that its reading has failed
        try:
            return {link: reading.result() for link, reading in readings.items()}
        except LinkEndedError as error:
            raise MoveFailedError(str(error)) from error

    async def _drained(self, held: Held) -> None:
        """Wait until what is with the former scorers is committed or given up."""
        left = [one for one in self._under_way() if held.wants(one) and one.link is not held]
        while left:
            await asyncio.sleep(DRAIN_POLL_SECONDS)
            alive = {id(one) for one in self._under_way()}
            left = [one for one in left if id(one) in alive]

    def _forget(self, before: list[int], after: list[int]) -> None:
        lost: dict[int, list[int]] = {}
        for shard, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                lost.setdefault(old, []).append(shard)
        for index, shards in lost.items():
            link = self._router.link(index)
            if link is not None:
                link.leave(shards)
