import pytest

from engine.analysis.alerts import STEADY_TICKS, Level, Watch
from engine.model.tick import Tick


def told(watch, ticks=STEADY_TICKS, **values):
    """All that is told in some ticks alike."""
    return [alert for _tick in range(ticks) for alert in watch.look(Tick(**values))]


def levels(watch, **values):
    return [alert.level for alert in told(watch, **values)]


def test_a_limit_crossed_is_told_once_and_again_after_it_was_kept():
    watch = Watch(100, 0.04)
    assert levels(watch, error_rate=0.005) == [Level.WARNING]
    assert levels(watch, error_rate=0.005) == []
    assert levels(watch, error_rate=0.05) == [Level.CRITICAL]
    assert levels(watch, error_rate=0.005) == []
    assert levels(watch, error_rate=0.0) == []
    assert levels(watch, error_rate=0.005) == [Level.WARNING]


def test_a_value_that_flickers_about_its_limit_is_not_told():
    watch = Watch(100, 0.04)
    for _time in range(10):
        assert told(watch, STEADY_TICKS - 1, error_rate=0.05) == []
        assert told(watch, 1, error_rate=0.0) == []


@pytest.mark.parametrize("asked", [{"due": 25}, {"in_flight_now": 8}])
def test_nothing_answered_of_what_is_due_means_the_target_is_unavailable(asked):
    (alert,) = told(Watch(100, 0.04), **asked)
    assert alert.level is Level.CRITICAL
    assert alert.message.startswith("Target unavailable")


@pytest.mark.parametrize("answered", [{"decided": 1}, {"rejected": 1}])
def test_a_target_that_answers_anything_is_available(answered):
    assert told(Watch(100, 0.04), due=25, offered_tps=100, achieved_tps=0, **answered) == []


def test_a_target_of_which_nothing_is_asked_is_not_called_unavailable():
    assert told(Watch(100, 0.04), offered_tps=1, achieved_tps=0) == []


def test_a_target_is_called_unavailable_only_after_some_ticks_without_an_answer():
    watch = Watch(100, 0.04)
    assert told(watch, STEADY_TICKS - 1, due=25) == []
    assert told(watch, 1, due=25, rejected=1) == []
    assert told(watch, STEADY_TICKS - 1, due=25) == []


def test_the_modelled_cost_is_held_against_the_budget():
    watch = Watch(max_cost_per_hour=0.05, vcpu_hour_usd=0.04)
    assert levels(watch, platform_cpu_cores=1.0) == []
    assert levels(watch, platform_cpu_cores=1.6) == [Level.WARNING]
    assert levels(watch, platform_cpu_cores=2.0) == [Level.CRITICAL]


def test_what_was_not_measured_crosses_nothing():
    assert levels(Watch(100, 0.04)) == []


def test_a_target_used_to_more_than_four_fifths_is_a_warning():
    assert levels(Watch(100, 0.04), scorer_utilisation=0.8) == []
    (alert,) = told(Watch(100, 0.04), scorer_utilisation=0.81)
    assert alert.level is Level.WARNING
    assert alert.message.startswith("The target's utilisation")
