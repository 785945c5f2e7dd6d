from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.quality import (
    MIN_SAMPLES,
    Confusion,
    confusion,
    false_positive_rate,
    precision_at,
    quality,
    recall,
    share,
    wilson,
)

TOTALS = {
    "legitimate:APPROVE": 970,
    "legitimate:REVIEW": 20,
    "legitimate:DECLINE": 10,
    "card_testing:DECLINE": 50,
    "card_testing:APPROVE": 10,
    "account_takeover:REVIEW": 20,
    "account_takeover:APPROVE": 20,
}
counts = st.integers(0, 10_000)


def test_review_and_decline_are_flagged_and_every_kind_but_legitimate_is_fraud():
    assert confusion(TOTALS) == Confusion(
        fraud_flagged=70, fraud_missed=30, legitimate_flagged=30, legitimate_passed=970
    )


def test_a_decision_nobody_can_make_is_refused():
    with pytest.raises(ValueError, match="MAYBE"):
        confusion({"legitimate:MAYBE": 1})


def test_wilson_agrees_with_published_values():
    # 66 of 75: the interval quoted beside the Fraud Dataset Benchmark's recall of 0.88
    low, high = wilson(66, 75)
    assert (round(low, 3), round(high, 3)) == (0.787, 0.936)
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20
    assert [round(end, 4) for end in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(end, 4) for end in wilson(15, 148)] == [0.0624, 0.1605]
    assert [round(end, 4) for end in wilson(0, 20)] == [0.0, 0.1611]


def test_rates_carry_their_sample_size():
    made = quality(TOTALS, prevalence=0.001)
    assert made.recall is not None
    assert made.false_positive_rate is not None
    assert (made.recall.value, made.recall.sample_size) == (0.7, 100)
    assert (made.false_positive_rate.value, made.false_positive_rate.sample_size) == (0.03, 1000)
    assert made.recall == recall(made.confusion)
    assert made.false_positive_rate == false_positive_rate(made.confusion)


def test_recall_is_also_told_by_kind():
    by_kind = quality(TOTALS, prevalence=0.001).recall_by_kind
    assert {kind: found and found.value for kind, found in by_kind.items()} == {
        "account_takeover": 0.5,
        "card_testing": pytest.approx(50 / 60),
    }


def test_precision_is_that_of_the_real_prevalence_not_of_the_traffic():
    # recall 0.80 at 0.1 % false positives: the values of the facts this project cites
    made = Confusion(800, 200, 100, 99_900)
    expected = {0.000153: 0.109, 0.001: 0.445, 0.001727: 0.581, 0.0025: 0.667, 0.15: 0.993}
    found = {rate: precision_at(made, rate) for rate in expected}
    assert {rate: interval and round(interval.value, 3) for rate, interval in found.items()} == (
        expected
    )


def test_too_few_decisions_make_no_figure():
    assert share(MIN_SAMPLES - 1, MIN_SAMPLES - 1) is None
    assert share(0, MIN_SAMPLES) is not None
    assert precision_at(Confusion(29, 0, 5, 995), 0.001) is None
    assert precision_at(Confusion(20, 20, 0, 29), 0.001) is None


def test_nothing_decided_is_blank_everywhere():
    made = quality({}, prevalence=0.001)
    assert (made.recall, made.false_positive_rate, made.precision) == (None, None, None)
    assert made.recall_by_kind == {}


def test_precision_of_nothing_flagged_is_blank():
    assert precision_at(Confusion(0, 100, 0, 100), 0.001) is None


@pytest.mark.parametrize("prevalence", [0.0, 1.0, -0.1, math.nan])
def test_a_prevalence_outside_its_bounds_is_refused(prevalence):
    with pytest.raises(ValueError, match="prevalence"):
        precision_at(Confusion(50, 50, 50, 50), prevalence)


@settings(deadline=None)
@given(hits=counts, misses=counts)
def test_an_interval_holds_its_share_within_zero_and_one(hits, misses):
    samples = hits + misses
    found = share(hits, samples)
    assert (found is None) == (samples < MIN_SAMPLES)
    if found is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high


@settings(deadline=None)
@given(hits=st.integers(0, 500), misses=st.integers(0, 500))
def test_ten_times_the_samples_narrow_the_interval(hits, misses):
    samples = max(1, hits + misses)
    low, high = wilson(hits, samples)
    nearer_low, nearer_high = wilson(10 * hits, 10 * samples)
    assert nearer_high - nearer_low < high - low


@settings(deadline=None)
@given(
    made=st.builds(Confusion, counts, counts, counts, counts),
    prevalence=st.floats(1e-5, 0.5),
)
def test_precision_lies_within_its_interval_and_rises_with_prevalence(made, prevalence):
    found, more = precision_at(made, prevalence), precision_at(made, prevalence * 1.5)
    if found is not None and more is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.value <= more.value
