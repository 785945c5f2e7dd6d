"""Redrive over a sender whose every answer the test decides."""

import time

from engine.load.guard import Guard
from engine.load.outcome import Outcome
from engine.load.redrive import DRAIN_ROUNDS, REDRIVES
from tests.servers import decision
from tests.unit.load.desk import PREFIX, Desk

LATER = 1.5  # seconds: what failed before it is no more in the latest second


def failed(count=1, outcome=Outcome.RESET, **settings):
    """A desk where so many have failed."""
    desk = Desk(connections=count, attempts=1, **settings)
    desk.due(count)
    for _ in range(count):
        desk.broke(outcome)
    desk.look()
    return desk


def test_nothing_is_redriven_while_more_than_a_fiftieth_of_the_attempts_fail():
    desk = failed(30, guard=Guard(breaker=False, retry_ratio=9))
    desk.look(0.5)
    assert not desk.redrives.under_way
    desk.look(LATER)
    assert desk.redrives.under_way
    desk.assert_conserved()


def test_a_redriven_letter_keeps_its_id_and_its_failure_and_is_acknowledged_once():
    desk = failed()
    desk.look(LATER)
    assert [arrival.number for arrival in desk.redrives.under_way] == [0]
    desk.redrive_answer()
    report = desk.report()
    assert (report.failed, report.redriven, report.decided) == (1, 1, 0)
    assert (report.acknowledged, report.outcomes, report.attempts) == (b"\0\0\0\0", {"reset": 1}, 1)
    assert (report.decisions, report.confusion) == ({"APPROVE": 0, "REVIEW": 0, "DECLINE": 0}, {})
    desk.assert_conserved()


def test_an_edge_case_is_redriven_when_it_is_rejected_as_it_must_be():
    desk = Desk(attempts=1)
    desk.due(rejects=True)
    desk.broke()
    desk.look()
    desk.look(LATER)
    desk.redrive_answer(status=400)
    report = desk.report()
    assert (report.redriven, report.rejected, report.acknowledged) == (1, 0, b"")


def test_a_redriven_decision_must_be_the_one_heard_before():
    desk = failed()
    desk.look(LATER)
    (arrival,) = desk.redrives.under_way
    desk.redrive_answer("APPROVE")
    desk.dispatcher.answered_again(arrival, 200, answer_to(arrival, "DECLINE"))
    assert desk.ledger.totals.answer_mismatches == 1


def answer_to(arrival, name):
    return decision(f"{PREFIX}{arrival.number:012d}", name)


def test_one_in_vain_waits_with_all_others_and_after_some_is_parked_until_asked_for():
    desk = failed(2)
    for made in range(1, REDRIVES + 1):
        desk.look(3 * made)
        desk.look(3 * made + LATER)
        assert desk.redrives.under_way[0].number == 0
        desk.redrive_broke()
        while desk.redrives.under_way:
            desk.redrive_answer()
        desk.redriver.look(time.monotonic_ns())
        assert not desk.redrives.under_way, "a backoff"
        desk.redriver._wait_until_ns = 0
    desk.look(100)
    assert (desk.redrives.under_way, desk.redriver.dead_letters) == ([], 1)
    desk.redriver.order()
    desk.look(101)
    assert [arrival.number for arrival in desk.redrives.under_way] == [0]
    assert desk.ledger.totals.redrive_failed == REDRIVES
    desk.assert_conserved()


def test_of_one_customer_one_is_under_way_at_a_time():
    desk = Desk(connections=2, attempts=1)
    for arrival in desk.due(2):
        arrival.request = b'{"user_id":"one"}'
    desk.broke()
    desk.broke()
    desk.look()
    desk.look(LATER)
    desk.look(LATER + 0.5)
    assert [arrival.number for arrival in desk.redrives.under_way] == [0]
    desk.redrive_answer()
    desk.look(LATER + 1)
    assert [arrival.number for arrival in desk.redrives.under_way] == [1]


def test_held_or_closed_it_sends_nothing():
    desk = failed()
    desk.redriver.held = True
    desk.look(LATER)
    assert not desk.redrives.under_way
    desk.redriver.held = False
    desk.look(LATER + 1)
    desk.redriver.close()
    assert not desk.redrives.under_way
    assert desk.redriver.dead_letters == 1, "who was under way is a dead letter still"
    desk.redriver.order()
    desk.look(LATER + 2)
    assert not desk.redrives.under_way


def test_the_drain_is_held_up_until_all_are_redriven_or_some_rounds_were_in_vain():
    desk = failed()
    desk.redriver.drain()
    rounds = 0
    while desk.redriver.busy:
        desk.look(3 * rounds)
        desk.look(3 * rounds + LATER)
        desk.redrive_broke()
        desk.redriver._wait_until_ns = 0
        rounds += 1
    assert rounds == DRAIN_ROUNDS
    desk.redriver.order()
    assert desk.redriver.busy
    desk.look(LATER + 20)
    desk.redrive_answer()
    assert not desk.redriver.busy


def test_no_connection_at_all_is_the_attempt_of_the_letter_whose_turn_it_is():
    desk = failed()
    desk.redrives.free.clear()
    desk.look(LATER)
    desk.redriver.connect_failed(0, None)
    desk.redriver.connect_failed(0, None)
    assert desk.ledger.totals.redrive_failed == 1, "the others within its backoff are one with it"
    desk.assert_conserved()
