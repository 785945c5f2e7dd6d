import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bench.ranking import auc, intervals, ranked, recall_at

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=60).filter(
    lambda some: 0 < sum(fraud for fraud, _ in some) < len(some)
)


def _split(some):
    frauds = [score for fraud, score in some if fraud]
    honest = [score for fraud, score in some if not fraud]
    return frauds, honest


def _ranking(some):
    is_fraud, scores = zip(*some, strict=True)
    return ranked(np.array(is_fraud), np.array(scores, dtype=float))


@given(rows)
def test_the_auc_is_the_share_of_pairs_in_the_right_order(some):
    frauds, honest = _split(some)
    pairs = [(a > b) + (a == b) / 2 for a in frauds for b in honest]
    ranking = _ranking(some)
    assert auc(ranking.frauds, ranking.honest) == pytest.approx(sum(pairs) / len(pairs))


@given(rows, st.floats(0, 1))
def test_recall_is_the_best_of_all_bounds_that_flag_few_enough_honest_ones(some, rate):
    frauds, honest = _split(some)
    best = max(
        sum(score >= bound for score in frauds) / len(frauds)
        for bound in range(8)
        if sum(score >= bound for score in honest) <= rate * len(honest)
    )
    ranking = _ranking(some)
    assert recall_at(ranking.frauds, ranking.honest, rate) == pytest.approx(best)


def test_an_interval_holds_its_value_is_the_same_again_and_narrows_with_more_frauds():
    draw = np.random.default_rng(3)
    widths = []
    for frauds in (20, 2_000):
        is_fraud = np.arange(10 * frauds) < frauds
        scores = np.round(draw.normal(is_fraud * 2.0), 1)
        found = intervals(ranked(is_fraud, scores), 0.01, resamples=200)
        assert found == intervals(ranked(is_fraud, scores), 0.01, resamples=200)
        for one in found.values():
            assert one.low <= one.value <= one.high
            assert one.sample_size == frauds
        widths.append(found["auc"].high - found["auc"].low)
    assert widths[0] > 5 * widths[1]


def test_rows_of_one_kind_are_no_ranking():
    with pytest.raises(ValueError, match="frauds must be > 0 and < 3 rows, got 3"):
        ranked(np.ones(3, dtype=bool), np.arange(3.0))
