"""Orders by lease, without a platform: who holds, until when, and what it did."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from engine.model.control import (
    AgentDelay,
    Ballast,
    ConnectionDelay,
    FaultOrder,
    HoldDown,
    IntakeStall,
    JournalLimit,
    ReasoningLimit,
    tag_of,
)
from engine.platform.answer import AGENTS
from engine.platform.injected import Injected
from engine.platform.lagging import lags
from engine.platform.throttle import KEPT_SECONDS, Throttle
from engine.platform.wire import Burdens, Cut, EdgeBurdens, Lag, Load, Pauses

SECOND = 1_000_000_000
LONG = 30.0


def all_orders(lease_seconds: float, given_ns: int = 0) -> list[FaultOrder]:
    lease = {"lease_seconds": lease_seconds, "given_ns": given_ns}
    return [
        HoldDown(scorers=[0, 2], **lease),
        AgentDelay(agent=AGENTS[0], seconds=1.0, **lease),
        AgentDelay(agent=AGENTS[3], seconds=1.0, **lease),
        ReasoningLimit(per_second=4.0, **lease),
        JournalLimit(rows_per_second=50.0, **lease),
        ConnectionDelay(share=0.5, seconds=0.2, jitter_seconds=0.1, **lease),
        IntakeStall(share=0.5, **lease),
        Ballast(share=0.9, **lease),
    ]


def taken(orders: list[FaultOrder], now_ns: int = SECOND) -> Injected:
    injected = Injected()
    for order in orders:
        injected.take(order, now_ns)
    return injected


def tags(injected: Injected, now_ns: int = SECOND) -> set[str]:
    return {one.tag for one in injected.states(now_ns, {})}


def test_each_process_is_told_what_it_has_to_bear_until_the_instant_of_its_end():
    injected = taken(all_orders(2.0))
    end = 3 * SECOND
    told = injected.edge_burdens(SECOND)
    assert told == EdgeBurdens(Cut(50.0, end), Lag(0.5, 0.2, 0.1, end), Pauses(0.5, end))
    assert injected.burdens(4, SECOND).load == Load(0.9, end)
    assert injected.held_down(SECOND) == [0, 2]
    assert set(injected.ends(SECOND)) == {end}
    assert injected.edge_burdens(end) == EdgeBurdens()
    assert injected.burdens(4, end) == Burdens()
    assert not injected.held_down(end)
    assert not tags(injected, end)


def test_a_lease_runs_from_the_instant_the_order_was_given_not_from_when_it_was_read():
    (first, *_) = taken(all_orders(5.0, given_ns=2 * SECOND), now_ns=4 * SECOND).states(
        4 * SECOND, {}
    )
    assert first.seconds_left == 3.0
    assert not tags(taken(all_orders(5.0, given_ns=2 * SECOND), now_ns=8 * SECOND), 8 * SECOND)
    ahead = taken(all_orders(5.0, given_ns=99 * SECOND))  # a clock that is wrong prolongs nothing
    assert {one.seconds_left for one in ahead.states(SECOND, {})} == {5.0}


def test_orders_are_released_by_tag_by_kind_or_all():
    every = {tag_of(order) for order in all_orders(1.0)}
    injected = taken(all_orders(9.0))
    assert tags(injected) == every
    injected.release(("journal_limit", f"agent_delay:{AGENTS[3]}", "unheard_of"))
    assert tags(injected) == every - {"journal_limit", f"agent_delay:{AGENTS[3]}"}
    injected = taken(all_orders(9.0))
    injected.release(("agent_delay",))
    assert tags(injected) == {tag for tag in every if not tag.startswith("agent_delay")}
    for _ in range(2):
        injected.release()
        assert not tags(injected)


def test_what_an_order_did_counts_from_its_beginning_and_goes_on_when_it_is_prolonged():
    injected = Injected()
    before = {"journal_limit": {"refused": 7.0}, "ballast": {"bytes": 5.0, "evictions": 3.0}}
    after = {"journal_limit": {"refused": 9.0}, "ballast": {"bytes": 8.0, "evictions": 4.0}}
    limit = JournalLimit(rows_per_second=5.0, lease_seconds=2.0)
    injected.take(limit, SECOND, before)
    injected.take(Ballast(share=0.5, lease_seconds=2.0), SECOND, before)
    cut, ballast = injected.states(SECOND, after)
    assert cut.did == {"refused": 2.0}
    assert ballast.did == {"bytes": 8.0, "evictions": 1.0}, "bytes are a gauge"
    injected.take(limit, 2 * SECOND, after)
    prolonged = injected.states(2 * SECOND, after)[-1]
    assert (prolonged.began_ns, prolonged.until_ns) == (SECOND, 4 * SECOND)
    assert prolonged.did == {"refused": 2.0}
    injected.take(JournalLimit(rows_per_second=6.0, lease_seconds=2.0), 3 * SECOND, after)
    assert injected.states(3 * SECOND, after)[-1].did == {"refused": 0.0}


@given(st.floats(0.0, 1.0), st.integers(0, 10_000), st.integers(1, 400))
def test_of_connections_that_follow_each_other_an_exact_share_lags(
    share: float, first: int, number: int
):
    late = sum(lags(one, share) for one in range(first, first + number))
    assert abs(late - share * number) <= 1.0


@given(st.floats(1.0, 5_000.0), st.lists(st.integers(1, 256), min_size=1, max_size=60))
def test_a_cut_capacity_is_kept_over_any_groups_and_only_the_last_may_overdraw(
    rate: float, groups: list[int]
):
    throttle = Throttle(Cut(rate, 10**18), 0)
    now, written = 0, 0
    for rows in groups:
        while not throttle.grants(rows, now):
            now += 1_000_000
        written += rows
        granted = rate * (KEPT_SECONDS + now / 1e9)
        assert written - rows <= granted + 1e-6 * written


def test_capacity_that_was_not_used_is_not_hoarded():
    throttle = Throttle(Cut(100.0, 10**18), 0)
    later = 60 * SECOND
    assert sum(throttle.grants(1, later) for _ in range(1_000)) == 100.0 * KEPT_SECONDS


def test_who_waits_for_capacity_is_freed_when_it_is_lifted_and_when_it_ends():
    none = Cut(0.0, time.monotonic_ns() + int(LONG * SECOND))
    for free in (Throttle.lift, lambda one: one.prolonged(Cut(0.0, time.monotonic_ns()))):
        throttle = Throttle(none, time.monotonic_ns())
        writer = threading.Thread(target=throttle.take, args=(1,))
        writer.start()
        while throttle.refused < 3:
            time.sleep(0.001)
        assert writer.is_alive()
        free(throttle)
        writer.join(LONG)
        assert not writer.is_alive()
        assert throttle.waited_ns > 0
