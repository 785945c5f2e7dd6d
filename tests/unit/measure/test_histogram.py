"""The histogram against numpy's own percentiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.measure.histogram import (
    BUCKETS,
    LARGEST_US,
    Histogram,
    bucket_of,
    middle_of,
    samples_needed,
)
from engine.model.control import SparseHistogram

values_us = st.lists(st.integers(0, 120_000_000), min_size=1, max_size=300)


def filled(values):
    histogram = Histogram()
    histogram.record(np.asarray(values, dtype=np.int64))
    return histogram


@given(values_us, st.floats(0, 100))
def test_a_quantile_is_within_a_thousandth_of_numpys(values, q):
    exact_ms = np.percentile(values, q, method="inverted_cdf") / 1000
    assert filled(values).quantile_ms(q) == pytest.approx(exact_ms, rel=1e-3)


@given(values_us)
def test_maximum_and_mean_are_within_a_thousandth(values):
    histogram = filled(values)
    assert histogram.count == len(values)
    assert histogram.max_ms == pytest.approx(max(values) / 1000, rel=1e-3)
    assert histogram.mean_ms == pytest.approx(np.mean(values) / 1000, rel=1e-3)


@given(values_us, values_us)
def test_merged_and_sent_histograms_equal_one_that_saw_everything(left, right):
    both = filled(left + right).sparse()
    merged = filled(left)
    merged.merge(filled(right))
    received = Histogram()
    for part in (left, right):
        received.add_sparse(filled(part).sparse())
    assert merged.sparse() == both
    assert received.sparse() == both
    assert received.count == len(left) + len(right)


@given(st.lists(st.integers(-5, 2 * LARGEST_US), min_size=1))
def test_values_outside_the_layout_count_in_its_ends(values):
    assert filled(values).sparse() == filled(np.clip(values, 0, LARGEST_US)).sparse()


def test_every_bucket_holds_its_own_middle():
    buckets = np.arange(BUCKETS)
    assert (bucket_of(middle_of(buckets).astype(np.int64)) == buckets).all()


def test_a_percentile_needs_ten_samples_beyond_it():
    assert [samples_needed(q) for q in (50, 90, 95, 99, 99.9)] == [20, 100, 200, 1000, 10_000]
    assert filled([1000] * 999).percentile_ms(99) is None
    assert filled([1000] * 1000).percentile_ms(99) == 1.0


def test_an_empty_histogram_has_no_values():
    empty = Histogram()
    assert empty.quantile_ms(50) is None
    assert empty.percentile_ms(0) is None
    assert empty.max_ms is None
    assert empty.mean_ms is None
    assert empty.sparse() == SparseHistogram()


def test_a_copy_and_a_cleared_histogram_do_not_touch_the_original():
    original = filled([5, 7])
    copy = original.copy()
    original.clear()
    assert (original.count, copy.count) == (0, 2)
    assert copy.quantile_ms(100) == 0.007


def test_what_is_taken_away_leaves_what_else_was_added():
    moving = filled([5, 7, 1_000_000])
    moving.take_sparse(filled([7, 1_000_000]).sparse())
    assert moving.sparse() == filled([5]).sparse()
    assert moving.count == 1


@pytest.mark.parametrize(
    "sparse",
    [
        SparseHistogram(b"\x01\x00\x00\x00", b""),
        SparseHistogram(b"\xff\xff\xff\x7f", b"\x01" + bytes(7)),
        SparseHistogram(b"\xff\xff\xff\xff", b"\x01" + bytes(7)),
    ],
)
def test_bytes_of_another_layout_are_refused(sparse):
    with pytest.raises(ValueError, match="sparse histogram"):
        Histogram().add_sparse(sparse)
    with pytest.raises(ValueError, match="sparse histogram"):
        Histogram().take_sparse(sparse)
