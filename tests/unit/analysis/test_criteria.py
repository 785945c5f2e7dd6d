import numpy as np
import pandas as pd
import pytest

from engine.analysis.criteria import CRITERIA, judge, problems, stated, verdict
from engine.model.results import (
    CriterionOutcome,
    LatencySummary,
    TestStatus,
    Verdict,
)
from engine.model.scenario import MIX_SHARES, LoadProfile, LoadProfileType, TrafficMix
from tests.evidence import counts, decide, evidence, journal, outcome
from tests.run_records import fault, scenario, target, ticks

HELD, BROKEN = CriterionOutcome.HELD, CriterionOutcome.DID_NOT_HOLD
NOT_EXERCISED = CriterionOutcome.NOT_EXERCISED
NOT_TESTED, NOT_MEASURED = CriterionOutcome.NOT_TESTED, CriterionOutcome.NOT_MEASURED
PRESET_KEYS = [
    "zero_data_loss",
    "p95_latency_ms",
    "p99_latency_ms",
    "error_rate",
    "all_agents_healthy",
    "no_memory_leaks",
    "consistent_performance",
    "no_degradation",
    "all_transactions_queued",
    "auto_scaling_triggered",
    "no_transaction_loss",
    "automatic_recovery",
    "no_cascading_failures",
    "graceful_degradation",
    "recovery_demonstrated",
    "business_value_clear",
    "success_rate",
    "steady_error_rate",
]
NEEDS_NUMBER = {
    "p95_latency_ms",
    "p99_latency_ms",
    "error_rate",
    "success_rate",
    "steady_error_rate",
}
STRESS_REJECTS = MIX_SHARES[TrafficMix.STRESS][2]
BURST = LoadProfile(
    profile_type=LoadProfileType.BURST,
    sustained_tps=100,
    burst_tps=1_000,
    burst_duration_seconds=5,
    burst_interval_seconds=60,
    first_burst_seconds=30,
)


def without_samples() -> pd.DataFrame:
    return ticks().iloc[:0]


def test_every_key_of_the_presets_has_a_rule_with_formula_and_unit():
    assert set(CRITERIA) == set(PRESET_KEYS)
    assert all(criterion.formula and criterion.unit for criterion in CRITERIA.values())


@pytest.mark.parametrize("key", PRESET_KEYS)
def test_a_run_without_a_single_sample_holds_nothing(key):
    nothing = LatencySummary(**dict.fromkeys(("p50", "p90", "p95", "p99", "p99_9")), max=None,
                             mean=None, count=0)  # fmt: skip
    empty = counts(due=0, sent=0, decided=0, rejected=0)
    result = decide(
        key,
        1.0 if key in NEEDS_NUMBER else True,
        counts=empty,
        journal=journal(acknowledged=0, found=0),
        response=nothing,
        ticks=without_samples(),
        faults=[],
    )
    assert result.outcome in {NOT_EXERCISED, NOT_MEASURED}
    assert result.measured is None
    assert result.explanation.endswith(".")


def test_no_loss_holds_only_when_every_acknowledged_id_is_in_the_journal_once():
    assert outcome("zero_data_loss") is HELD
    assert outcome("zero_data_loss", journal=journal(missing=1)) is BROKEN
    assert outcome("zero_data_loss", journal=journal(duplicated=1)) is BROKEN


def test_without_a_journal_no_loss_claim_is_made():
    bare = target(has_journal=False)
    assert outcome("zero_data_loss", target=bare, journal=None) is NOT_MEASURED
    assert outcome("no_transaction_loss", target=bare, journal=None) is NOT_MEASURED


def test_a_journal_that_could_not_be_read_proves_nothing():
    assert outcome("zero_data_loss", journal=None) is BROKEN


def test_a_failed_or_dropped_transaction_is_a_lost_one_to_who_sent_it():
    assert outcome("no_transaction_loss") is HELD
    assert outcome("no_transaction_loss", counts=counts(decided=989, failed=1)) is BROKEN
    dropped = counts(sent=999, decided=989, dropped=1)
    assert outcome("no_transaction_loss", counts=dropped) is BROKEN


@pytest.mark.parametrize(("limit", "expected"), [(143.25, HELD), (143.0, BROKEN)])
def test_a_percentile_is_held_against_its_threshold(limit, expected):
    result = decide("p99_latency_ms", limit)
    assert result.outcome is expected
    assert result.measured == 143.25
    assert result.threshold == limit


@pytest.mark.parametrize(("limit", "expected"), [(0.01, HELD), (0.009, BROKEN)])
def test_the_error_rate_counts_what_came_to_an_end(limit, expected):
    failed = counts(decided=980, failed=10)
    assert outcome("error_rate", limit, counts=failed) is expected
    assert outcome("success_rate", 1 - limit, counts=failed) is expected


def test_a_scaled_burst_says_that_its_rate_was_not_tested():
    changes = {"scenario_changes": {"load_profile": BURST}}
    assert outcome("all_transactions_queued", **changes) is HELD
    assert outcome("all_transactions_queued", rate_scale=0.5, **changes) is NOT_TESTED
    left = counts(decided=980, failed=10)
    assert outcome("all_transactions_queued", rate_scale=0.5, counts=left, **changes) is BROKEN


def test_a_run_that_ended_before_its_burst_queued_nothing():
    changes = {"scenario_changes": {"load_profile": BURST}}
    assert outcome("all_transactions_queued", ticks=ticks(20), **changes) is NOT_EXERCISED
    assert outcome("all_transactions_queued", ticks=ticks(20), speed=5.0, **changes) is HELD


def test_agents_are_healthy_only_while_every_scorer_is_up():
    assert outcome("all_agents_healthy") is BROKEN
    frame = ticks()
    frame["scorers_up_now"] = 4.0
    assert outcome("all_agents_healthy", ticks=frame) is HELD
    assert outcome("all_agents_healthy", target=target(has_telemetry=False)) is NOT_MEASURED


def test_telemetry_that_stops_is_not_health():
    frame = ticks()
    frame["scorers_up_now"] = 4.0
    frame.loc[400:, ["edge_up", "scorers_up_now", "scorers_asked"]] = np.nan
    assert outcome("all_agents_healthy", ticks=frame) is BROKEN


def test_memory_that_grows_is_a_leak_and_a_short_run_shows_none():
    assert outcome("no_memory_leaks") is NOT_EXERCISED
    frame = ticks(400)
    assert outcome("no_memory_leaks", ticks=frame) is HELD
    frame["platform_rss_mb"] = np.linspace(400, 800, len(frame))
    assert outcome("no_memory_leaks", ticks=frame) is BROKEN


def test_performance_is_consistent_when_the_rate_keeps_up():
    frame = ticks()
    assert outcome("consistent_performance", ticks=frame) is HELD
    frame.loc[300:400, "decided"] = 0.0
    assert outcome("consistent_performance", ticks=frame) is BROKEN
    assert outcome("consistent_performance", ticks=ticks(30)) is NOT_EXERCISED


def test_edge_cases_that_are_rejected_as_they_must_be_keep_up_with_the_rate():
    frame = ticks()
    frame["rejected"] = np.random.default_rng(1).binomial(frame["due"].astype(int), STRESS_REJECTS)
    frame["decided"] = frame["due"] - frame["rejected"]
    frame["achieved_tps"] = frame["decided"] * 4
    assert outcome("consistent_performance", ticks=frame) is HELD


def test_an_answer_that_falls_into_the_next_tick_of_its_second_still_keeps_up():
    frame = ticks()
    frame["due"], frame["rejected"] = 500.0, 0.0
    frame["decided"] = np.tile([440.0, 520.0, 520.0, 520.0], len(frame) // 4)
    assert outcome("consistent_performance", ticks=frame) is HELD


def test_response_times_that_creep_up_are_a_degradation():
    frame = ticks()
    frame["response_p95_ms"], frame["response_p99_ms"] = 20.0, 30.0
    assert outcome("no_degradation", ticks=frame) is HELD
    frame["response_p95_ms"] = np.linspace(10, 40, len(frame))
    assert outcome("no_degradation", ticks=frame) is BROKEN
    frame["response_p95_ms"] = 20.0
    frame.loc[9, "error_rate"] = 0.02
    assert outcome("no_degradation", ticks=frame) is BROKEN


def test_errors_outside_faults_are_limited_in_every_run_that_states_no_error_rate():
    asked = scenario(success_criteria={"p99_latency_ms": 100})
    frame = ticks()
    frame["failed"] = 0.0
    frame.loc[frame["t_seconds"] > 5, "failed"] = frame["decided"] * 0.02
    results = judge(asked, evidence(scenario=asked, ticks=frame, max_error_rate=0.01))
    assert [(r.key, r.outcome) for r in results][1:] == [("steady_error_rate", BROKEN)]
    stated = scenario(success_criteria={"error_rate": 0.5})
    results = judge(stated, evidence(scenario=stated, ticks=frame, max_error_rate=0.01))
    assert [r.key for r in results] == ["error_rate"]


def test_errors_of_a_fault_and_its_recovery_are_no_errors_outside_faults():
    asked = scenario(success_criteria={"steady_error_rate": 0.01})
    frame = ticks()
    frame["failed"] = 0.0
    frame.loc[(frame["t_seconds"] > 4) & (frame["t_seconds"] <= 8), "failed"] = 900.0
    during = fault(onset_seconds=4.0, recovered_at_seconds=8.0)
    (result,) = judge(asked, evidence(scenario=asked, ticks=frame, faults=[during]))
    assert result.outcome is HELD
    (result,) = judge(asked, evidence(scenario=asked, ticks=frame, faults=[]))
    assert result.outcome is BROKEN


def test_a_criterion_set_to_false_is_not_asked():
    assert judge(scenario(success_criteria={"zero_data_loss": False}), evidence()) == []


def test_wrong_criteria_are_each_named():
    wrong = {"visually_stunning": True, "p99_latency_ms": True, "error_rate": -0.1}
    found = problems(wrong)
    assert len(found) == 3
    assert all(any(f"success_criteria.{key}" in line for line in found) for key in wrong)
    assert problems(dict(scenario().success_criteria)) == []


def results(*outcomes: CriterionOutcome):
    key = "zero_data_loss"
    one = decide(key)
    return [one.model_copy(update={"outcome": each}) for each in outcomes]


@pytest.mark.parametrize(
    ("outcomes", "warnings", "status", "expected"),
    [
        ([HELD], [], TestStatus.COMPLETED, Verdict.PASSED),
        ([HELD, NOT_EXERCISED], [], TestStatus.COMPLETED, Verdict.PASSED),
        ([HELD, BROKEN], [], TestStatus.COMPLETED, Verdict.FAILED),
        ([HELD], ["late"], TestStatus.COMPLETED, Verdict.INCONCLUSIVE),
        ([BROKEN], ["late"], TestStatus.COMPLETED, Verdict.FAILED),  # loss has no excuse
        ([NOT_EXERCISED, NOT_TESTED], [], TestStatus.COMPLETED, Verdict.INCONCLUSIVE),
        ([], [], TestStatus.COMPLETED, Verdict.INCONCLUSIVE),
        ([HELD], [], TestStatus.CANCELLED, Verdict.ABORTED),
        ([HELD], [], TestStatus.FAILED, Verdict.FAILED),
        ([HELD], [], TestStatus.RUNNING, Verdict.INCONCLUSIVE),
    ],
)
def test_the_verdict_follows_from_status_doubts_and_criteria(outcomes, warnings, status, expected):
    found, reason = verdict(results(*outcomes), warnings, status)
    assert found is expected
    assert reason.endswith(".")


def test_a_target_that_decided_nothing_has_failed():
    nothing = counts(decided=0, rejected=0, failed=1_000)
    found, _ = verdict(results(HELD), [], TestStatus.COMPLETED, nothing)
    assert found is Verdict.FAILED


def test_the_limit_every_run_has_passes_no_scenario_whose_own_criteria_were_not_exercised():
    asked = scenario(success_criteria={"automatic_recovery": True, "zero_data_loss": False})
    implied = evidence(scenario=asked, faults=[], max_error_rate=0.01)
    judged = judge(asked, implied)
    assert [r.outcome for r in judged] == [NOT_EXERCISED, HELD]
    found, reason = verdict(judged, [], TestStatus.COMPLETED, own=stated(asked).keys())
    assert found is Verdict.INCONCLUSIVE
    assert "exercised none of its criteria" in reason


@pytest.mark.parametrize("asked", [{}, {"automatic_recovery": False}, {"steady_error_rate": 0.01}])
def test_the_limit_on_errors_passes_a_scenario_that_states_none_or_just_that(asked):
    made = scenario(success_criteria=asked)
    judged = judge(made, evidence(scenario=made, faults=[], max_error_rate=0.01))
    found, _ = verdict(judged, [], TestStatus.COMPLETED, own=stated(made).keys())
    assert found is Verdict.PASSED
