"""The staircase on synthetic machines: a limit, luck, and the time that steps take."""

from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.run.calibrate import STAIRCASE_SECONDS
from engine.run.climb import WARM_UP_SECONDS
from engine.run.plan import TICK_SECONDS
from engine.run.staircase import (
    FIRST_TPS,
    LOWEST_TPS,
    RESOLUTION,
    REST_SECONDS,
    RETRIES,
    SETTLE_TICKS,
    TOP_TPS,
    Tried,
    found,
    judged_ticks,
    next_rate,
    step_seconds,
)

SECONDS = STAIRCASE_SECONDS - WARM_UP_SECONDS
LIMITS = st.floats(0, 2 * TOP_TPS)
QUICK_REST = 2 * TICK_SECONDS
STEPS_AT_MOST = 100


def climb(comes_out, seconds=SECONDS, rest=REST_SECONDS):
    """All steps of a machine on which a rate `comes_out` held and disturbed, and the time left."""
    steps, left = [], seconds
    while (rate := next_rate(steps, left)) is not None:
        assert len(steps) < STEPS_AT_MOST, "it goes on for ever"
        held, disturbed = comes_out(rate)
        steps.append(Tried(rate, held, disturbed))
        left -= step_seconds(rate) + (0 if held else rest)
    return steps, left


def machine(limit, **options):
    return climb(lambda rate: (rate <= limit, False), **options)[0]


LUCK = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20)


def lucky(luck):
    """What comes out whatever the rate: each pair in turn, again and again."""
    turns = cycle(luck)
    return lambda _rate: next(turns)


@given(LUCK, st.floats(0, 60))
def test_whatever_the_machine_does_the_staircase_ends_in_its_time(luck, seconds):
    steps, left = climb(lucky(luck), seconds=seconds)
    rest_of_a_failed_confirmation = 0 if not steps or steps[-1].held else REST_SECONDS
    assert left >= -rest_of_a_failed_confirmation


@given(LUCK)
def test_every_rate_that_is_tried_can_be_offered_and_judged(luck):
    for each in climb(lucky(luck), seconds=60)[0]:
        assert LOWEST_TPS <= each.tps <= TOP_TPS
        assert each.tps * judged_ticks(each.tps) * TICK_SECONDS > 1_000


@given(LUCK)
def test_the_answer_was_held_twice_at_it_or_above_and_nothing_at_or_below_it_failed_last(luck):
    steps = climb(lucky(luck))[0]
    answer = found(steps)
    if answer is not None:
        assert sum(each.held and each.tps >= answer for each in steps) >= 2
        assert answer <= max(each.tps for each in steps if each.held)
        latest = {each.tps: each.held for each in steps}
        assert all(held for tps, held in latest.items() if tps <= answer)


@given(LIMITS)
def test_the_answer_is_never_above_what_the_machine_holds(limit):
    answer = found(machine(limit))
    assert answer is None or answer <= limit


@given(LIMITS, LIMITS)
def test_a_faster_machine_is_never_said_to_hold_less(one, other):
    slow, fast = sorted([one, other])
    assert (found(machine(slow)) or 0) <= (found(machine(fast)) or 0)


@given(st.floats(FIRST_TPS, TOP_TPS))
def test_the_answer_is_within_the_resolution_of_the_limit_given_time(limit):
    answer = found(machine(limit, seconds=60))
    assert answer <= limit < answer * RESOLUTION * 1.01 or answer == TOP_TPS


@given(st.floats(FIRST_TPS, 16_000))
def test_in_the_time_there_is_the_answer_is_within_a_quarter_of_the_limit(limit):
    answer = found(machine(limit, rest=QUICK_REST))
    assert answer <= limit < answer * 1.25


@given(st.floats(LOWEST_TPS, FIRST_TPS))
def test_a_machine_too_slow_for_the_first_rate_is_found_below_it(limit):
    answer = found(machine(limit, rest=QUICK_REST))
    assert limit / 2 < answer <= limit


def test_a_machine_that_holds_everything_is_tried_at_the_highest_rate_twice():
    steps = machine(2 * TOP_TPS)
    assert [each.tps for each in steps] == [2_000, 4_000, 8_000, 16_000, 32_000, 50_000, 50_000]
    assert found(steps) == TOP_TPS


def test_a_machine_that_holds_nothing_has_no_answer():
    assert found(machine(0)) is None
    assert found([]) is None


def test_a_step_that_other_programs_spoiled_is_tried_again_and_one_that_they_did_not_is_not():
    before = [Tried(2_000, True), Tried(4_000, True)]
    assert next_rate([*before, Tried(8_000, False, disturbed=True)], SECONDS) == 8_000
    assert next_rate([*before, Tried(8_000, False)], SECONDS) == pytest.approx(5_660, rel=0.001)
    assert next_rate([*before, Tried(8_000, True, disturbed=True)], SECONDS) == 16_000


def test_a_second_failure_at_a_rate_is_believed_whatever_disturbed_it():
    twice = [Tried(2_000, True), *[Tried(4_000, False, disturbed=True)] * 2]
    assert next_rate(twice, SECONDS) == pytest.approx(2_830, rel=0.001)


def test_what_held_when_it_was_tried_again_counts():
    again = [Tried(2_000, True), Tried(4_000, False, disturbed=True), Tried(4_000, True)]
    assert next_rate(again, SECONDS) == 8_000


def test_a_machine_that_is_always_disturbed_is_not_measured_for_ever():
    steps = climb(lambda rate: (rate <= 3_000, True), seconds=600)[0]
    rates = [each.tps for each in steps if not each.held]
    assert len(rates) - len(set(rates)) == RETRIES
    assert found(steps) == pytest.approx(3_000, rel=0.1)


def test_a_rate_that_does_not_hold_again_gives_way_to_a_lower_one():
    luck = iter([True, True, True, False, True, True, False, False])
    steps = climb(lambda rate: (next(luck, True), False), seconds=60)[0]
    highest = max(each.tps for each in steps if each.held)
    assert [each.held for each in steps if each.tps == highest] == [True, False]
    assert found(steps) < highest


def test_a_rate_held_above_one_that_was_not_is_luck():
    steps = [Tried(2_000, True), Tried(4_000, False), *[Tried(8_000, True)] * 2]
    assert found(steps) == 2_000
    assert next_rate(steps, SECONDS) == pytest.approx(2_830, rel=0.001)


def test_an_answer_that_was_not_confirmed_in_time_is_the_rate_below_it():
    assert found([Tried(2_000, True), Tried(4_000, True), Tried(8_000, True)]) == 4_000
    assert found([Tried(2_000, True)]) is None


def test_low_rates_are_judged_for_as_long_as_a_p99_takes():
    assert judged_ticks(50_000) * TICK_SECONDS == 1.0
    assert judged_ticks(500) * TICK_SECONDS * 500 >= 1_100
    assert step_seconds(2_000) >= (SETTLE_TICKS + judged_ticks(2_000)) * TICK_SECONDS
