"""One run over fakes: whatever breaks, it ends, says why, and leaves nothing running."""

import pytest

from engine.model.control import Abort, Pause, Redrive, Resume, Start, Stop
from engine.model.errors import IllegalTransitionError
from engine.model.event import EventKind
from engine.model.results import TestStatus, Verdict
from engine.run.states import Event
from tests.fakes import FakeStore, JumpingClock
from tests.unit.run.rigged import RATE, SECONDS, Rigged


def test_a_run_that_nothing_disturbs_completes_and_is_kept():
    rigged = Rigged()
    summary = rigged.finish()
    assert rigged.run.view.status is summary.status is TestStatus.COMPLETED
    assert summary.counts.decided == summary.journal.found == RATE * SECONDS
    assert rigged.store.written["finish"] == [summary]
    assert len(rigged.store.written["append"]) >= SECONDS * 4
    assert rigged.store.written["event"] == list(rigged.run.view.events)
    assert rigged.target.discarded
    assert rigged.said(EventKind.ERROR) == []


@pytest.mark.parametrize(
    ("call", "after"),
    [("create", 0), ("append", 0), ("append", 7), ("heartbeat", 2), ("finish", 0)],
)
def test_a_store_that_cannot_be_written_ends_the_run_and_is_the_reason_on_the_page(call, after):
    rigged = Rigged(store=FakeStore(call, after=after))
    summary = rigged.finish()
    assert rigged.run.view.status is TestStatus.FAILED
    assert summary is None or summary.verdict is Verdict.FAILED
    assert FakeStore.MESSAGE in rigged.said(EventKind.ERROR)
    assert len(rigged.store.written["append"]) < SECONDS * 4 or call == "finish", "it went on"


def test_a_disk_that_is_full_from_the_start_ends_the_run_and_is_the_reason_on_the_page():
    rigged = Rigged(store=FakeStore("create", "append", "event", "heartbeat", "finish"))
    assert rigged.finish() is None
    assert rigged.run.view.status is TestStatus.FAILED
    assert set(rigged.said(EventKind.ERROR)) == {FakeStore.MESSAGE}
    assert rigged.fleet.commands == [], "no load without a record"


def test_a_disk_that_fills_up_in_mid_run_ends_the_run_and_is_the_reason_on_the_page():
    rigged = Rigged(store=FakeStore("append", "event", "heartbeat", "finish", after=4))
    rigged.finish()
    assert rigged.run.view.status is TestStatus.FAILED
    assert FakeStore.MESSAGE in rigged.said(EventKind.ERROR)


def test_an_event_that_cannot_be_written_is_still_on_the_page():
    rigged = Rigged(store=FakeStore("event"))
    summary = rigged.finish()
    assert "load starts" in rigged.said(EventKind.STATE)
    assert rigged.store.written["event"] == []
    assert rigged.store.written["finish"] == [summary]


def test_a_target_that_cannot_start_fails_the_run_with_its_message():
    rigged = Rigged(target={"problem": "port 8000 is taken: stop what listens there"})
    assert rigged.finish() is None
    assert rigged.run.view.status is TestStatus.FAILED
    assert rigged.said(EventKind.ERROR) == ["port 8000 is taken: stop what listens there"]
    assert rigged.fleet.commands == []


def test_an_emergency_stop_during_the_drain_keeps_a_failed_run_failed():
    def press(command):
        if isinstance(command, Stop):
            rigged.run.request(Event.EMERGENCY_STOP)

    rigged = Rigged(target={"lives": False}, obeys_stop=False, told=press)
    summary = rigged.finish()
    assert rigged.run.view.status is summary.status is TestStatus.FAILED
    assert summary.verdict is Verdict.FAILED
    assert summary.verdict_reason.startswith("the target was gone")
    assert "emergency stop" in rigged.said(EventKind.OPERATOR)
    assert [type(command) for command in rigged.fleet.commands[:3]] == [Start, Stop, Abort]
    assert summary.duration_seconds < SECONDS + 1, "the drain was not waited for"


def test_an_emergency_stop_during_the_drain_cancels_a_run_that_had_gone_well():
    def press(command):
        if isinstance(command, Stop):
            rigged.run.request(Event.EMERGENCY_STOP)

    rigged = Rigged(obeys_stop=False, told=press)
    summary = rigged.finish()
    assert rigged.run.view.status is summary.status is TestStatus.CANCELLED
    assert summary.verdict is Verdict.ABORTED


def test_workers_that_do_not_end_are_ended_and_the_run_with_them():
    rigged = Rigged(obeys_stop=False)
    summary = rigged.finish()
    assert rigged.run.view.status.final
    assert summary.counts.conserved


def test_a_clock_that_jumps_loses_no_tick_and_no_transaction():
    rigged = Rigged(clock=JumpingClock(at=2, jump=20))
    summary = rigged.finish()
    assert summary.status is TestStatus.COMPLETED
    assert summary.counts.due == summary.counts.decided == RATE * SECONDS
    ticks = [tick.tick for tick in rigged.store.written["append"]]
    assert ticks == list(range(len(ticks)))


def test_a_redrive_by_hand_reaches_the_workers_and_is_on_the_timeline():
    rigged = Rigged(at={1.0: lambda run: run.redrive()})
    with pytest.raises(IllegalTransitionError, match="cannot redrive the dead letters of a run"):
        rigged.run.redrive()
    rigged.finish()
    assert [one for one in rigged.fleet.commands if isinstance(one, Redrive)] == [Redrive()]
    assert rigged.said(EventKind.OPERATOR) == ["redrive of the dead letters"]


def test_a_pause_and_its_end_reach_the_workers_however_busy_the_runs_own_thread_is():
    told = []

    def ask(run, event):  # in the run's own thread, so nothing else can be done by it
        run.request(event)
        told.append(rigged.fleet.commands[-1])

    rigged = Rigged(at={1.0: lambda run: ask(run, Event.PAUSE)})
    rigged.store.event = lambda run_id, event: (
        ask(rigged.run, Event.RESUME) if rigged.run.view.status is TestStatus.PAUSED else None
    )
    assert rigged.finish().status is TestStatus.COMPLETED
    assert told == [Pause(), Resume()]
    held_up = [one for one in rigged.fleet.commands if isinstance(one, Pause | Resume)]
    assert held_up == told, "once each"
