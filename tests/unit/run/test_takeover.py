from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.takeover import Coverage

CUSTOMERS = range(360)


@dataclass
class Span:
    """A class of customers as one worker counts it: from `since` to `until` on the schedule."""

    share: int
    shares: int
    since: float
    until: float

    def has(self, customer):
        return customer % self.shares == self.share


class Worker:
    """A worker that obeys when it is told to, and counts what it reports."""

    def __init__(self, share, shares):
        self.counted, self.told = [Span(share, shares, 0.0, 0.0)], []

    def report(self, coverage, share, at, obeys, starved=0):
        """Accounts for all it holds up to `at`, but for so many whose next is not made yet."""
        while obeys and self.told:
            order = self.told.pop(0)
            since = order.since_seconds
            self.counted.append(Span(order.share, order.shares, since, since))
            obeys -= 1
        for span in self.counted[starved:]:
            span.until = max(span.until, at)
        coverage.reported(share, [span.until for span in self.counted], final=False)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("report"), st.integers(0, 9), st.integers(0, 3), st.integers(0, 2)),
        st.tuples(st.just("lose"), st.sets(st.integers(0, 9), min_size=1, max_size=3)),
    ),
    max_size=14,
)


class Run:
    """Workers under a coverage; `ended` is what those counted that were lost."""

    def __init__(self, count):
        self.coverage = Coverage(count, 60.0)
        self.living = {share: Worker(share, count) for share in range(count)}
        self.ended = []

    def report(self, at, share, obeys, starved=0):
        if share in self.living:
            self.living[share].report(self.coverage, share, at, obeys, starved)

    def lose(self, at, shares):
        lost = [share for share in shares if share in self.living]
        self.ended += [span for share in lost for span in self.living.pop(share).counted]
        for gap in self.coverage.lose(lost, at + 0.5):
            for share, order in gap.orders:
                assert order.since_seconds <= order.from_seconds
                self.living[share].told.append(order)

    def counted(self):
        return self.ended + [span for worker in self.living.values() for span in worker.counted]


@given(st.integers(1, 10), steps)
def test_after_any_losses_every_customer_is_one_living_workers_and_no_second_counts_twice(
    count, done
):
    run, end = Run(count), float(len(done) + 1)
    for second, (what, *details) in enumerate(done, start=1):
        getattr(run, what)(float(second), *details)
    for share in run.living:
        run.report(end, share, obeys=10_000)
    for customer in CUSTOMERS if run.living else ():
        held = [span for one in run.living.values() for span in one.counted if span.has(customer)]
        assert len(held) == 1
        spans = sorted((s.since, s.until) for s in run.counted() if s.has(customer))
        ends = [0.0] + [until for _since, until in spans]
        assert [since for since, _until in spans] == ends[:-1], "a gap, or counted twice"
        assert ends[-1] == end


def test_two_workers_lost_at_once_are_covered_by_the_third():
    coverage = Coverage(3, 60.0)
    for share, at in enumerate((2.0, 2.25, 2.25)):
        coverage.reported(share, [at], final=False)
    gaps = coverage.lose([0, 1], from_seconds=3.0)
    orders = [(share, order.share, order.shares) for gap in gaps for share, order in gap.orders]
    assert orders == [(2, 0, 3), (2, 1, 3)]
    assert [(gap.since_seconds, gap.until_seconds) for gap in gaps] == [(2.0, 3.0), (2.25, 3.0)]


def test_what_is_lost_in_the_drain_is_taken_over_up_to_the_plans_end_and_no_further():
    coverage = Coverage(2, 20.0)
    coverage.reported(0, [19.9], final=False)
    (gap,) = coverage.lose([0], from_seconds=20.4)
    assert (gap.since_seconds, gap.until_seconds) == (19.9, 20.0)


def test_of_one_that_had_accounted_for_the_whole_plan_nothing_is_left_to_take_over():
    coverage = Coverage(2, 20.0)
    coverage.reported(0, [20.0], final=False)
    (gap,) = coverage.lose([0], from_seconds=20.4)
    assert (gap.nothing, gap.orders) == (True, [])


def test_of_one_that_still_owed_what_it_took_over_that_is_taken_over():
    coverage = Coverage(3, 20.0)
    coverage.reported(0, [19.0], final=False)
    ((_, first), _) = coverage.lose([0], from_seconds=19.5)[0].orders
    coverage.reported(1, [20.0, 19.2], final=False)
    (gap,) = coverage.lose([1], from_seconds=20.4)
    assert not gap.nothing
    assert (2, first.share, first.shares, 19.2) in [
        (worker, order.share, order.shares, order.since_seconds) for worker, order in gap.orders
    ]


def test_a_class_is_cut_among_all_who_are_left():
    coverage = Coverage(3, 60.0)
    (gap,) = coverage.lose([1], from_seconds=1.0)
    assert [(share, order.share, order.shares) for share, order in gap.orders] == [
        (0, 1, 6),
        (2, 4, 6),
    ]


def test_a_worker_that_has_finished_takes_nothing_over():
    coverage = Coverage(3, 60.0)
    coverage.reported(0, [9.0], final=True)
    (gap,) = coverage.lose([1], from_seconds=9.5)
    assert [share for share, _order in gap.orders] == [2]


def test_with_nobody_left_the_gap_has_no_end():
    coverage = Coverage(1, 60.0)
    coverage.reported(0, [4.0], final=False)
    (gap,) = coverage.lose([0], from_seconds=5.0)
    assert (gap.since_seconds, gap.until_seconds, gap.orders) == (4.0, None, [])
    assert coverage.lose([0], from_seconds=6.0) == [], "a worker is lost once"


def test_the_classes_a_lost_worker_had_taken_over_go_whole_to_whoever_has_least_to_do():
    coverage = Coverage(100, 60.0)
    held = {share: [100] for share in range(100)}
    for share in range(90):
        del held[share]
        for gap in coverage.lose([share], from_seconds=1.0):
            for worker, order in gap.orders:
                held[worker].append(order.shares)
    parts = [sum(1 / shares for shares in classes) for classes in held.values()]
    assert sum(parts) == pytest.approx(1)
    assert max(parts) < 1.2 * min(parts)
    assert sum(len(classes) for classes in held.values()) < 100 * 100
