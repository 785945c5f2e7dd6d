"""Backlog, retries and accounts, over a sender whose every answer the test decides."""

import time

from engine.load.dispatcher import MOST_CHARGES
from engine.measure.histogram import Histogram
from tests.servers import decision
from tests.unit.load.desk import PREFIX, SECOND, Desk


def numbers(desk):
    return [arrival.number for arrival in desk.sender.under_way]


def test_who_finds_no_connection_waits_his_turn():
    desk = Desk(connections=2)
    desk.due(4)
    assert (numbers(desk), desk.dispatcher.backlog) == ([0, 1], 2)
    desk.answer()
    assert (numbers(desk), desk.dispatcher.backlog) == ([1, 2], 1)


def test_a_retry_goes_before_the_backlog_but_not_before_its_delay():
    desk = Desk()
    desk.due(3)
    desk.broke()
    assert numbers(desk) == [1]
    desk.wake(0.06)
    desk.answer()
    assert numbers(desk) == [0]
    assert desk.dispatcher.in_flight == 1


def test_a_retry_that_waits_is_in_flight_and_a_third_failure_is_the_last():
    desk = Desk()
    (arrival,) = desk.due()
    for attempt in (1, 2, 3):
        assert (arrival.attempts, desk.dispatcher.in_flight) == (attempt - 1, 1)
        desk.broke()
        desk.wake(2)
    totals = desk.ledger.totals
    assert (totals.sent, totals.failed, totals.attempts, desk.dispatcher.in_flight) == (1, 1, 3, 0)
    assert desk.report().outcomes == {"reset": 3}


def test_who_waits_longer_than_the_request_timeout_is_dropped():
    desk = Desk(connections=0, timeout=5)
    desk.due(2, due_ns=0)
    desk.due(1, due_ns=3 * SECOND)
    desk.dispatcher.sweep(desk.clock.instant_ns(6 * SECOND))
    assert (desk.ledger.totals.dropped, desk.dispatcher.backlog) == (2, 1)
    assert desk.sender.swept == 1
    desk.assert_conserved()


def test_a_retry_that_finds_no_connection_is_charged_an_attempt():
    desk = Desk(connections=1)
    desk.due(2)
    desk.broke()
    desk.wake(2)
    desk.dispatcher.sweep(time.monotonic_ns() + 20 * SECOND)
    assert desk.report().outcomes == {"reset": 1, "connect": 1}
    desk.assert_conserved()


def test_a_connection_that_fails_is_the_attempt_of_all_who_were_waiting_for_it():
    desk = Desk(connections=0)
    desk.due(3, due_ns=-SECOND)
    desk.due(1, due_ns=SECOND)
    desk.connect_failed()
    totals = desk.ledger.totals
    assert (totals.sent, totals.attempts, desk.dispatcher.in_flight) == (3, 3, 3)
    assert (desk.report().outcomes, desk.dispatcher.backlog) == ({"connect": 3}, 1)
    desk.connect_failed()
    assert totals.attempts == 3
    desk.assert_conserved()


def test_a_connection_that_was_begun_before_somebody_waited_is_not_his_attempt():
    desk = Desk(connections=0)
    desk.due(1, due_ns=-2 * SECOND)
    desk.connect_failed(began_ago=3.0)
    assert desk.ledger.totals.attempts == 0
    desk.connect_failed(began_ago=1.0)
    assert desk.ledger.totals.attempts == 1
    desk.dispatcher.release(time.monotonic_ns() + 2 * SECOND)
    desk.connect_failed(began_ago=0.0)
    assert desk.ledger.totals.attempts == 1
    desk.connect_failed(began_ago=-3.0)
    assert desk.report().outcomes == {"connect": 2}


def test_while_held_no_connection_that_fails_is_anybodys_attempt():
    desk = Desk(connections=0)
    desk.due(1, due_ns=-SECOND)
    desk.dispatcher.held = True
    desk.connect_failed()
    assert (desk.ledger.totals.attempts, desk.dispatcher.backlog) == (0, 1)


def test_a_target_that_is_gone_fails_everybody_in_as_many_rounds_as_there_are_attempts():
    desk = Desk(connections=0)
    desk.due(100, due_ns=-SECOND)
    for rounds in (1, 2, 3):
        desk.connect_failed(began_ago=-3.0 * rounds)
        desk.wake(3.0 * rounds - 1)
    totals = desk.ledger.totals
    assert (totals.sent, totals.failed, totals.attempts) == (100, 100, 300)
    assert desk.dispatcher.next_retry_ns is None
    desk.assert_conserved()


def test_so_many_that_they_would_hold_up_the_loop_are_charged_over_several_turns():
    desk = Desk(connections=0, attempts=1)
    desk.due(3 * MOST_CHARGES - 1, due_ns=-SECOND)
    desk.connect_failed()
    failed = [desk.ledger.totals.failed]
    for _ in range(3):
        desk.due(1, due_ns=SECOND)
        desk.wake(0.0)
        failed.append(desk.ledger.totals.failed)
    assert failed == [n * MOST_CHARGES for n in (1, 2)] + [3 * MOST_CHARGES - 1] * 2
    assert desk.dispatcher.backlog == 3
    desk.assert_conserved()


def test_who_is_still_to_be_charged_when_a_connection_opens_is_sent_instead():
    desk = Desk(connections=0, attempts=1)
    desk.due(2 * MOST_CHARGES, due_ns=-SECOND)
    desk.connect_failed()
    desk.sender.free.append(0)
    desk.dispatcher.freed(0)
    desk.wake(0.0)
    assert (desk.ledger.totals.failed, numbers(desk)) == (MOST_CHARGES, [MOST_CHARGES])
    desk.assert_conserved()


def test_a_user_waits_for_his_own_connection_while_others_are_free():
    desk = Desk(connections=3, by_user=True)
    desk.due(3, user=1)
    desk.due(1, user=2)
    assert (numbers(desk), desk.dispatcher.backlog) == ([0, 3], 2)
    desk.answer(at=1)
    assert numbers(desk) == [0]
    desk.answer()
    assert (numbers(desk), desk.dispatcher.backlog) == ([1], 1)
    desk.assert_conserved()


def test_a_users_retry_goes_before_his_others_and_only_over_his_connection():
    desk = Desk(connections=2, by_user=True)
    desk.due(3, user=1)
    desk.broke()
    assert numbers(desk) == [1]
    desk.wake(2)
    assert numbers(desk) == [1]
    desk.answer()
    assert numbers(desk) == [0]
    desk.assert_conserved()


def test_a_user_whose_connection_fails_is_charged_alone_and_all_are_if_none_is_open():
    desk = Desk(connections=0, by_user=True)
    for user in (0, 1, 2):
        desk.due(2, due_ns=-SECOND, user=user)
    desk.connect_failed(user=1)
    desk.connect_failed(user=7)
    assert (desk.ledger.totals.attempts, desk.dispatcher.backlog) == (2, 4)
    desk.connect_failed()
    assert (desk.ledger.totals.attempts, desk.dispatcher.backlog) == (6, 0)
    desk.assert_conserved()


def test_users_too_are_dropped_when_they_waited_too_long_and_held_in_a_pause():
    desk = Desk(connections=0, by_user=True)
    desk.due(2, user=0)
    desk.due(2, due_ns=3 * SECOND, user=1)
    desk.dispatcher.sweep(desk.clock.instant_ns(6 * SECOND))
    assert (desk.ledger.totals.dropped, desk.dispatcher.backlog) == (2, 2)
    desk.dispatcher.held = True
    desk.sender.free.append(1)
    desk.dispatcher.freed(1)
    assert numbers(desk) == []
    desk.dispatcher.held = False
    desk.dispatcher.pump()
    assert numbers(desk) == [2]
    desk.assert_conserved()


def test_nobody_is_sent_or_dropped_while_held():
    desk = Desk(connections=1)
    desk.dispatcher.held = True
    desk.due(2)
    desk.dispatcher.sweep(time.monotonic_ns() + 60 * SECOND)
    desk.wake(60)
    assert (numbers(desk), desk.dispatcher.backlog, desk.ledger.totals.dropped) == ([], 2, 0)


def test_a_pause_moves_who_waits_for_a_retry_and_who_is_in_the_backlog():
    desk = Desk(connections=1, timeout=5)
    (arrival,) = desk.due()
    due_ns = arrival.due_ns
    desk.broke()
    retry_ns, paused_ns = desk.dispatcher.next_retry_ns, time.monotonic_ns()
    desk.clock.pause(paused_ns)
    desk.dispatcher.held = True
    desk.due(1, due_ns=1000)
    resumed_ns = paused_ns + 100 * SECOND
    desk.clock.resume(resumed_ns)
    desk.dispatcher.resumed(paused_ns, resumed_ns)
    assert arrival.due_ns - due_ns == 100 * SECOND
    assert desk.dispatcher.next_retry_ns - retry_ns == 100 * SECOND
    desk.dispatcher.sweep(resumed_ns + SECOND)
    assert desk.ledger.totals.dropped == 0
    desk.dispatcher.pump()
    assert numbers(desk) == [1]
    assert desk.sender.under_way[0].due_ns == desk.clock.instant_ns(1000)


def test_a_pause_moves_a_retry_that_began_to_wait_in_it_only_by_the_rest():
    desk = Desk(connections=1)
    (arrival,) = desk.due()
    paused_ns = time.monotonic_ns() - 10 * SECOND
    due_ns = arrival.due_ns
    desk.broke()
    resumed_ns = arrival.queued_ns + SECOND
    desk.dispatcher.resumed(paused_ns, resumed_ns)
    assert arrival.due_ns - due_ns == SECOND


def median_ms(sparse):
    histogram = Histogram()
    histogram.add_sparse(sparse)
    return histogram.quantile_ms(50)


def test_times_are_from_the_due_instant_and_from_the_write():
    desk = Desk()
    (arrival,) = desk.due(due_ns=-2 * SECOND)
    arrival.written_ns -= SECOND
    desk.answer()
    report = desk.report()
    assert median_ms(report.queue) > 1900
    assert 900 < median_ms(report.service) < 60_000
    assert median_ms(report.response) > 1900


def test_what_is_shown_of_an_exchange_has_no_secret_in_it():
    desk = Desk()
    (arrival,) = desk.due()
    arrival.request = b"Authorization: secret"
    desk.answer()
    assert desk.report().exchange == ("Authorization: (hidden)", "raw")


def test_decisions_are_counted_by_kind_and_fraud_by_value():
    desk = Desk(connections=4)
    desk.due(1, kind=1)
    desk.due(1, kind=1)
    desk.due(1, kind=0)
    for name in ("APPROVE", "REVIEW", "DECLINE"):
        assert desk.answer(name)
    report = desk.report()
    assert report.confusion == {
        "legitimate:DECLINE": 1,
        "card_testing:APPROVE": 1,
        "card_testing:REVIEW": 1,
    }
    assert report.decisions == {"APPROVE": 1, "REVIEW": 1, "DECLINE": 1}
    assert report.fraud_value_usd == {"flagged": 10.0, "missed": 10.0}
    assert report.exchange == ("request", "raw")
    assert report.acknowledged == b"".join(n.to_bytes(4, "little") for n in (0, 1, 2))


def test_a_report_holds_what_was_added_since_the_one_before():
    desk = Desk(connections=4)
    desk.due(2)
    desk.answer()
    first = desk.report()
    desk.answer()
    second = desk.report(final=True)
    assert (first.due, first.sent, first.decided, first.in_flight_now) == (2, 2, 1, 1)
    assert (second.due, second.sent, second.decided, second.in_flight_now) == (0, 0, 1, 0)
    assert second.decisions["APPROVE"] == 1
    assert second.final


def test_an_answer_that_belongs_to_another_ends_trust_in_the_connection():
    desk = Desk()
    (arrival,) = desk.due()
    foreign = decision(f"{PREFIX}{99:012d}")
    assert not desk.dispatcher.answered(desk.sender.take(), 200, foreign, None, b"")
    assert desk.report().outcomes == {"invalid_decision": 1}
    assert arrival.decision == -1


def test_two_answers_that_differ_are_a_mismatch_in_either_order():
    desk = Desk(connections=2)
    first, second = desk.due(2)
    desk.answer("APPROVE", at=0)
    body = decision(f"{PREFIX}{first.number:012d}", "APPROVE")
    desk.dispatcher.answered_again(first, 200, body)
    assert desk.ledger.totals.answer_mismatches == 0
    desk.dispatcher.answered_again(first, 200, body.replace(b"APPROVE", b"DECLINE"))
    assert desk.ledger.totals.answer_mismatches == 1
    late = decision(f"{PREFIX}{second.number:012d}", "REVIEW")
    desk.dispatcher.answered_again(second, 200, late)
    desk.dispatcher.answered_again(second, 500, late.replace(b"REVIEW", b"DECLINE"))
    desk.answer("APPROVE")
    assert desk.ledger.totals.answer_mismatches == 2
