import pandas as pd
import pytest

from engine.model.fault import FailureScenario, FailureType
from engine.model.results import CriterionOutcome
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


def busy(frame: pd.DataFrame) -> pd.DataFrame:
    frame["scorers_up_now"], frame["platform_cpu_cores"] = 4.0, 0.5
    frame.loc[frame["t_seconds"] > 40, "platform_cpu_cores"] = 4.5
    return frame


def test_scaling_counts_from_five_busy_seconds_on():
    assert outcome("auto_scaling_triggered") is NOT_EXERCISED
    assert outcome("auto_scaling_triggered", ticks=busy(ticks())) is BROKEN
    assert outcome("auto_scaling_triggered", ticks=busy(ticks(80))) is NOT_EXERCISED
    frame = busy(ticks())
    frame.loc[frame["t_seconds"] > 60, "scorers_asked"] = 5.0
    result = decide("auto_scaling_triggered", 60.0, ticks=frame)
    assert result.outcome is HELD
    assert result.measured == pytest.approx(60.25 - 45.25)
