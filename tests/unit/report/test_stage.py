from engine.metrics.view import RunView
from engine.model.results import DegradedInterval, RateChange, TestStatus
from engine.model.tick import Tick
from engine.report.stage import run_state
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
    assert "RATE CHANGED LIVE TO 80 %" in shown.marks
    assert state().marks == ["SCALED 33 %"]


def test_a_lost_worker_marks_the_run_and_its_gap_is_on_the_page():
    shown = state(degraded=(LOST,))
    assert shown.degraded == [LOST]
    assert "DEGRADED" in shown.marks


def test_doubts_are_of_now_and_once_a_run_is_final_of_the_run():
    assert state(doubts=("late: lower the rate",)).doubts == ["late: lower the rate"]
    ended = state(status=TestStatus.COMPLETED, doubts=("late",), summary=summary())
    assert ended.doubts == []
    doubted = summary(warnings=["Arrivals were sent late: lower the rate"])
    assert state(status=TestStatus.COMPLETED, summary=doubted).doubts == doubted.warnings
