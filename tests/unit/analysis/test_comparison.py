import pytest

from engine.analysis.criteria import find, judge, own_keys, problems, verdict
from engine.analysis.evidence import Evidence
from engine.analysis.quantities import OF_FAULT, OF_RUN
from engine.analysis.scorecard import Compared, scorecard
from engine.model.fault import FailureType
from engine.model.metrics import ResilienceMetrics
from engine.model.results import CriterionOutcome, TestStatus, Verdict
from engine.run.attribution import times_of
from tests.evidence import counts, decide, evidence, journal, outcome
from tests.run_records import ONSET, fault, scenario, target, ticks

HELD, BROKEN = CriterionOutcome.HELD, CriterionOutcome.DID_NOT_HOLD
NOT_EXERCISED = CriterionOutcome.NOT_EXERCISED
NOT_TESTED, NOT_MEASURED = CriterionOutcome.NOT_TESTED, CriterionOutcome.NOT_MEASURED
RECOVERY = "recovery_seconds(lambda_crash) < 30"


def carded(**changes):
    made = fault(**changes)
    card = scorecard(ticks(), times_of(made, [made]), Compared(0, 0, 2))
    return made.model_copy(update={"scorecard": card})


def test_recovery_within_a_bound_holds_and_past_it_does_not():
    result = decide(RECOVERY)
    assert (result.outcome, result.measured, result.threshold) == (HELD, 18.25, 30.0)
    assert (result.key, result.label) == ("recovery_seconds_lambda_crash_lt_30", RECOVERY)
    assert outcome("recovery_seconds(lambda_crash) < 18.25") is BROKEN
    assert outcome("recovery_seconds(lambda_crash) ≤ 18.25") is HELD
    assert decide("recovery_from_clear_seconds(lambda_crash) < 30").measured == 3.25


def test_of_several_faults_of_a_kind_the_worst_counts():
    slow = fault(recovery_from_onset_seconds=31.0)
    result = decide(RECOVERY, faults=[fault(), slow])
    assert (result.outcome, result.measured) == (BROKEN, 31.0)
    result = decide("recovery_seconds < 40", faults=[fault(), slow])
    assert (result.outcome, result.measured) == (HELD, 31.0)
    assert decide("recovery_seconds > 10", faults=[fault(), slow]).measured == 18.25


def test_a_fault_that_did_not_take_place_or_hold_decides_nothing():
    assert outcome("recovery_seconds(dynamodb_throttle) < 30") is NOT_EXERCISED
    assert outcome(RECOVERY, faults=[fault(proven=False)]) is NOT_EXERCISED
    assert outcome(RECOVERY, faults=[fault(steady_state=None)]) is NOT_EXERCISED


def test_a_fault_not_recovered_from_breaks_any_bound_on_recovery():
    hurt = fault(recovered_at_seconds=None, recovery_from_onset_seconds=None)
    result = decide(RECOVERY, faults=[hurt])
    assert (result.outcome, result.measured) == (BROKEN, None)


def test_recovery_at_a_rate_changed_by_hand_is_not_tested():
    frame = ticks()
    frame.loc[frame["t_seconds"] > ONSET + 1, "rate_factor"] = 0.8
    assert outcome(RECOVERY, ticks=frame) is NOT_TESTED


def test_lost_is_told_by_the_journal_alone():
    assert outcome("lost == 0") is HELD
    assert outcome("lost == 0", journal=journal(missing=1, found=989)) is BROKEN
    assert outcome("lost == 0", journal=None) is BROKEN
    assert outcome("lost == 0", target=target(has_journal=False), journal=None) is NOT_MEASURED
    assert outcome("lost == 0", journal=journal(acknowledged=0, found=0)) is NOT_EXERCISED


def test_what_a_fault_cost_can_be_bound():
    one = [carded()]
    assert outcome("lost(lambda_crash) == 0", faults=one) is HELD
    assert outcome("unacknowledged(lambda_crash) <= 1", faults=one) is BROKEN
    assert decide("failed(lambda_crash) < 1000", faults=one).measured == one[0].scorecard.failed
    assert outcome("recall(lambda_crash) > 0.1", faults=one) is NOT_EXERCISED
    assert outcome("missed_fraud(lambda_crash) == 0", faults=[fault()]) is NOT_EXERCISED


def test_quantities_of_the_run_are_as_its_record_has_them():
    made = {"confusion": {"legitimate:APPROVE": 90, "legitimate:REVIEW": 10, "a:DECLINE": 40}}
    assert decide("p99_latency_ms < 1000").measured == 143.25
    assert decide("failed == 0", counts=counts(decided=983, failed=7)).measured == 7
    assert decide("recall == 1", **made).outcome is HELD
    assert decide("false_positive_rate <= 0.1", **made).measured == pytest.approx(0.1)
    up = ResilienceMetrics(uptime_percentage=99.5)
    assert outcome("uptime_percentage >= 99.9", resilience=up) is BROKEN
    assert outcome("uptime_percentage >= 99.9") is NOT_EXERCISED


def test_a_rate_of_the_scenario_is_not_tested_when_it_was_scaled_away():
    assert outcome("offered_tps > 1000") is HELD
    assert outcome("offered_tps > 1000", rate_scale=0.5) is NOT_TESTED


@pytest.mark.parametrize("name", sorted({*OF_RUN, *OF_FAULT}))
def test_a_run_without_a_tick_or_a_fault_holds_nothing(name):
    if name in {"due", "decided", "rejected", "failed", "dropped"}:
        return  # counted, if nothing came
    empty = evidence(
        ticks=ticks().iloc[:0],
        faults=[],
        journal=journal(acknowledged=0, found=0),
        response=evidence().response.model_copy(
            update=dict.fromkeys(("p50", "p90", "p95", "p99", "p99_9", "max", "mean"))
        ),
    )
    (result,) = judge(scenario(success_criteria={f"{name} >= 0": True}), empty)
    assert result.outcome is NOT_EXERCISED


def test_a_comparison_counts_as_the_scenarios_own_and_gives_the_verdict():
    asked = scenario(success_criteria={RECOVERY: True, "lost == 0": True, "failed == 0": False})
    results = judge(asked, evidence())
    assert len(results) == 2
    assert {result.key for result in results} == own_keys(asked)
    passed, _ = verdict(results, [], TestStatus.COMPLETED, None, own_keys(asked))
    assert passed is Verdict.PASSED
    slow = judge(asked, evidence(faults=[fault(recovery_from_onset_seconds=31.0)]))
    assert verdict(slow, [], TestStatus.COMPLETED) == (
        Verdict.FAILED,
        f"Did not hold: {RECOVERY}.",
    )


def test_names_go_on_being_criteria_and_wrong_comparisons_are_told_where():
    assert find("zero_data_loss").key == "zero_data_loss"
    assert find("recovery_seconds(x) < 3") is None
    assert problems({RECOVERY: True, "lost == 0": True, "zero_data_loss": True}) == []
    assert problems({"lost = 0": True})[0].startswith('success_criteria."lost = 0": at character 6')
    assert problems({"lost == 0": 3.0}) == [
        'success_criteria."lost == 0" must be true or false, got 3'
    ]


def test_the_share_that_was_hit_goes_by_the_scorers_there_were_not_by_the_preset():
    frame = ticks()
    frame["scorers_asked"] = 8.0
    crash = fault(failure_type=FailureType.LAMBDA_CRASH, severity=0.25)
    assert evidence(ticks=frame).share_hit(crash) == 0.25
    assert evidence(ticks=frame).scorers_at(ONSET) == 8
    frame["scorers_asked"] = float("nan")
    assert isinstance(found := evidence(ticks=frame), Evidence)
    assert found.scorers_at(ONSET) == scenario().scorers
    frame = ticks()
    frame["scorers_asked"], frame["scorers_up_now"] = 8.0, 8.0
    during = (frame["t_seconds"] > ONSET) & (frame["t_seconds"] <= ONSET + 15)
    frame.loc[during, "scorers_up_now"] = 6.0
    assert outcome("no_cascading_failures", ticks=frame) is HELD
