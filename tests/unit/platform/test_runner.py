"""Calls that hang are left, whoever hangs is not asked again, and everyone else goes on."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from engine.platform.agents import runner
from engine.platform.agents.breaker import (
    CLOSED,
    HALF_OPEN,
    MISSES,
    OPEN,
    OPEN_SECONDS,
    WINDOW,
    Breaker,
)
from engine.platform.agents.runner import Calls, LeftError, Miss, Round, keep_working

LONG = 30.0
OPEN_NS = int(OPEN_SECONDS * 1e9)


class Caller:
    """A seat whose calls do what a test says."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.stuck = False
        self.act = act
        self.called = 0

    def call(self) -> object:
        self.called += 1
        return self.act()


def done(calls: Calls, one: Round) -> None:
    keep_working(calls, lambda: calls.go(one))


def test_an_agent_that_misses_often_enough_is_not_asked_until_a_trial_is_due():
    breaker = Breaker()
    for _ in range(MISSES):
        assert breaker.state == CLOSED
        breaker.missed(0)
    assert (breaker.state, breaker.trips) == (OPEN, 1)
    assert not breaker.tries(OPEN_NS - 1)
    assert breaker.tries(OPEN_NS)
    assert breaker.state == HALF_OPEN
    assert not breaker.tries(2 * OPEN_NS)  # one trial at a time


def test_a_trial_closes_a_breaker_or_opens_it_anew():
    breaker = Breaker()
    for _ in range(MISSES):
        breaker.missed(0)
    assert breaker.tries(OPEN_NS)
    breaker.tried(False, OPEN_NS)
    assert breaker.state == OPEN
    assert not breaker.tries(2 * OPEN_NS - 1)
    assert breaker.tries(2 * OPEN_NS)
    breaker.tried(True, 2 * OPEN_NS)
    assert (breaker.state, breaker.trips, breaker.recoveries) == (CLOSED, 1, 1)
    breaker.missed(2 * OPEN_NS)
    assert breaker.state == CLOSED  # what was before the trip does not count any more


@given(st.lists(st.booleans(), max_size=80))
def test_a_breaker_opens_exactly_when_a_window_holds_enough_misses(missed: list[bool]):
    breaker = Breaker()
    for number, miss in enumerate(missed):
        breaker.missed(0) if miss else breaker.answered()
        full = sum(missed[max(0, number + 1 - WINDOW) : number + 1]) >= MISSES
        assert (breaker.state == OPEN) == full
        if full:
            return


def test_a_call_that_hangs_is_left_and_the_others_answer():
    hung = threading.Event()
    seats = [Caller(lambda: "a"), Caller(hung.wait), Caller(lambda: "c")]
    calls, one = Calls(50_000_000), Round(seats, ())
    done(calls, one)
    assert one.answers == ["a", Miss.LATE, "c"]
    assert one.times_ns[1] >= 50_000_000
    assert [seat.stuck for seat in seats] == [False, True, False]
    before = threading.active_count()
    hung.set()
    wait_for(lambda: not seats[1].stuck)
    wait_for(lambda: threading.active_count() < before)  # the abandoned thread has ended
    assert one.answers[1] is Miss.LATE  # what came late changes nothing


def test_a_call_that_fails_leaves_the_others_alone():
    def fail() -> None:
        raise KeyError

    one = Round([Caller(fail), Caller(lambda: 1)], ())
    one.go()
    assert one.answers == [Miss.FAILED, 1]


def test_whatever_hangs_a_round_takes_at_most_its_deadlines():
    hung = threading.Event()
    seats = [Caller(hung.wait) for _ in range(4)]
    deadline_ns = 50_000_000
    calls, one = Calls(deadline_ns), Round(seats, ())
    done(calls, one)
    assert one.answers == [Miss.LATE] * 4
    assert all(seat.stuck and seat.called == 1 for seat in seats)
    hung.set()


def test_a_call_is_either_left_or_answered_however_near_its_deadline_it_ends(monkeypatch):
    monkeypatch.setattr(runner, "POLL_SECONDS", 0.0005)
    draw = random.Random(5)
    seats = [Caller(lambda: time.sleep(draw.uniform(0.0, 0.004)) or "in time") for _ in range(4)]
    calls = Calls(2_000_000)
    answers = []
    for _ in range(60):
        wait_for(lambda: not any(seat.stuck for seat in seats))
        one = Round(seats, ())
        done(calls, one)
        answers += one.answers
        assert one.at == 4
    assert set(answers) == {"in time", Miss.LATE}  # both happened, and nothing else
    assert sum(seat.called for seat in seats) == len(answers)


def test_who_was_left_does_nothing_more():
    hung, left = threading.Event(), []
    one = Round([Caller(hung.wait), Caller(lambda: 1)], ())

    def go() -> None:
        try:
            one.go()
        except LeftError:
            left.append(one.at)

    thread = threading.Thread(target=go)
    thread.start()
    wait_for(lambda: one.late(1))
    hung.set()
    thread.join(LONG)
    assert left == [1]  # the second call is somebody else's
    one.go()
    assert one.answers == [Miss.LATE, 1]


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)
