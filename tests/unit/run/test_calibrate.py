"""The way up the staircase on a simulated machine, and what is said of it."""

import pytest

from engine.analysis import honesty
from engine.measure.machine import described, this_machine
from engine.model.calibration import LONGEST_SECONDS, CalibrationStep, Limit
from engine.model.errors import TargetError
from engine.run import staircase, step
from engine.run.calibrate import CRITERION, PLAN_SECONDS, STAIRCASE_SECONDS, measure, request
from engine.run.calibrate import calibration as read_off
from engine.run.climb import BASE_TPS, REST_TPS
from engine.run.plan import TICK_SECONDS
from engine.run.staircase import FIRST_TPS, TOP_TPS
from engine.run.states import Event
from tests.unit.run.simulated import SimulatedRun


def measured(capacity, **options):
    run = SimulatedRun(capacity)
    return run, measure(run, run, **options)


def made(asked, *, held=True, limit=Limit.TARGET, offered=None):
    return CalibrationStep(
        asked_tps=asked,
        offered_tps=asked if offered is None else offered,
        response_p99_ms=5.0,
        lateness_p99_ms=0.2,
        window_seconds=1.0,
        sample_size=round(asked),
        held=held,
        why_not=None if held else "response p99 400 ms",
        limited_by=None if held else limit,
    )


@pytest.mark.parametrize("capacity", [900, 3_000, 5_200, 14_000, 33_000])
def test_what_a_machine_holds_is_found_below_its_capacity_and_near_it(capacity):
    found = measured(capacity)[1]
    assert found.sustained_tps <= capacity < found.sustained_tps * 1.3
    assert found.limited_by is Limit.TARGET


def test_a_machine_that_holds_all_there_is_was_limited_by_nothing():
    found = measured(2 * TOP_TPS)[1]
    assert (found.sustained_tps, found.limited_by) == (TOP_TPS, None)
    assert all(each.held for each in found.steps)


def test_a_machine_that_holds_nothing_has_no_rate_and_says_what_gave_way():
    found = measured(50)[1]
    assert (found.sustained_tps, found.sample_size, found.window_seconds) == (None, 0, 0.0)
    assert found.limited_by is Limit.TARGET


@pytest.mark.parametrize("capacity", [50, 400, 5_200, 14_000, 200_000])
def test_the_staircase_ends_in_its_time_and_ends_the_run(capacity):
    run, _found = measured(capacity)
    assert run.seconds <= STAIRCASE_SECONDS < LONGEST_SECONDS < PLAN_SECONDS
    assert run.requests == [Event.STOP]


@pytest.mark.parametrize("lag", [1, 3, 4, 5, 6, 7, 8, 1_000])
def test_a_machine_that_is_slow_to_change_its_rate_has_no_longer_time(lag):
    run = SimulatedRun(14_000, lag=lag)
    assert measure(run, run).sustained_tps in {None, *run.rates}
    assert run.seconds <= STAIRCASE_SECONDS + TICK_SECONDS
    assert run.requests == [Event.STOP]


def test_what_happens_while_a_new_rate_settles_is_not_judged():
    run = SimulatedRun(2 * TOP_TPS, stumbles=True)
    assert measure(run, run).sustained_tps == TOP_TPS


def test_a_shorter_staircase_takes_less_time_and_never_says_more():
    (short, some), (long, more) = measured(14_000, staircase_seconds=7.0), measured(14_000)
    assert short.seconds <= 7.0 < long.seconds
    assert some.sustained_tps <= more.sustained_tps


def test_after_a_step_that_was_not_held_the_rate_rests_until_its_queue_has_gone():
    run, found = measured(5_200)
    asked = [rate for rate in run.rates if rate != REST_TPS]
    assert asked == [each.asked_tps for each in found.steps]
    failed = sum(not each.held for each in found.steps)
    assert run.rates.count(REST_TPS) == failed > 0
    begun = False
    for before, after in zip(run.ticks, run.ticks[1:], strict=False):
        begun = begun or before.rate_factor * BASE_TPS == FIRST_TPS
        if begun and after.rate_factor > before.rate_factor == REST_TPS / BASE_TPS:
            assert before.in_flight_now <= 0.25 * REST_TPS


def test_a_rate_that_overruns_the_machine_is_left_before_its_window_is_over():
    steps = measured(5_200)[1].steps
    lost = next(each for each in steps if each.asked_tps == 8_000)
    assert lost.window_seconds < staircase.judged_ticks(8_000) * TICK_SECONDS
    assert not lost.held


def test_whoever_waits_hears_of_every_step_and_time_never_goes_back():
    heard = []
    found = measured(5_200, told=heard.append)[1]
    shares = [each.share for each in heard]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    assert max(len(each.steps) for each in heard) >= len(found.steps) - 1
    tried = [each.trying_tps for each in heard if each.trying_tps is not None]
    assert list(dict.fromkeys(tried)) == list(dict.fromkeys(s.asked_tps for s in found.steps))


@pytest.mark.parametrize("ticks", [1, 5, 20])
def test_a_run_that_somebody_ends_gives_no_answer_but_the_reason(ticks):
    run = SimulatedRun(5_200, ends_after=ticks)
    with pytest.raises(TargetError, match="ended by somebody"):
        measure(run, run)
    assert run.requests == [Event.EMERGENCY_STOP]


def test_the_answer_is_what_was_offered_when_it_was_held_last_and_no_more_than_was_asked():
    steps = [made(2_000), made(4_000, held=False), made(2_000, offered=1_980.0)]
    assert read_off(steps, this_machine()).sustained_tps == 1_980
    more = [made(2_000), made(4_000, held=False), made(2_000, offered=2_020.0)]
    assert read_off(more, this_machine()).sustained_tps == 2_000


def test_the_lowest_rate_that_was_not_held_says_what_the_limit_was():
    steps = [
        made(2_000),
        made(8_000, held=False, limit=Limit.GENERATOR),
        made(4_000, held=False, limit=Limit.OTHERS),
        made(2_000),
    ]
    assert read_off(steps, this_machine()).limited_by is Limit.OTHERS


def test_a_calibration_says_over_what_it_was_measured_and_where():
    machine = this_machine()
    found = read_off([made(2_000), made(2_000)], machine)
    assert (found.window_seconds, found.sample_size) == (1.0, 2_000)
    assert (found.machine, found.version) == (described(machine), machine.limelight)
    assert found.criterion == CRITERION


def test_the_written_criterion_has_the_numbers_of_the_rule():
    for words in (
        f"p99 within {step.MAX_P99_MS:g} ms",
        f"at least {100 * step.MIN_ANSWERED_SHARE:g} %",
        f"at least {100 * step.MIN_OFFERED_SHARE:g} % of the rate",
        f"lateness p99 within {honesty.MAX_LATENESS_P99_MS:g} ms",
        f"loop lag within {honesty.MAX_LOOP_LAG_MS:g} ms",
        "rejected",
    ):
        assert words in CRITERION


def test_every_rate_can_be_asked_of_the_run_as_a_factor_of_its_plan():
    profile = request().scenario.load_profile
    assert profile.max_tps == BASE_TPS
    assert TOP_TPS / BASE_TPS * profile.max_tps == TOP_TPS
    assert REST_TPS / BASE_TPS >= 0.01
