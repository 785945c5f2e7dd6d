"""A short staircase against the real platform, whatever else this machine is doing."""

import contextlib

import pytest

from engine import wiring
from engine.measure.machine import described, this_machine
from engine.metrics.buffer import MetricsBuffer
from engine.model.errors import IllegalTransitionError, TargetError
from engine.model.results import TestStatus
from engine.run import calibrate
from engine.run.climb import BASE_TPS, REST_TPS
from engine.run.plan import TICK_SECONDS
from engine.run.states import Event

SECONDS = 6.0


@pytest.fixture(scope="module")
def climbed(tmp_path_factory):
    """The run, its store, what was found and what was told of it."""
    folder = tmp_path_factory.mktemp("calibration")
    home = wiring.find_home(folder)
    store, standby = wiring.open_store(home, None), wiring.keep_warm(home)
    shown = (MetricsBuffer(), lambda: None)
    run = wiring.make_run(calibrate.request(), home=home, store=store, shown=shown, standby=standby)
    told = []
    found = calibrate.measure(run, store, told.append, staircase_seconds=SECONDS)
    yield run, found, told
    store.close()
    standby.close()


def test_a_staircase_on_the_real_platform_ends_in_its_time_and_ends_the_run(climbed):
    run, found, _told = climbed
    assert run.view.status is TestStatus.CANCELLED
    assert run.view.tick.t_seconds <= SECONDS + 2.0
    assert run.view.summary.counts.conserved
    assert found.steps


def test_every_step_was_offered_as_it_was_asked_and_judged_by_what_was_measured(climbed):
    _run, found, _told = climbed
    for step in found.steps:
        assert step.held == (step.why_not is None) == (step.limited_by is None)
        if step.held:
            assert step.offered_tps == pytest.approx(step.asked_tps, rel=0.05)
            assert step.response_p99_ms <= 50
            assert step.sample_size > 1_000
    held = [step.asked_tps for step in found.steps if step.held]
    assert found.sustained_tps is None or found.sustained_tps <= max(held)
    here = this_machine()
    assert (found.machine, found.version) == (described(here), here.limelight)


def test_the_rates_of_the_run_were_those_of_the_steps_and_are_on_its_record(climbed):
    run, found, _told = climbed
    changes = [round(change.factor * BASE_TPS) for change in run.view.rate_changes]
    asked = [rate for rate in changes if rate != REST_TPS]
    steps = [round(step.asked_tps) for step in found.steps]
    assert asked[: len(steps)] == steps


def test_the_way_up_is_told_tick_by_tick(climbed):
    run, found, told = climbed
    assert len(told) >= 0.5 * run.view.tick.t_seconds / TICK_SECONDS
    assert [each.share for each in told] == sorted(each.share for each in told)
    assert {each.trying_tps for each in told} >= {found.steps[0].asked_tps, None}


def test_the_emergency_stop_ends_a_calibration_and_the_engine_is_free_again(engine):
    def end_it(progress):
        if progress.trying_tps is not None:
            with contextlib.suppress(IllegalTransitionError):
                engine.emergency_stop()

    with pytest.raises(TargetError, match=Event.EMERGENCY_STOP.value):
        engine.calibrate(end_it)
    assert engine.kept_calibration().calibration is None
    with pytest.raises(IllegalTransitionError):
        engine.emergency_stop()
