"""Blocks are made ahead of time, in order, and no further than needed."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.load.pacer import NEVER_NS, Pacer
from tests.unit.load.kitchen import (
    BLOCK,
    AtOnce,
    FakeTraffic,
    customer_of,
    feeding,
    numbers,
    pacer,
    take_all,
)

SECOND = 1_000_000_000


async def take_until(feed, end_ns, step_ns=50_000_000):
    taken = []
    for now_ns in range(0, end_ns + 1, step_ns):
        while arrivals := feed.take(now_ns)[1]:
            taken += arrivals
        await asyncio.sleep(0.001)
    return taken


def test_every_arrival_of_the_share_comes_once_when_it_is_due_with_its_request():
    async def scenario(feed):
        taken = await take_until(feed, 21 * SECOND)
        return taken, feed.gave_before(NEVER_NS), feed.next_due_ns()

    pace = pacer()
    taken, exhausted, following = feeding(scenario, FakeTraffic(1, 2), pace)
    own = [n for n in range(2000) if customer_of(n) % 2 == 1]
    assert numbers(taken) == own
    assert [a.due_ns / 1e9 for a in taken] == pytest.approx(pace.due_seconds(np.array(own)))
    assert taken[5].request == b"POST %d" % own[5]
    assert (exhausted, following) == (True, None)


def test_what_is_taken_comes_with_when_it_was_due():
    async def scenario(feed):
        return feed.take(SECOND)

    due_ns, arrivals = feeding(scenario, FakeTraffic(), pacer())
    assert due_ns == [arrival.due_ns for arrival in arrivals] != []


def test_an_arrival_is_taken_before_an_instant_only_if_it_is_due_before_it():
    async def scenario(feed):
        due_ns = feed.next_due_ns()
        return due_ns, len(feed.take(due_ns)[1]), len(feed.take(due_ns + 1)[1])

    assert feeding(scenario, FakeTraffic(), pacer()) == (10_000_000, 0, 1)


def test_the_feed_stays_a_few_seconds_ahead_and_no_more():
    async def scenario(feed):
        before = max(traffic.made)
        await take_until(feed, 5 * SECOND)
        return before, max(traffic.made)

    traffic = FakeTraffic()
    before, after = feeding(scenario, traffic, pacer(seconds=1000))
    assert before * BLOCK <= 100 * 2.0 + 2 * BLOCK
    assert 7 * 100 <= (after + 1) * BLOCK <= 100 * 8.0 + 2 * BLOCK


def test_a_share_without_customers_makes_no_more_than_others_and_comes_to_its_end():
    async def scenario(feed):
        early = max(traffic.made)
        await take_all(feed, 10 * SECOND + 1)
        return early, feed.gave_before(NEVER_NS)

    traffic = FakeTraffic(5000, 10_000)
    early, exhausted = feeding(scenario, traffic, pacer(seconds=10))
    assert early < 5
    assert exhausted
    assert traffic.made == list(range(-(-1000 // BLOCK)))


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
        await take_until(feed, 20 * SECOND)

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

    assert feeding(scenario, FakeTraffic(), pacer()) == BLOCK


@pytest.mark.parametrize("first", [0, 1, BLOCK - 1, BLOCK, 700, 1999, 2000, 2100])
def test_a_feed_may_begin_at_any_arrival(first):
    async def scenario(feed):
        return numbers(await take_all(feed, 20 * SECOND + 1))

    taken = feeding(scenario, FakeTraffic(0, 2), pacer(), first=first)
    assert taken == [n for n in range(first, 2000) if customer_of(n) % 2 == 0]


def test_customers_of_a_share_take_turns_at_being_a_user():
    async def scenario(feed):
        return await take_all(feed, 20 * SECOND)

    taken = feeding(scenario, FakeTraffic(1, 3), pacer(), users=10)
    assert {a.user for a in taken} == set(range(10))
    assert all(a.user == customer_of(a.number) // 3 % 10 for a in taken)
    assert {a.user for a in feeding(scenario, FakeTraffic(1, 3), pacer())} == {0}


steps = st.lists(
    st.tuples(st.floats(0, 4), st.floats(0.05, 5), st.floats(0, 1)), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=40)
@given(steps)
def test_whatever_the_changes_every_arrival_comes_once_and_when_the_changed_plan_has_it(steps):
    async def scenario(feed):
        now, changes, taken, pace = 0.0, [], [], plan
        for seconds, factor, lead in steps:
            now = min(now + seconds, 20)
            taken += await take_all(feed, round(now * SECOND))
            changes = [change for change in changes if change[0] < now + lead]
            changes.append((now + lead, factor))
            pace = Pacer(plan.profile.changed(changes))
            feed.repace(pace, round(now * SECOND))
        return pace, taken + await take_all(feed, 20 * SECOND + 1), feed.next_due_ns()

    plan = pacer()
    pace, taken, following = feeding(scenario, FakeTraffic(), plan, AtOnce())
    assert numbers(taken) == list(range(pace.total))
    assert [a.due_ns for a in taken] == pytest.approx(
        pace.due_ns(np.arange(pace.total)).tolist(), abs=2
    )
    assert following is None


@settings(deadline=None, max_examples=40)
@given(steps)
def test_a_change_heard_late_neither_loses_nor_doubles_an_arrival(steps):
    """Arrivals that were taken too early stay taken, those that are overdue come at once."""

    async def scenario(feed):
        now, pace, most = 0.0, plan, 0
        for seconds, factor, lag in steps:
            now = min(now + seconds, 20)
            taken.extend(await take_all(feed, round(now * SECOND)))
            pace = Pacer(plan.profile.changed([(now * lag, factor)]))
            feed.repace(pace, round(now * SECOND))
            most = len(taken)
        taken.extend(await take_all(feed, 20 * SECOND + 1))
        return max(pace.total, most)

    plan, taken = pacer(), []
    total = feeding(scenario, FakeTraffic(), plan, AtOnce())
    assert numbers(taken) == list(range(total))


def test_arrivals_the_plan_no_longer_reaches_come_back_when_the_rate_rises_again():
    async def scenario(feed):
        feed.repace(Pacer(plan.profile.changed([(0, 0.01)])), 0)
        early = numbers(await take_all(feed, 20 * SECOND + 1))
        over = feed.gave_before(NEVER_NS)
        feed.repace(plan, 0)
        return early, over, numbers(await take_all(feed, 20 * SECOND + 1))

    plan = pacer()
    early, over, late = feeding(scenario, FakeTraffic(), plan)
    assert (early, over, late) == (list(range(20)), True, list(range(20, 2000)))
