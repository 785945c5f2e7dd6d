"""Traffic that costs nothing, and feeds of it to take from."""

import asyncio
import contextlib
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from engine.load.feed import Feed, Making
from engine.load.feeds import Feeds
from engine.load.making.thread import ThreadMaker
from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.model.scenario import LoadProfile

BLOCK = 64
CUSTOMERS = 997


@dataclass
class Block:
    numbers: np.ndarray

    def __post_init__(self):
        size = len(self.numbers)
        self.ids = self.numbers
        self.customers = customer_of(self.numbers)
        self.bodies = [b"%d" % number for number in self.numbers]
        self.kinds = np.zeros(size, dtype=np.uint8)
        self.rejects = np.zeros(size, dtype=bool)
        self.values_usd = np.ones(size)


def customer_of(numbers):
    return numbers * 7919 % CUSTOMERS


class FakeTraffic:
    """The arrivals of the customers of one share."""

    def __init__(self, share=0, shares=1, fails_at=None):
        self.share, self.shares, self.fails_at = share, shares, fails_at
        self.made = []

    def of(self, share, shares):
        other = FakeTraffic(share, shares, self.fails_at)
        other.made = self.made
        return other

    def block(self, index):
        if index == self.fails_at:
            raise KeyError("no such customer")
        self.made.append(index)
        numbers = np.arange(index * BLOCK, (index + 1) * BLOCK)
        return Block(numbers[customer_of(numbers) % self.shares == self.share])


def pacer(tps=100, seconds=20):
    return Pacer(Profile(LoadProfile(profile_type="sustained", sustained_tps=tps), seconds, 0))


class AtOnce(Executor):
    """Makes what it is asked for right away: for properties, of which many are run."""

    def submit(self, make, /, *args):
        made = Future()
        made.set_result(make(*args))
        return made


def making(traffic, users=0, executor=None):
    executor = executor or ThreadPoolExecutor(1, "maker")
    return Making(ThreadMaker(traffic, BLOCK, executor), lambda body: b"POST " + body, users)


def feeding(scenario, traffic, pace, executor=None, **changes):
    """What a scenario over one feed returns."""

    async def run():
        by = making(traffic, changes.pop("users", 0), executor)
        feed = Feed(by, (traffic.share, traffic.shares), pace, **changes)
        await feed.fill()
        try:
            return await scenario(feed)
        finally:
            feed.close()
            by.maker.close()

    return asyncio.run(run())


@contextlib.contextmanager
def crew(pace, shares):
    """The feeds of that many workers."""
    by = making(FakeTraffic(), executor=AtOnce())
    feeds = [Feeds(Feed(by, (share, shares), pace), by) for share in range(shares)]
    try:
        yield feeds
    finally:
        for one in feeds:
            one.close()


def take_ready(feed, before_ns):
    """Arrivals due before that time that are made already."""
    taken = []
    while arrivals := feed.take(before_ns)[1]:
        taken += arrivals
    return taken


async def take_all(feed, before_ns):
    """Arrivals due before that time, waiting for those that are not made yet."""
    taken = []
    async with asyncio.timeout(60):
        while True:
            taken += take_ready(feed, before_ns)
            if feed.gave_before(before_ns):
                return taken
            await asyncio.sleep(0)


def numbers(arrivals):
    return [arrival.number for arrival in arrivals]
