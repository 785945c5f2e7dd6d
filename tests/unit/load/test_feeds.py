"""What workers take over from lost ones: each arrival is offered once, or counted as not."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.load.pacer import Pacer
from engine.model.control import TakeOver
from engine.run.takeover import Coverage
from tests.unit.load.kitchen import (
    AtOnce,
    FakeTraffic,
    crew,
    customer_of,
    feeding,
    numbers,
    pacer,
    take_all,
    take_ready,
)

SECOND = 1_000_000_000
DURATION = 20


class Run:
    """Workers on one schedule: they advance, report, are lost, and hear of changes."""

    def __init__(self, feeds, pace):
        self.living = dict(enumerate(feeds))
        self.plan, self.pace, self.changes = pace, pace, []
        self.coverage = Coverage(len(feeds), DURATION)
        self.now, self.due, self.heard, self.not_offered = 0.0, 0, [], 0

    async def advance(self, seconds, patient=True):
        """All take what is due, or of that what is made, and report."""
        self.now = min(self.now + seconds, DURATION)
        before_ns = round(self.now * SECOND) + (self.now == DURATION)
        for share, feeds in self.living.items():
            skipped = feeds.not_offered
            taken = await take_all(feeds, before_ns) if patient else take_ready(feeds, before_ns)
            self.due += len(taken)
            self.heard += numbers(taken)
            self.not_offered += feeds.not_offered - skipped
            self.coverage.reported(share, feeds.accounted_seconds(before_ns), final=False)

    async def lose(self, pick, unreported_seconds):
        """One sends a little more, which nobody is told, and is lost."""
        if len(self.living) == 1 or self.now + unreported_seconds >= DURATION:
            return
        share = sorted(self.living)[pick % len(self.living)]
        ended = self.now + unreported_seconds
        self.heard += numbers(await take_all(self.living.pop(share), round(ended * SECOND)))
        for gap in self.coverage.lose([share], ended + 0.25):
            for worker, order in gap.orders:
                self.living[worker].take_over(order, self.pace, round(self.now * SECOND))
        self.now = ended

    async def set_rate(self, factor, lead):
        self.changes = [one for one in self.changes if one[0] < self.now + lead]
        self.changes.append((self.now + lead, factor))
        self.pace = Pacer(self.plan.profile.changed(self.changes))
        for feeds in self.living.values():
            feeds.repace(self.pace, round(self.now * SECOND))


happenings = st.one_of(
    st.tuples(st.just("advance"), st.floats(0, 4), st.booleans()),
    st.tuples(st.just("lose"), st.integers(0, 9), st.floats(0, 0.3)),
    st.tuples(st.just("set_rate"), st.floats(0.1, 3), st.floats(0.4, 1)),
)


@settings(deadline=None, max_examples=12)
@given(st.sampled_from([1, 2, 3, 4, 5, 40]), st.lists(happenings, max_size=8))
def test_planned_is_due_and_not_offered_and_nobody_hears_an_arrival_twice(workers, happenings):
    async def scenario():
        with crew(pace, workers) as feeds:
            run = Run(feeds, pace)
            for name, *values in happenings:
                await getattr(run, name)(*values)
            await run.advance(DURATION)
        return run

    pace = pacer(seconds=DURATION)
    run = asyncio.run(scenario())
    assert run.due + run.not_offered == run.pace.total
    assert len(set(run.heard)) == len(run.heard) >= run.due
    assert set(run.heard) <= set(range(run.pace.total))


@pytest.mark.parametrize("workers", [1, 2, 3, 10, 100])
def test_any_number_of_workers_offers_every_arrival_once(workers):
    async def scenario():
        with crew(pace, workers) as feeds:
            return [n for one in feeds for n in numbers(await take_all(one, DURATION * SECOND + 1))]

    pace = pacer()
    assert sorted(asyncio.run(scenario())) == list(range(pace.total))


def order(share=1, shares=2, since=4.0, until=5.0):
    return TakeOver(share=share, shares=shares, since_seconds=since, from_seconds=until)


def survivor(scenario):
    async def run():
        pace = pacer()
        with crew(pace, 2) as (feeds, _):
            await take_all(feeds, 4 * SECOND)
            return await scenario(feeds, pace)

    return asyncio.run(run())


def test_what_is_taken_over_comes_in_order_with_the_survivors_own():
    async def scenario(feeds, pace):
        feeds.take_over(order(), pace, 4 * SECOND)
        gap = await take_all(feeds, 5 * SECOND)
        assert feeds.accounted_seconds(5 * SECOND) == (5, 5)
        first = numbers(await take_all(feeds, 5 * SECOND + SECOND // 2))
        await asyncio.sleep(0.05)  # what comes next is made by now
        return numbers(gap), feeds.not_offered, (first, numbers(await take_all(feeds, 6 * SECOND)))

    gap, not_offered, after = survivor(scenario)
    assert gap == [n for n in range(399, 499) if customer_of(n) % 2 == 0]
    assert not_offered == 100 - len(gap)
    assert sorted(after[0]) == list(range(499, 549))
    assert after[1] == list(range(549, 599))


def test_the_same_order_twice_is_one():
    async def scenario(feeds, pace):
        for _ in range(2):
            feeds.take_over(order(), pace, 4 * SECOND)
        return len(await take_all(feeds, 6 * SECOND)) + feeds.not_offered

    assert survivor(scenario) == 200


def test_what_is_not_made_yet_of_a_share_taken_over_is_not_accounted_for():
    async def scenario(feeds, pace):
        feeds.take_over(order(), pace, 4 * SECOND)
        own, taken_over = feeds.accounted_seconds(4 * SECOND + SECOND // 50)
        await take_all(feeds, 5 * SECOND)
        return own, taken_over, feeds.accounted_seconds(5 * SECOND)

    _own, taken_over, after = survivor(scenario)
    assert 3.99 < taken_over <= 4.01
    assert after == (5, 5)


@pytest.mark.parametrize("shares", [2, 100, 10_000])
def test_however_few_customers_a_share_has_it_says_at_once_that_it_gave_all(shares):
    async def scenario(feed):
        for tenth in range(1, 10 * DURATION):
            take_ready(feed, tenth * SECOND // 10)
            await asyncio.sleep(0)  # the next block is made
            await asyncio.sleep(0)
            take_ready(feed, tenth * SECOND // 10)
            assert feed.gave_before(tenth * SECOND // 10), tenth

    feeding(scenario, FakeTraffic(1, shares), pacer(), AtOnce())


def test_a_share_taken_over_too_late_to_be_offered_is_counted_to_the_end():
    async def scenario(feeds, pace):
        feeds.take_over(order(), pace, 4 * SECOND)
        feeds.offer_no_more()
        return len(await take_all(feeds, DURATION * SECOND + 1)) + feeds.not_offered

    assert survivor(scenario) == 2000 - 399


def test_a_worker_that_had_reported_the_whole_run_leaves_nothing_to_take_over():
    async def scenario(feeds, pace):
        feeds.take_over(order(since=DURATION, until=DURATION), pace, DURATION * SECOND)
        own = numbers(await take_all(feeds, DURATION * SECOND + 1))
        return feeds.not_offered, {customer_of(n) % 2 for n in own}

    assert survivor(scenario) == (0, {0})


def test_an_arrival_due_right_at_the_last_report_was_not_in_it_and_is_not_lost():
    async def scenario(feeds, pace):
        at_ns = int(pace.due_ns(np.array([number]))[0])
        feeds.take_over(order(since=at_ns / 1e9, until=at_ns / 1e9), pace, 4 * SECOND)
        await take_all(feeds, at_ns)
        return numbers(await take_all(feeds, at_ns + 1)), feeds.not_offered

    number = next(n for n in range(450, 500) if customer_of(n) % 2 == 1)
    assert survivor(scenario) == ([number], 0)
