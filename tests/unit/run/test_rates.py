import pytest

from engine.load.profiles import Profile
from engine.model.errors import ConfigurationError
from engine.model.scenario import MAX_RATE_TPS, LoadProfile, LoadProfileType
from engine.run.rates import LEAD_SECONDS, Rates, told

RATE = 1_000.0


def rates(highest=RATE):
    profile = LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=RATE)
    return Rates(Profile(profile, 60, 7), highest)


def test_the_plan_follows_each_change_from_its_second_on():
    changed = rates()
    for factor, now in ((0.5, 10.0), (2.0, 20.0)):
        changed.change(factor, now)
    seconds = (0.0, 10.0 + LEAD_SECONDS / 2, 10.0 + LEAD_SECONDS, 20.0, 30.0)
    assert [changed.factor_at(at) for at in seconds] == [1, 1, 0.5, 0.5, 2]
    assert [changed.planned_tps(at) for at in seconds] == [RATE, RATE, RATE / 2, RATE / 2, RATE * 2]
    assert changed.factor == 2


def test_of_changes_at_one_instant_as_in_a_pause_the_last_counts():
    changed = rates()
    for factor in (0.8, 0.64, 0.512):
        changed.change(factor, 10.0)
    assert [(one.schedule_seconds, one.factor) for one in changed.changes] == [
        (10.0 + LEAD_SECONDS, 0.512)
    ]


def test_changes_stand_in_order_although_the_clock_was_set_back():
    changed = rates()
    changed.change(0.5, 10.0)
    changed.change(0.8, 9.9)
    (only,) = changed.changes
    assert (only.schedule_seconds, only.factor) == (10.0 + LEAD_SECONDS, 0.8)


@pytest.mark.parametrize("factor", [0, 0.009, -1, float("nan"), float("inf"), 50.1])
def test_a_factor_out_of_bounds_is_refused_and_changes_nothing(factor):
    changed = rates()
    with pytest.raises(ConfigurationError, match=r"0\.01 to 50 times the plan"):
        changed.change(factor, 1.0)
    assert changed.changes == ()


def test_the_highest_rate_may_be_all_there_is():
    change = rates().change(MAX_RATE_TPS / RATE, 1.0)
    assert change.factor == 50
    assert told(change) == "rate × 50 of the plan from 1.15 s"
