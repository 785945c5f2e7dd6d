"""Places that are lost, cannot be connected, or fail in ways nobody thought of."""

import asyncio
import time
from collections import Counter

import pytest

from engine.load.senders.keeper import Keeper


class Places:
    """A pool whose every connect the test decides; no place may be connected twice at once."""

    def __init__(self, places, connect):
        self.tried, self.told, self.under_way = Counter(), [], set()
        self._decide = connect
        self.keeper = Keeper(places, self._connect, lambda place, _: self.told.append(place))

    async def _connect(self, place):
        assert place not in self.under_way, "two attempts for one place"
        self.under_way.add(place)
        try:
            self.tried[place] += 1
            await asyncio.sleep(0)
            await self._decide(self, place)
        finally:
            self.under_way.discard(place)

    async def settle(self):
        """Until nothing is left to try."""
        async with asyncio.timeout(20):
            while self.keeper._vacant or self.keeper._connects:
                self.keeper.refill(time.monotonic_ns())
                await asyncio.sleep(0.001)


def settled(connect, places=3):
    async def scenario():
        pool = Places(places, connect)
        await pool.keeper.first_round()
        await pool.settle()
        return pool

    return asyncio.run(scenario())


@pytest.mark.parametrize("error", [OSError, ValueError, RuntimeError, KeyError, AssertionError])
def test_whatever_goes_wrong_a_place_is_tried_again(error):
    async def fail_once(pool, place):
        if pool.tried[place] == 1:
            raise error
        pool.keeper.opened(place)

    pool = settled(fail_once)
    assert pool.tried == {0: 2, 1: 2, 2: 2}
    assert sorted(pool.told) == [0, 1, 2]


def test_an_attempt_that_fails_after_it_opened_makes_no_second_one_of_the_open_place():
    async def open_then_fail(pool, place):
        pool.keeper.opened(place)
        raise RuntimeError

    pool = settled(open_then_fail)
    assert pool.tried == {0: 1, 1: 1, 2: 1}
    assert pool.told == []


def test_a_place_that_is_lost_while_its_attempt_still_ends_is_tried_again_once():
    async def open_lose_and_fail(pool, place):
        pool.keeper.opened(place)
        if pool.tried[place] == 1:
            pool.under_way.discard(place)
            pool.keeper.lost(place, proved=True)
            await asyncio.sleep(0)
            raise TimeoutError

    assert settled(open_lose_and_fail).tried == {0: 2, 1: 2, 2: 2}
