"""Dead letters, breaker and redrive of a real worker, against a target that fails for a while."""

import json
import time
from itertools import groupby, pairwise

import pytest

from engine.load.budget import HELD_SECONDS, PER_SECOND, RATIO
from engine.load.redrive import PER_SECOND as REDRIVES_PER_SECOND
from engine.load.redrive import RATIO as REDRIVE_RATIO
from engine.model.control import Abort, Redrive
from engine.model.dead_letter import LetterState, Why
from tests.integration.load.harness import Worker, assert_conserved, plan, start_all
from tests.servers import Server, approve, http

AT_ONCE_SECONDS = 0.25  # product.md: from the press of the button to the last request
TPS, SECONDS, SICK_SECONDS = 400, 4, 2
CLOSED, OPEN = 0, 2


class Sick(Server):
    """A target that answers `status` until it is well, and notes what it was asked when."""

    def __init__(self, status=503):
        super().__init__(self._answer)
        self.status, self.well = status, False
        self.refused, self.approved = [], []

    def _answer(self, request):
        asked = (time.monotonic_ns(), request.id, json.loads(request.body)["user_id"])
        (self.approved if self.well else self.refused).append(asked)
        if self.well:
            approve(request)
        else:
            request.write(http(self.status, b"{}"))


@pytest.fixture(scope="module")
def outage_and_end():
    """Two runs at once: a target that is sick for two seconds, and one that stays sick.

    Of the first what the target saw too, of the other how long it went on after its last arrival.
    """
    fields = {"tps": TPS, "mix": "realistic", "backoff_base_seconds": 0.01}
    with (
        Sick() as server,
        Sick() as hopeless,
        Worker(plan(server.url, seconds=SECONDS, **fields)) as worker,
        Worker(plan(hopeless.url, seconds=1, drain_seconds=30, **fields)) as other,
    ):
        start_all([worker, other])
        worker.wait_for(lambda ms: getattr(ms[-1], "schedule_seconds", 0) >= SICK_SECONDS)
        server.well = True
        end = other.finish()
        went_on_seconds = (end.reports[-1].tick + 1) * 0.25 - 1
        yield (server, worker.finish(), worker.at_ns), (end, went_on_seconds)


@pytest.fixture
def outage(outage_and_end):
    return outage_and_end[0]


def test_what_failed_is_redriven_with_its_id_and_nothing_is_lost_or_answered_twice(outage):
    server, sums, _ = outage
    assert sums.failed > TPS * SICK_SECONDS / 2
    assert (sums.redriven, sums.stranded, sums.reports[-1].dead_letters_now) == (sums.failed, 0, 0)
    assert_conserved(sums.reports)
    assert sorted(sums.acknowledged) == list(range(TPS * SECONDS))
    ids = [name for _, name, _ in server.approved]
    assert len(ids) == len(set(ids)) == TPS * SECONDS
    assert sums.answer_mismatches == 0


def test_a_redriven_decision_is_in_no_rate_latency_or_measure_of_quality(outage):
    _, sums, _ = outage
    decided = TPS * SECONDS - sums.failed
    assert sums.decided == sum(sums.decisions.values()) == sum(sums.confusion.values()) == decided
    assert sums.response.count == sums.service.count == sums.outcomes["ok"] == decided


def test_the_breaker_opens_while_the_target_is_sick_and_closes_when_it_is_well(outage):
    _, sums, _ = outage
    assert OPEN in {report.breaker_now for report in sums.reports}
    assert sums.reports[-1].breaker_now == CLOSED
    assert sums.breaker_trips >= sums.breaker_recoveries == 1
    assert sums.retries_refused > 0


def test_an_open_breaker_stops_no_first_attempt(outage):
    _, sums, _ = outage
    while_open = [report for report in sums.reports if report.breaker_now == OPEN]
    assert sum(report.sent for report in while_open) > 0
    assert (sums.sent, sums.dropped) == (TPS * SECONDS, 0)


def test_retries_stay_within_their_budget(outage):
    server, sums, _ = outage
    again = len(server.refused) - len({name for _, name, _ in server.refused})
    paid = RATIO * sums.sent * SICK_SECONDS / SECONDS + PER_SECOND * SICK_SECONDS
    assert 0 < again <= paid + HELD_SECONDS * PER_SECOND + sums.redrive_failed + TPS * RATIO / 4


def test_a_redrive_takes_its_time_while_the_load_is_offered(outage):
    _, sums, _ = outage
    for report in [report for report in sums.reports[:-1] if report.due]:
        allowed = REDRIVE_RATIO * report.sent + REDRIVES_PER_SECOND * 0.25
        assert report.redriven + report.redrive_failed <= 2 * allowed + 2, report
    offering = sum(report.redriven for report in sums.reports if report.due)
    assert 0 < offering < sums.redriven, "the rest in the drain"


def test_the_letters_of_one_customer_are_redriven_in_the_order_they_failed_in(outage):
    server, _, _ = outage
    failed = {name for _, name, _ in server.refused}
    redriven = [(user, name) for _, name, user in server.approved if name in failed]
    # retries that came through in the end are no letters, and may be late
    last_refused = {name: at for at, name, _ in server.refused}
    redriven = [(user, last_refused[name]) for user, name in redriven]
    for _, of_one in groupby(sorted(redriven, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        instants = [at for _, at in of_one]
        assert all(earlier <= later for earlier, later in pairwise(instants))


def test_the_newest_letters_are_told_with_their_reason(outage):
    _, sums, at_ns = outage
    told = [letter for report in sums.reports for letter in report.dead_letters]
    assert max(len(report.dead_letters) for report in sums.reports) <= 20
    assert {letter.state for letter in told} == {LetterState.WAITING, LetterState.REDRIVEN}
    for letter in told:
        assert letter.outcome == "throttled"
        assert letter.customer
        assert at_ns <= letter.due_ns <= letter.failed_ns
    assert Why.BREAKER in {letter.why for letter in told}


def test_an_emergency_stop_ends_a_redrive_at_once():
    with Sick() as server, Worker(plan(server.url, tps=TPS, seconds=30)) as worker:
        worker.start()
        worker.wait_total("dead_lettered", 100)
        server.well = True
        worker.wait_total("redriven", 10)
        said_ns = time.monotonic_ns()
        worker.say(Abort())
        sums = worker.finish()
        time.sleep(AT_ONCE_SECONDS)
    late = [at for at, _, _ in server.approved if at > said_ns + AT_ONCE_SECONDS * 1e9]
    assert not late
    assert sums.reports[-1].dead_letters_now > 0
    assert_conserved(sums.reports)


def test_what_would_be_answered_the_same_waits_for_a_redrive_by_hand():
    with Sick(404) as server, Worker(plan(server.url, seconds=1.5, mix="realistic")) as worker:
        worker.start()
        worker.wait_total("dead_lettered", 50)
        server.well = True
        worker.wait_total("decided", 50)
        assert worker.total("redriven") == 0
        worker.say(Redrive())
        worker.wait_total("redriven", worker.total("failed"))
        sums = worker.finish()
    assert sums.redriven == sums.failed
    assert_conserved(sums.reports)


def test_a_target_that_stays_sick_does_not_hold_up_the_end(outage_and_end):
    _, (sums, went_on_seconds) = outage_and_end
    assert went_on_seconds < 10 < 30, "three rounds in vain, a breaker's second apart"
    assert sums.redrive_failed > 0
    assert sums.reports[-1].dead_letters_now == sums.failed == sums.dead_lettered == sums.sent
    assert_conserved(sums.reports)
