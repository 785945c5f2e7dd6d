"""The retry budget and the breaker, by looks a twentieth of a second apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.breaker import LEAST_ATTEMPTS, PROBES, BreakerState
from engine.load.budget import HELD_SECONDS, PER_SECOND, RATIO, RetryBudget
from engine.load.guard import Guard
from engine.load.ledger import Totals
from engine.load.outcome import RETRYABLE, Outcome
from engine.model.dead_letter import Why

LOOK_NS = 50_000_000
LOOKS_A_SECOND = 20
CLOSED, HALF_OPEN, OPEN = BreakerState


class Watch:
    """A guard that is looked at, with the time and the totals it goes by."""

    def __init__(self, **settings):
        self.guard, self.totals, self.now = Guard(**settings), Totals(), 1
        self.breaker = self.guard.breaker

    def look(self, answered=0, failed=0, outcome=Outcome.RESET, begun_ago_ns=0, first=0):
        for _ in range(failed):
            self.guard.ended(outcome, self.now - begun_ago_ns)
        self.now += LOOK_NS
        self.totals.decided += answered
        self.totals.sent += first
        self.guard.look(self.now, self.totals)
        return self.breaker.state

    def until(self, state, looks=LOOKS_A_SECOND + 1, **each):
        for _ in range(looks):
            if self.look(**each) is state:
                return self
        raise AssertionError(self.breaker.state)


def test_it_opens_when_half_of_enough_attempts_failed_in_a_second():
    watch = Watch()
    half = LEAST_ATTEMPTS // 2
    assert watch.look(answered=half, failed=half - 1) is CLOSED, "too few"
    assert watch.look(answered=3, failed=2) is CLOSED, "fewer than half"
    assert watch.look(failed=2) is OPEN
    assert (watch.breaker.trips, watch.totals.breaker_trips) == (1, 1)


def test_what_is_longer_ago_than_a_second_counts_no_more():
    watch = Watch()
    watch.look(failed=LEAST_ATTEMPTS - 1)
    for _ in range(LOOKS_A_SECOND):
        watch.look()
    assert watch.look(failed=LEAST_ATTEMPTS - 1) is CLOSED


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - RETRYABLE - {Outcome.OK}))
def test_an_answer_that_a_retry_would_get_again_is_no_sign_of_sickness(outcome):
    assert Watch().look(failed=100, outcome=outcome) is CLOSED


def test_a_short_outage_in_the_midst_of_a_run_and_one_of_a_quarter_do_not_open_it():
    watch = Watch()
    short = [(50, 0)] * LOOKS_A_SECOND + [(0, 50)] * 8 + [(50, 0)] * LOOKS_A_SECOND
    quarter = [(40, 13)] * 3 * LOOKS_A_SECOND
    assert {watch.look(*each) for each in short + quarter} == {CLOSED}
    watch.until(OPEN, failed=50, looks=11)


def test_open_it_lets_nothing_pass_and_half_open_a_few_probes():
    watch = Watch().until(OPEN, failed=LEAST_ATTEMPTS)
    assert not watch.breaker.allows()
    assert watch.guard.refusal() is Why.BREAKER
    assert [watch.look(failed=50) for _ in range(LOOKS_A_SECOND)][-2:] == [OPEN, HALF_OPEN]
    assert [watch.breaker.allows() for _ in range(PROBES + 2)] == [True] * PROBES + [False] * 2


def test_answers_close_it_and_count_as_its_recovery():
    watch = Watch().until(OPEN, failed=LEAST_ATTEMPTS).until(HALF_OPEN, failed=50)
    assert watch.look(answered=PROBES - 1) is HALF_OPEN
    assert watch.look(answered=1) is CLOSED
    assert (watch.totals.breaker_trips, watch.totals.breaker_recoveries) == (1, 1)
    assert watch.look(answered=10) is CLOSED, "what was before it closed is forgotten"


def test_failures_open_it_again_but_not_those_of_attempts_begun_before():
    watch = Watch().until(OPEN, failed=LEAST_ATTEMPTS).until(HALF_OPEN)
    assert watch.look(failed=50, begun_ago_ns=2 * LOOK_NS) is HALF_OPEN
    assert watch.look(failed=PROBES) is OPEN
    assert (watch.breaker.trips, watch.breaker.recoveries) == (2, 0)


def test_few_probes_are_judged_after_a_quarter_second_and_none_are_waited_for():
    watch = Watch().until(OPEN, failed=LEAST_ATTEMPTS).until(HALF_OPEN)
    assert {watch.look() for _ in range(4 * LOOKS_A_SECOND)} == {HALF_OPEN}
    assert watch.breaker.allows(), "probes are let pass again"
    watch.until(CLOSED, answered=1, looks=6)


def test_switched_off_it_never_opens():
    watch = Watch(breaker=False)
    assert watch.look(failed=1000) is CLOSED
    assert watch.breaker.allows()


@given(
    st.integers(20, 2000),
    st.lists(st.booleans(), min_size=4, max_size=8),
    st.floats(0, 3),
)
def test_the_retries_of_any_second_are_bounded_whatever_fails(rate, sick_halves, healthy_seconds):
    watch = Watch(breaker=False)
    each, granted = rate // LOOKS_A_SECOND, []
    for _ in range(round(healthy_seconds * LOOKS_A_SECOND)):
        watch.look(answered=each, first=each)
    for sick in sick_halves:
        for _ in range(LOOKS_A_SECOND // 2):
            watch.look(answered=0 if sick else each, first=each)
            asked = 3 * each if sick else 0
            granted.append(sum(watch.guard.refusal() is None for _ in range(asked)))
    first = each * LOOKS_A_SECOND
    most = (RATIO * first + PER_SECOND) * (1 + HELD_SECONDS)
    for at in range(len(granted)):
        assert sum(granted[at : at + LOOKS_A_SECOND]) <= most + 1
    assert RATIO * (1 + HELD_SECONDS) < 1, "retries never double the load"


def test_a_spent_budget_refuses_and_is_paid_in_by_first_attempts_and_by_time():
    budget = RetryBudget()
    assert [budget.take() for _ in range(26)] == [True] * 25 + [False]
    budget.pay_in(0, 50, 50.0)
    assert [budget.take() for _ in range(11)] == [True] * 10 + [False]
    budget.pay_in(1_000_000_000, 0, 0.0)
    assert [budget.take() for _ in range(11)] == [True] * 10 + [False]
