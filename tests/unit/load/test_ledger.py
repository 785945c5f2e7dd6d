"""What a worker counted, told in reports that may come late."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.arrival import Arrival
from engine.load.ledger import MOST_LISTED, Gauges, Ledger
from engine.measure.arrivals import ArrivalSet
from engine.measure.histogram import Histogram

GAUGES = Gauges(0, 0.0, 0, 0, 0.0, 1, final=False)


def acknowledged(report):
    return np.frombuffer(report.acknowledged, dtype="<u4").tolist()


def histogram(sparse):
    whole = Histogram()
    whole.add_sparse(sparse)
    return whole


def test_lateness_is_from_due_to_the_turn_that_took_it_and_queue_to_the_first_request():
    ledger = Ledger(0, ("legitimate",))
    ledger.taken(10_000_000, [9_000_000, 8_000_000])
    ledger.taken(30_000_000, [10_000_000])
    ledger.queue_ns += [40_000_000]
    report = ledger.report(GAUGES)
    lateness, queue = histogram(report.lateness), histogram(report.queue)
    assert (lateness.count, queue.count) == (3, 1)
    assert [lateness.quantile_ms(q) for q in (0, 50, 100)] == pytest.approx([1, 2, 20], rel=1e-3)
    assert queue.max_ms == pytest.approx(40, rel=1e-3)
    assert histogram(ledger.report(GAUGES).lateness).count == 0


def test_numbers_decided_while_nobody_listens_take_a_bit_each_and_are_all_told_later():
    ledger, told, reports = Ledger(0, ("legitimate",)), [], 0
    decided = list(range(0, 9 * MOST_LISTED, 3))
    for begin in range(0, len(decided), 10_000):
        for number in decided[begin : begin + 10_000]:
            ledger.decided(Arrival(number, number, b"", 0, False, 1.0, 0, 0), 0, 1_000, b"")
        ledger.settle()
    while ledger.holds_back or not reports:
        report = ledger.report(GAUGES)
        told += acknowledged(report)
        reports += 1
        assert len(report.acknowledged) <= 4 * (2 * MOST_LISTED + 10_000)
    assert reports > 1
    assert sorted(told) == decided
    assert ledger.totals.decided == len(decided)


def test_a_number_decided_twice_holds_nothing_back_for_ever():
    ledger = Ledger(0, ("legitimate",))
    for number in [*range(MOST_LISTED), 7, 7]:
        ledger.decided(Arrival(number, number, b"", 0, False, 1.0, 0, 0), 0, 1_000, b"")
    ledger.settle()
    assert ledger.holds_back
    told = acknowledged(ledger.report(GAUGES))
    assert told == list(range(MOST_LISTED))
    assert not ledger.holds_back
    assert acknowledged(ledger.report(GAUGES)) == []


@given(st.sets(st.integers(0, 5000)), st.integers(8, 300))
def test_a_set_gives_its_numbers_in_order_and_only_once(numbers, most):
    whole, taken = ArrivalSet(), []
    whole.add(np.asarray(sorted(numbers), dtype=np.uint32))
    while len(some := whole.take(most)):
        assert len(some) <= most
        taken += some.tolist()
    assert taken == sorted(numbers)
    assert len(whole) == 0
