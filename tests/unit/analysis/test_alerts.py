from engine.analysis.alerts import Level, Watch
from engine.model.tick import Tick


def levels(watch, **values):
    return [alert.level for alert in watch.look(Tick(**values))]


def test_a_limit_crossed_is_told_once_and_again_after_it_was_kept():
    watch = Watch(100, 0.04)
    assert levels(watch, error_rate=0.005) == [Level.WARNING]
    assert levels(watch, error_rate=0.005) == []
    assert levels(watch, error_rate=0.05) == [Level.CRITICAL]
    assert levels(watch, error_rate=0.005) == []
    assert levels(watch, error_rate=0.0) == []
    assert levels(watch, error_rate=0.005) == [Level.WARNING]


def test_nothing_decided_of_what_is_due_means_the_target_is_unavailable():
    watch = Watch(100, 0.04)
    (alert,) = watch.look(Tick(offered_tps=100, achieved_tps=0))
    assert alert.level is Level.CRITICAL
    assert alert.message.startswith("Target unavailable")


def test_the_modelled_cost_is_held_against_the_budget():
    watch = Watch(max_cost_per_hour=0.05, vcpu_hour_usd=0.04)
    assert levels(watch, platform_cpu_cores=1.0) == []
    assert levels(watch, platform_cpu_cores=1.6) == [Level.WARNING]
    assert levels(watch, platform_cpu_cores=2.0) == [Level.CRITICAL]


def test_what_was_not_measured_crosses_nothing():
    assert levels(Watch(100, 0.04)) == []
