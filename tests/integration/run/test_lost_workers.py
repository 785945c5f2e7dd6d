"""Real workers lost under a run, one killed and one stopped: the others offer their customers."""

import signal
import threading
import time

import pytest

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.model.event import EventKind
from engine.model.request import RunRequest
from engine.model.results import TestStatus, Verdict
from engine.service import Engine
from tests.integration.run.conftest import (
    RunClock,
    assert_conserved_every_second,
    await_frame,
    steady,
    workers_of_this_process,
)
from tests.traffic import journaled_once

RATE, SECONDS, WORKERS = 200, 6.0, 4
NAP_SECONDS = 0.01
NOTICED_SECONDS, TAKEN_OVER_SECONDS = 1.0, 2.0


class Lost:
    """One run that lost a worker by SIGKILL and then one by SIGSTOP; when, on its own clock."""

    def __init__(self, home):
        self.engine = Engine(home=home)
        clock = RunClock(self.engine)
        self.engine.start(RunRequest(scenario=steady(RATE, SECONDS), workers=WORKERS))
        self.lost_at, self.naps = [], Naps(clock)
        for seconds, number in ((1.0, signal.SIGKILL), (2.5, signal.SIGSTOP)):
            await_frame(self.engine, lambda ticks: ticks["t_seconds"].max() >= seconds)  # noqa: B023
            self.lost_at.append(clock.now())
            workers_of_this_process()[0].send_signal(number)
        self.summary = self.engine.wait(60)
        self.naps.close()
        clock.close()
        self.ticks = self.engine.frame()
        self.events = self.engine.record().events


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    run = Lost(tmp_path_factory.mktemp("home"))
    yield run
    run.engine.close()


class Naps:
    """How long this process was kept from running, and when: short naps that ended late.

    The app looks for lost workers in this process, so it could not look while that was so; a limit
    on how soon it notices is of the time it could.
    """

    def __init__(self, clock):
        self._clock, self._over = clock, threading.Event()
        self._late = []
        self._thread = threading.Thread(target=self._nap)
        self._thread.start()

    def _nap(self):
        began = time.monotonic()
        while not self._over.wait(NAP_SECONDS):
            now = time.monotonic()
            self._late.append((now, now - began - NAP_SECONDS))
            began = now

    def kept_seconds(self, begin, end):
        """How long of the run's clock between these two seconds of it."""
        offset = time.monotonic() - self._clock.now()
        return sum(late for at, late in self._late if begin <= at - offset <= end)

    def close(self):
        self._over.set()
        self._thread.join(10)


def test_a_killed_and_a_hung_worker_are_noticed_within_a_second_and_say_how(lost):
    told = [event for event in lost.events if event.kind is EventKind.DEGRADED]
    killed, hung = [event.data["reason"] for event in told]
    assert killed == "it was ended by signal 9"
    assert hung.startswith("hung: no report for ")
    for at, event in zip(lost.lost_at, told, strict=True):
        kept = lost.naps.kept_seconds(at, event.t_seconds)
        assert event.t_seconds - at - kept <= NOTICED_SECONDS


def test_their_customers_are_the_others_within_two_seconds(lost):
    for at, gap in zip(lost.lost_at, lost.summary.degraded, strict=True):
        assert at - 0.5 < gap.from_seconds < gap.to_seconds
        assert (
            gap.to_seconds - at - lost.naps.kept_seconds(at, gap.to_seconds) <= TAKEN_OVER_SECONDS
        )


def test_planned_is_exactly_what_was_due_and_what_was_not_offered(lost):
    summary = lost.summary
    assert summary.status is TestStatus.COMPLETED
    assert summary.not_offered > 0
    assert summary.counts.due + summary.not_offered == RATE * SECONDS
    assert sum(summary.per_second.planned) == RATE * SECONDS
    assert_conserved_every_second(summary)


def test_outside_the_gaps_all_of_the_plan_is_offered(lost):
    pacer = Pacer(Profile(steady(RATE, SECONDS).load_profile, SECONDS, 7))
    clock, due = lost.ticks["schedule_seconds"], lost.ticks["due"]
    planned = pacer.count_by(clock.to_numpy()) - pacer.count_by(
        clock.shift(1, fill_value=0.0).to_numpy()
    )
    for gap in lost.summary.degraded:
        in_gap = (clock > gap.from_seconds) & (clock - 0.25 < gap.to_seconds)
        assert (due[in_gap] <= planned[in_gap] + 1).all()
        planned[in_gap] = due[in_gap]
    assert (due - planned).abs().max() <= 1, "one that is due right at a tick's end"


def test_the_run_says_that_it_was_degraded_and_is_not_passed(lost):
    summary = lost.summary
    assert summary.verdict is Verdict.INCONCLUSIVE
    assert "a load worker ended before the run did" in summary.verdict_reason
    assert "DEGRADED" in summary.marks
    assert lost.ticks["workers_up_now"].iloc[-3] == WORKERS - 2


def test_no_transaction_is_sent_twice(lost):
    assert journaled_once(lost.summary.journal, lost.summary.counts)
