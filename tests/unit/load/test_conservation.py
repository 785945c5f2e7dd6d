"""The conservation laws after any sequence of events."""

import time

from hypothesis import given
from hypothesis import strategies as st

from engine.load.outcome import Outcome
from tests.unit.load.desk import SECOND, Desk

steps = st.one_of(
    st.tuples(st.just("due"), st.integers(1, 5)),
    st.tuples(st.just("answer"), st.sampled_from([200, 400, 404, 429, 500, 503, 302])),
    st.tuples(st.just("foreign"), st.none()),
    st.tuples(st.just("broke"), st.sampled_from(["timeout", "reset", "protocol"])),
    st.tuples(st.just("wake"), st.floats(0, 3)),
    st.tuples(st.just("sweep"), st.floats(0, 20)),
    st.tuples(st.just("connect_failed"), st.none()),
    st.tuples(st.just("hold"), st.booleans()),
    st.tuples(st.just("look"), st.floats(0, 3)),
    st.tuples(st.just("redrive answer"), st.sampled_from([200, 400, 503])),
    st.tuples(st.just("redrive broke"), st.sampled_from(["timeout", "protocol"])),
    st.tuples(st.just("order"), st.none()),
    st.tuples(st.just("drain"), st.none()),
)


def foreign(desk, _):
    desk.dispatcher.answered(desk.sender.take(), 200, b"{}", None, b"")


def hold(desk, held):
    desk.dispatcher.held = held


ON_A_CONNECTION = {
    "answer": lambda desk, status: desk.answer(status=status),
    "foreign": foreign,
    "broke": lambda desk, outcome: desk.broke(Outcome(outcome)),
}
ANY_TIME = {
    "due": lambda desk, count: desk.due(count, rejects=count == 3),
    "wake": lambda desk, seconds: desk.wake(seconds),
    "sweep": lambda desk, seconds: desk.dispatcher.sweep(
        time.monotonic_ns() + round(seconds * SECOND)
    ),
    "connect_failed": lambda desk, _: desk.connect_failed(),
    "hold": hold,
    "look": lambda desk, seconds: desk.look(seconds),
    "order": lambda desk, _: desk.redriver.order(),
    "drain": lambda desk, _: desk.redriver.drain(),
}
REDRIVEN = {
    "redrive answer": lambda desk, status: desk.redrive_answer(status=status),
    "redrive broke": lambda desk, outcome: desk.redrive_broke(Outcome(outcome)),
}


@given(st.integers(0, 3), st.lists(steps, max_size=60))
def test_all_laws_hold_after_every_step_and_the_end_leaves_nothing(connections, sequence):
    desk = Desk(connections=connections)
    outcomes = 0
    for step, value in sequence:
        if step in ANY_TIME:
            ANY_TIME[step](desk, value)
        elif step in REDRIVEN and desk.redrives.under_way:
            REDRIVEN[step](desk, value)
        elif step in ON_A_CONNECTION and desk.sender.under_way:
            ON_A_CONNECTION[step](desk, value)
        desk.assert_conserved()
        outcomes += sum(desk.report().outcomes.values())
        assert desk.ledger.totals.attempts == outcomes + len(desk.sender.under_way)
    desk.redriver.close()
    desk.dispatcher.finish()
    desk.assert_conserved()
    assert desk.dispatcher.backlog == desk.dispatcher.in_flight == 0
