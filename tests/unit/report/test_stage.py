from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.view import RunView
from engine.model.results import DegradedInterval, RateChange, TestStatus
from engine.model.tick import Tick
from engine.report.stage import changed_points, run_state
from tests.run_records import meta, summary

LOWERED = (RateChange(schedule_seconds=60, factor=0.8),)
LOST = DegradedInterval(share=1, shares=2, reason="killed", from_seconds=40, to_seconds=41.5)


def state(**changes):
    fields = {"status": TestStatus.RUNNING, "tick": Tick(t_seconds=70.0, schedule_seconds=70.0)}
    return run_state(RunView(**{"meta": meta(), **fields, **changes}), meta(), [])


def test_the_plan_on_the_page_follows_a_change_of_rate_from_its_second_on():
    before, after = state().plan, state(rate_changes=LOWERED).plan
    (peak,) = {rate for at, rate in before if at >= 60}
    assert [point for point in after if point[0] < 60] == [p for p in before if p[0] < 60]
    assert {rate for at, rate in after if at > 60} == {peak * 0.8}
    assert [rate for at, rate in after if at == 60] == [peak, peak * 0.8]


def test_the_page_says_what_the_rate_is_a_share_of_and_marks_the_run():
    shown = state(rate_changes=LOWERED)
    figures = {figure.id: figure for figure in shown.figures}
    assert shown.rate_factor == figures["run.rate_factor"].value == 0.8
    assert figures["run.rate_factor"].source.publisher == "operator"
    assert "RATE CHANGED LIVE" in shown.marks
    assert state().marks == ["SCALED 33 %"]


def test_a_lost_worker_marks_the_run_and_its_gap_is_on_the_page():
    shown = state(degraded=(LOST,))
    assert shown.degraded == [LOST]
    assert "DEGRADED" in shown.marks


def test_doubts_are_of_now_and_the_verdict_speaks_of_the_run():
    assert state(doubts=("late: lower the rate",)).doubts == ["late: lower the rate"]
    ended = state(status=TestStatus.COMPLETED, doubts=("late",), summary=summary())
    assert ended.doubts == []


@given(
    seconds=st.lists(st.floats(0, 100), max_size=5, unique=True).map(sorted),
    factors=st.lists(st.floats(0.01, 3), min_size=5, max_size=5),
    at=st.floats(0, 100),
)
def test_drawn_with_straight_lines_it_is_the_plan_times_the_factor_in_force(seconds, factors, at):
    points = [(0.0, 0.0), (20.0, 400.0), (50.0, 400.0), (50.0, 100.0), (100.0, 300.0)]
    changes = [
        RateChange(schedule_seconds=second, factor=factor)
        for second, factor in zip(seconds, factors, strict=False)
    ]
    drawn = changed_points(points, changes)
    factor = next((c.factor for c in reversed(changes) if c.schedule_seconds <= at), 1.0)
    assert [t for t, _rate in drawn] == sorted(t for t, _rate in drawn)
    assert rate_at(drawn, at) == pytest.approx(rate_at(points, at) * factor, abs=1e-6)


def rate_at(points, at):
    """The rate after any jump at this second."""
    for (t0, r0), (t1, r1) in reversed(list(pairwise(points))):
        if t0 <= at <= t1 and t1 > t0:
            return r0 + (r1 - r0) * (at - t0) / (t1 - t0)
    raise AssertionError(at)
