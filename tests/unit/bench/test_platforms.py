"""The platform beside its baselines: the measures by hand, the whole comparison in short."""

from __future__ import annotations

import numpy as np
import pytest

from engine.bench.detection import MEASURES, Judged, Order, resampled
from engine.bench.platforms import PLATFORM, run

FRAUD = np.array([True, False, True, False, False, False])
SCORES = np.array([0.9, 0.8, 0.7, 0.2, 0.2, 0.1])
JUDGED = Judged(FRAUD, np.array([300.0, 5.0, 100.0, 5.0, 5.0, 5.0]), np.arange(6))


def measures(scores: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    return dict(zip(MEASURES, Order(scores, JUDGED).measures(weights).tolist(), strict=True))


def test_measures_are_what_they_are_by_hand():
    found = measures(SCORES, np.ones(6))
    assert found["recall_0.01"] == 0.5  # the first fraud, before any honest one
    assert found["value_0.01"] == 0.75
    assert found["average_precision"] == pytest.approx((1.0 + 2.0 / 3.0) / 2.0)
    assert found["auc"] == pytest.approx(7.0 / 8.0)


def test_who_gives_all_the_same_score_finds_nothing_and_ranks_like_chance():
    found = measures(np.zeros(6), np.ones(6))
    assert (found["recall_0.01"], found["value_0.01"]) == (0.0, 0.0)
    assert (found["average_precision"], found["auc"]) == (pytest.approx(1 / 3), 0.5)


def test_a_row_drawn_twice_counts_as_two_equal_rows():
    doubled = np.repeat(np.arange(6), [2, 1, 1, 1, 3, 1])
    weights = np.array([2.0, 1.0, 1.0, 1.0, 3.0, 1.0])
    again = Judged(FRAUD[doubled], JUDGED.values_usd[doubled], doubled)
    whole = Order(SCORES[doubled], again).measures(np.ones(len(doubled)))
    assert Order(SCORES, JUDGED).measures(weights) == pytest.approx(whole)


def test_a_customer_is_drawn_with_all_that_is_theirs():
    judged = Judged(FRAUD, JUDGED.values_usd, np.array([0, 0, 1, 1, 2, 2]))
    for weights in resampled(judged, 20, 1):
        assert (weights[::2] == weights[1::2]).all()


def test_the_comparison_judges_everybody_on_the_same_rows():
    found = run(quick=True)
    names = [one.name for one in found.results]
    assert names[0] == PLATFORM
    assert len(set(names)) == 5
    nothing = found.results[-1]
    assert nothing.measures["recall_0.01"].value == 0.0
    for one in found.results:
        for measure in MEASURES:
            own = one.measures[measure]
            assert own.low <= own.high
            ahead = found.results[0].measures[measure].value - own.value
            assert one is found.results[0] or one.ahead[measure].value == pytest.approx(
                ahead, abs=2e-6
            )
    best = found.results[0].measures["auc"].value
    assert best > found.results[2].measures["auc"].value > nothing.measures["auc"].value == 0.5
