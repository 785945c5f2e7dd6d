"""Who is refused is told when to come again, by how fast what is before it is done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.platform.buckets import BOUNDS_SECONDS, RAW, Times, bucket_of, folded
from engine.platform.pace import LEAST_SECONDS, LOOK_NS, MOST_SECONDS, Pace

SECOND = 1_000_000_000


def pace_of(rate: float, seconds: int = 10) -> Pace:
    pace = Pace()
    for quarter in range(seconds * 4 + 1):
        pace.look(SECOND + quarter * LOOK_NS, round(quarter * rate / 4))
    return pace


def test_a_queue_of_three_seconds_is_come_back_to_after_three():
    assert pace_of(1_000).retry_after(2_900) == 3
    assert pace_of(1_000).retry_after(100) == LEAST_SECONDS


def test_it_asks_for_no_longer_than_its_bound_when_nothing_is_decided():
    assert pace_of(0).retry_after(4_096) == MOST_SECONDS
    assert Pace().retry_after(4_096) == LEAST_SECONDS


@given(st.floats(0, 1e6), st.integers(0, 10_000))
def test_a_longer_queue_is_never_come_back_to_sooner(rate: float, under_way: int):
    pace = pace_of(rate, 1)
    seconds = pace.retry_after(under_way)
    assert LEAST_SECONDS <= seconds <= pace.retry_after(under_way + 1_000) <= MOST_SECONDS


def test_the_rate_follows_a_change_within_seconds():
    pace = pace_of(100)
    decided = 1_000
    for quarter in range(1, 17):
        decided += 1_000
        pace.look(11 * SECOND + quarter * LOOK_NS, decided)
    assert pace.retry_after(3_500) == 1


@given(st.integers(0, 2**40))
def test_every_time_is_counted_below_its_own_bound_and_no_lower_one(value_us: int):
    bucket = bucket_of(value_us)
    if bucket < len(BOUNDS_SECONDS):
        assert value_us / 1e6 < BOUNDS_SECONDS[bucket]
    if bucket:
        assert value_us / 1e6 >= BOUNDS_SECONDS[bucket - 1]
    raw = [0] * RAW
    raw[value_us.bit_length()] += 1
    assert folded(raw)[bucket] == sum(folded(raw)) == 1


@given(st.lists(st.integers(0, 2**29 - 1), max_size=50))
def test_a_finer_histogram_is_folded_without_loss(values: list[int]):
    import numpy as np

    from engine.measure.histogram import Histogram

    fine, times = Histogram(), Times()
    fine.record(np.asarray(values, dtype=np.int64))
    times.add_sparse(fine.sparse())
    expected = [0] * len(times.counts)
    for value in values:
        expected[bucket_of(value)] += 1
    assert times.counts == expected
    assert abs(times.sum_seconds - sum(values) / 1e6) <= sum(values) / 1e6 / 1_024 + 1e-12
