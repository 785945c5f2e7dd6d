"""What a pause leaves as it was: the retry budget and the breaker's time."""

from engine.load.breaker import OPEN_NS, BreakerState
from engine.load.guard import Guard
from engine.load.ledger import Totals
from engine.load.outcome import Outcome

SECOND_NS = 1_000_000_000
LOOK_NS = SECOND_NS // 20
PAUSE_NS = 60 * SECOND_NS


def test_retries_that_waited_in_a_pause_are_still_paid_for():
    guard = Guard(breaker=False, retry_ratio=2.0)
    totals = Totals()
    totals.sent = 200
    guard.look(SECOND_NS, totals)
    guard.resumed(PAUSE_NS)
    guard.look(SECOND_NS + PAUSE_NS + LOOK_NS, totals)
    assert [guard.refusal() for _ in range(200)] == [None] * 200


def test_a_pause_is_no_part_of_the_time_a_breaker_stays_open():
    guard, totals, now_ns = Guard(), Totals(), SECOND_NS
    for _ in range(100):
        guard.ended(Outcome.TIMEOUT, now_ns)
    guard.look(now_ns, totals)
    assert guard.breaker.state is BreakerState.OPEN
    guard.resumed(PAUSE_NS)
    guard.look(now_ns + PAUSE_NS + OPEN_NS - 1, totals)
    assert guard.breaker.state is BreakerState.OPEN
    guard.look(now_ns + PAUSE_NS + OPEN_NS, totals)
    assert guard.breaker.state is BreakerState.HALF_OPEN
