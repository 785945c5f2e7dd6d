"""Whether work is spread evenly, and which stage holds the rest up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.balance import IMBALANCE_LIMIT, Stage, bottleneck, imbalance

loads = st.dictionaries(st.text(min_size=1), st.floats(0.01, 1), min_size=2)


def test_even_loads_are_no_imbalance_and_the_busiest_is_named():
    assert imbalance({"a": 0.5, "b": 0.5}).share == pytest.approx(0)
    found = imbalance({"a": 0.2, "b": 0.6, "c": 0.4})
    assert (found.name, found.share) == ("b", pytest.approx(0.5))


@pytest.mark.parametrize(("highest", "flagged"), [(0.64, False), (0.66, True)])
def test_more_than_thirty_per_cent_above_the_mean_is_flagged(highest, flagged):
    found = imbalance({"a": highest, "b": 1 - highest})
    assert found.flagged is flagged
    assert IMBALANCE_LIMIT == 0.30


@given(loads, st.floats(0.1, 10))
def test_it_depends_on_shares_and_not_on_how_much_there_is_to_do(found, factor):
    scaled = {name: load * factor for name, load in found.items()}
    assert imbalance(scaled).share == pytest.approx(imbalance(found).share)
    assert imbalance(found).share >= -1e-9


@pytest.mark.parametrize("found", [{}, {"a": 0.9}, {"a": 0.0, "b": 0.0}])
def test_of_nobody_of_one_and_of_idle_parts_nothing_is_said(found):
    assert imbalance(found) is None


def test_the_bottleneck_is_the_stage_nearest_to_what_it_can_do_by_use_or_by_waiting():
    edge, idle = Stage("edge", "Edge", 0.6), Stage("reasoning", "Reasoning", None)
    waiting = Stage("scorers", "Scorers", 0.3, age_seconds=0.8)
    assert bottleneck([edge, waiting, idle]) is waiting
    assert bottleneck([edge, Stage("scorers", "Scorers", 0.3, age_seconds=0.1)]) is edge


def test_where_nothing_was_measured_there_is_no_bottleneck():
    assert bottleneck([]) is None
    assert bottleneck([Stage("edge", "Edge", None)]) is None
