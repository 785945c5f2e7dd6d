import pandas as pd
import pytest

from engine.model.fault import FailureScenario, FailureType
from engine.model.results import CriterionOutcome, ScalingRecord
from tests.evidence import decide, outcome
from tests.run_records import BACK, ONSET, fault, scenario, ticks

HELD, BROKEN = CriterionOutcome.HELD, CriterionOutcome.DID_NOT_HOLD
NOT_EXERCISED = CriterionOutcome.NOT_EXERCISED


def test_recovery_needs_a_fault_that_took_place():
    assert outcome("recovery_demonstrated") is HELD
    assert outcome("recovery_demonstrated", faults=[]) is NOT_EXERCISED
    assert outcome("recovery_demonstrated", faults=[fault(proven=False)]) is NOT_EXERCISED


def test_a_fault_not_recovered_from_breaks_recovery():
    hurt = fault(recovered_at_seconds=None)
    assert outcome("recovery_demonstrated", faults=[fault(), hurt]) is BROKEN
    assert outcome("automatic_recovery", faults=[hurt]) is BROKEN


def test_recovery_from_a_fault_without_a_steady_state_before_it_is_not_judged():
    early = fault(steady_state=None)
    assert outcome("recovery_demonstrated", faults=[fault(), early]) is NOT_EXERCISED


def test_recovery_at_a_rate_changed_by_hand_is_not_tested():
    frame = ticks(120)
    frame.loc[frame["t_seconds"] > ONSET + 1, "rate_factor"] = 0.8
    assert outcome("recovery_demonstrated", ticks=frame) is CriterionOutcome.NOT_TESTED
    frame["rate_factor"] = 0.8
    assert outcome("recovery_demonstrated", ticks=frame) is HELD


def test_automatic_recovery_stands_for_every_planned_fault_not_for_some():
    crash = scenario().failure_scenarios[0]
    other = FailureScenario(
        failure_type=FailureType.NETWORK_LATENCY,
        start_time_seconds=100,
        duration_seconds=5,
        severity=0.4,
    )
    both = {"scenario_changes": {"failure_scenarios": (crash, other)}}
    assert outcome("automatic_recovery") is HELD
    assert outcome("automatic_recovery", **both) is NOT_EXERCISED
    assert outcome("recovery_demonstrated", **both) is HELD


def test_a_component_that_no_fault_hit_must_stay_up():
    assert outcome("no_cascading_failures") is HELD
    frame = ticks()
    frame.loc[frame["t_seconds"] == ONSET + 5, "scorers_up_now"] = 2.0
    assert outcome("no_cascading_failures", ticks=frame) is BROKEN
    frame = ticks()
    frame.loc[frame["t_seconds"] == BACK + 20, "scorers_up_now"] = 3.0
    assert outcome("no_cascading_failures", ticks=frame) is BROKEN
    frame = ticks()
    frame.loc[frame["t_seconds"] == ONSET + 5, "edge_up"] = 0.0
    assert outcome("no_cascading_failures", ticks=frame) is BROKEN


def test_failing_more_than_the_share_that_was_hit_is_not_graceful():
    assert outcome("graceful_degradation") is HELD
    frame = ticks()
    during = (frame["t_seconds"] > ONSET) & (frame["t_seconds"] < ONSET + 15)
    frame.loc[during, "failed"] = frame.loc[during, "decided"]
    assert outcome("graceful_degradation", ticks=frame) is BROKEN


def busy(frame: pd.DataFrame, begin: float = 40.0, end: float = 50.0) -> pd.DataFrame:
    frame["scorer_utilisation"] = 0.4
    above = (frame["t_seconds"] > begin) & (frame["t_seconds"] <= end)
    frame.loc[above, "scorer_utilisation"] = 0.9
    return frame


def scaling(**changes: object) -> ScalingRecord:
    fields = {"t_seconds": 46.0, "from_scorers": 1, "to_scorers": 2, "cause": "utilisation"}
    measured = {"utilisation": 0.9, "seconds": 4.5, "shards": 32, "held": 9, "held_ms": 12.0}
    return ScalingRecord(**{**fields, **measured, **changes})


def test_scaling_is_not_exercised_while_utilisation_never_stayed_high():
    assert outcome("auto_scaling_triggered") is NOT_EXERCISED
    assert outcome("auto_scaling_triggered", ticks=busy(ticks(), 40, 44)) is NOT_EXERCISED
    assert outcome("auto_scaling_triggered", ticks=busy(ticks(), 40, 90)) is NOT_EXERCISED
    removed = scaling(from_scorers=2, to_scorers=1)
    assert outcome("auto_scaling_triggered", ticks=busy(ticks()), scalings=[removed]) is (
        NOT_EXERCISED
    )
    by_hand = scaling(cause="order", utilisation=None)
    assert outcome("auto_scaling_triggered", ticks=busy(ticks()), scalings=[by_hand]) is (
        NOT_EXERCISED
    )


def test_scaling_holds_by_the_slowest_scorer_that_was_added():
    scalings = [scaling(), scaling(seconds=7.25, from_scorers=2, to_scorers=3)]
    result = decide("auto_scaling_triggered", 60.0, ticks=busy(ticks()), scalings=scalings)
    assert result.outcome is HELD
    assert result.measured == pytest.approx(7.25)
    slow = [scaling(), scaling(seconds=61.0)]
    assert outcome("auto_scaling_triggered", 60.0, ticks=busy(ticks()), scalings=slow) is BROKEN


def test_staying_high_for_longer_without_a_scorer_more_breaks_scaling():
    assert outcome("auto_scaling_triggered", 60.0, ticks=busy(ticks(), 40, 101)) is BROKEN
    late = busy(ticks(), 100, 170)
    assert outcome("auto_scaling_triggered", 60.0, ticks=late, scalings=[scaling()]) is BROKEN
    late.loc[late["t_seconds"] == 135.0, "scorer_utilisation"] = float("nan")
    assert outcome("auto_scaling_triggered", 60.0, ticks=late, scalings=[scaling()]) is HELD
