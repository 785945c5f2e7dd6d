from datetime import UTC, datetime

import numpy as np
import pytest

from engine.analysis.honesty import LIMITED, Doubt
from engine.measure.histogram import Histogram
from engine.model.results import (
    CriterionOutcome,
    DegradedInterval,
    RateChange,
    TestStatus,
    Verdict,
)
from engine.model.run import RunProgress
from engine.model.scenario import LoadProfile, LoadProfileType
from engine.run.summary import Latencies, summarise
from tests.run_records import meta, scenario, ticks

ENDED = (TestStatus.COMPLETED, datetime(2026, 11, 23, 18, 4, tzinfo=UTC), "")
LOWERED = RateChange(schedule_seconds=30, factor=0.5)
LOST = DegradedInterval(share=0, shares=2, reason="killed", from_seconds=9, to_seconds=10.5)
FLAT = scenario(
    load_profile=LoadProfile(
        profile_type=LoadProfileType.BURST,
        sustained_tps=400,
        burst_tps=400,
        burst_duration_seconds=5,
        burst_interval_seconds=20,
    ),
    duration_seconds=60,
    failure_scenarios=(),
    success_criteria={"all_transactions_queued": True, "p99_latency_ms": 10_000},
)


def quick(count=20_000, late_us=500):
    times = {"response": 3_000, "service": 2_000, "lateness": late_us, "queue": 900}
    made = {name: Histogram() for name in times}
    for name, microseconds in times.items():
        made[name].record(np.full(count, microseconds))
    return Latencies(**made, by_tick=list)


def frame(**columns):
    rows = ticks(60)
    rows["due"] = rows["sent"] = rows["decided"] = 100.0
    rows["failed"] = rows["rejected"] = 0.0
    return rows.assign(workers_asked=2.0, workers_up_now=2.0, attempts=100.0, **columns)


def of(progress=None, latencies=None, rows=None):
    run = meta(scenario=FLAT, scaled=FLAT, marks=(), rate_scale=1)
    found = progress or RunProgress()
    rows = frame() if rows is None else rows
    return summarise(run, found, rows, latencies or quick(), None, ENDED)


def test_a_quiet_run_is_judged_by_its_criteria_and_carries_no_mark():
    summary = of()
    assert (summary.verdict, summary.marks, summary.warnings) == (Verdict.PASSED, [], [])
    assert summary.queue_ms.p99 == pytest.approx(0.9)
    assert summary.measured.seconds == pytest.approx(60)


def test_past_a_limit_the_generator_not_the_target_was_the_limit():
    summary = of(latencies=quick(late_us=80_000))
    assert summary.verdict is Verdict.INCONCLUSIVE
    assert summary.verdict_reason == f"{LIMITED}: {Doubt.LATE.then}: {Doubt.LATE.remedy}."
    assert summary.marks == ["INCONCLUSIVE"]


def test_a_lost_worker_marks_the_run_and_makes_it_inconclusive_with_what_nobody_offered():
    lost = RunProgress(workers_lost=1, degraded=[LOST])
    summary = of(lost, rows=frame(not_offered=np.where(np.arange(240) == 40, 75.0, 0.0)))
    assert summary.marks == ["DEGRADED", "INCONCLUSIVE"]
    assert (summary.not_offered, summary.degraded) == (75, [LOST])
    assert summary.warnings == [
        "A load worker ended before the run did: look for what ended it and run again"
    ]


def test_the_plan_by_second_is_the_one_the_operator_changed():
    changed = of(RunProgress(rate_changes=[LOWERED]))
    assert "RATE CHANGED LIVE TO 50 %" in changed.marks
    planned = np.array(changed.per_second.planned)
    assert planned[:30].tolist() == [400] * 30
    assert planned[30:].tolist() == [200] * 30


def test_what_held_at_a_lowered_rate_is_not_said_to_hold_at_the_plans_own():
    criteria = {result.key: result for result in of(RunProgress(rate_changes=[LOWERED])).criteria}
    queued = criteria["all_transactions_queued"]
    assert queued.outcome is CriterionOutcome.NOT_TESTED
    assert "as little as 50%" in queued.explanation
    assert criteria["p99_latency_ms"].outcome is CriterionOutcome.HELD
    raised = of(RunProgress(rate_changes=[LOWERED.model_copy(update={"factor": 1.2})])).criteria
    assert {result.outcome for result in raised} == {CriterionOutcome.HELD}
