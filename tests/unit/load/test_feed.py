"""Blocks are made ahead of time, in order, and no further than needed."""

import asyncio
from dataclasses import dataclass

import numpy as np
import pytest

from engine.load.feed import Feed, Making
from engine.load.pacer import NEVER_NS, Pacer
from engine.load.profiles import Profile
from engine.model.scenario import LoadProfile

BLOCK = 64


@dataclass
class Block:
    numbers: np.ndarray

    def __post_init__(self):
        size = len(self.numbers)
        self.customers = self.numbers % 1000
        self.bodies = [b"%d" % number for number in self.numbers]
        self.kinds = np.zeros(size, dtype=np.uint8)
        self.rejects = np.zeros(size, dtype=bool)
        self.values_usd = np.ones(size)


class FakeTraffic:
    """Every second arrival is this share's."""

    shares = 2

    def __init__(self, fails_at=None):
        self.made, self.fails_at = [], fails_at

    def block(self, index):
        if index == self.fails_at:
            raise KeyError("no such customer")
        self.made.append(index)
        return Block(np.arange(index * BLOCK, (index + 1) * BLOCK, 2))


def pacer(tps=100, seconds=20):
    return Pacer(Profile(LoadProfile(profile_type="sustained", sustained_tps=tps), seconds, 0))


def feeding(scenario, traffic, pace):
    async def run():
        making = Making(BLOCK, lambda body: b"POST " + body)
        feed = Feed(traffic, pace, making)
        await feed.fill()
        try:
            return await scenario(feed)
        finally:
            feed.close()
            making.executor.shutdown()

    return asyncio.run(run())


async def take_until(feed, end_ns, step_ns=50_000_000):
    taken = []
    for now_ns in range(0, end_ns + 1, step_ns):
        while arrivals := feed.take(now_ns)[1]:
            taken += arrivals
        await asyncio.sleep(0.001)
    return taken


def test_every_arrival_of_the_share_comes_once_when_it_is_due_with_its_request():
    async def scenario(feed):
        taken = await take_until(feed, 21_000_000_000)
        return taken, feed.gave_before(NEVER_NS), feed.next_due_ns()

    pace = pacer()
    taken, exhausted, following = feeding(scenario, FakeTraffic(), pace)
    numbers = [arrival.number for arrival in taken]
    assert numbers == list(range(0, 2000, 2))
    assert [a.due_ns / 1e9 for a in taken] == pytest.approx(pace.due_seconds(np.array(numbers)))
    assert taken[5].request == b"POST 10"
    assert (exhausted, following) == (True, None)


def test_an_arrival_is_taken_before_an_instant_only_if_it_is_due_before_it():
    async def scenario(feed):
        due_ns = feed.next_due_ns()
        return due_ns, len(feed.take(due_ns)[1]), len(feed.take(due_ns + 1)[1])

    assert feeding(scenario, FakeTraffic(), pacer()) == (10_000_000, 0, 1)


def test_the_feed_stays_a_few_seconds_ahead_and_no_more():
    async def scenario(feed):
        before = max(traffic.made)
        await take_until(feed, 5_000_000_000)
        return before, max(traffic.made)

    traffic = FakeTraffic()
    before, after = feeding(scenario, traffic, pacer(seconds=1000))
    assert before * BLOCK <= 100 * 2.0 + 2 * BLOCK
    assert 7 * 100 <= (after + 1) * BLOCK <= 100 * 8.0 + 2 * BLOCK


def test_a_closed_feed_gives_nothing_more():
    async def scenario(feed):
        feed.close()
        return feed.gave_before(NEVER_NS), feed.take(10**12)[1]

    assert feeding(scenario, FakeTraffic(), pacer()) == (True, [])


def test_what_goes_wrong_in_the_making_is_told_before_the_start_or_at_the_next_take():
    async def never(feed):
        raise AssertionError

    with pytest.raises(KeyError, match="no such customer"):
        feeding(never, FakeTraffic(fails_at=1), pacer())

    async def later(feed):
        await take_until(feed, 20_000_000_000)

    with pytest.raises(KeyError, match="no such customer"):
        feeding(later, FakeTraffic(fails_at=12), pacer())


def test_who_ran_dry_is_told_when_there_is_more():
    async def scenario(feed):
        told = asyncio.Event()
        feed.arrived = told.set
        while feed.take(10**12)[1]:
            pass
        await asyncio.wait_for(told.wait(), 20)
        return len(feed.take(10**12)[1])

    assert feeding(scenario, FakeTraffic(), pacer()) == BLOCK // 2
