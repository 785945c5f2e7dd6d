"""A run whose rate is changed and whose workers are lost, over fakes: the plan is still kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.load.pacer import Pacer
from engine.model.control import SetRate, TakeOver
from engine.model.errors import ConfigurationError, IllegalTransitionError
from engine.model.event import EventKind
from engine.model.results import TestStatus, Verdict
from engine.run.states import Event
from tests.fakes import JumpingClock
from tests.unit.run.rigged import RATE, SECONDS, Rigged


def planned_by(rigged, summary):
    changes = [(one.schedule_seconds, one.factor) for one in summary.rate_changes]
    return Pacer(rigged.run.plan.pacer().profile.changed(changes)).total


def test_the_rate_changes_within_half_a_second_and_the_plan_with_it():
    rigged = Rigged(at={1.0: lambda run: run.set_rate(0.5), 3.0: lambda run: run.set_rate(2)})
    summary = rigged.finish()
    first, second = summary.rate_changes
    assert (first.factor, second.factor) == (0.5, 2)
    assert 1.0 < first.schedule_seconds < 1.5
    assert 3.0 < second.schedule_seconds < 3.5
    assert summary.counts.due == planned_by(rigged, summary) != RATE * SECONDS
    assert summary.per_second.offered == [round(one) for one in summary.per_second.planned]
    ticks = rigged.store.written["append"]
    assert {(tick.rate_factor, tick.plan_tps) for tick in ticks if tick.schedule_seconds < 5} == {
        (1, RATE),
        (0.5, RATE / 2),
        (2, RATE * 2),
    }


def test_a_changed_rate_is_on_the_timeline_and_marks_the_run_wherever_it_is_shown():
    seen = []
    rigged = Rigged(
        at={
            1.0: lambda run: run.set_rate(0.5),
            2.0: lambda run: seen.append((run.view.marks, run.view.rate_factor)),
        }
    )
    summary = rigged.finish()
    (change,) = summary.rate_changes
    assert rigged.said(EventKind.OPERATOR) == [
        f"rate × 0.5 of the plan from {change.schedule_seconds:.2f} s"
    ]
    assert seen == [(["RATE CHANGED LIVE TO 50 %"], 0.5)]
    assert "RATE CHANGED LIVE TO 50 %" in summary.marks
    assert rigged.store.written["heartbeat"][-1].rate_changes == [change]


def test_every_worker_hears_of_all_changes_so_far():
    rigged = Rigged(at={1.0: lambda run: run.set_rate(0.8), 2.0: lambda run: run.set_rate(0.64)})
    rigged.finish()
    told = [command for command in rigged.fleet.commands if isinstance(command, SetRate)]
    assert [[factor for _at, factor in one.changes] for one in told] == [[0.8], [0.8, 0.64]]


def test_the_rate_can_be_changed_in_a_pause_and_counts_from_its_end():
    def pause(run):
        run.request(Event.PAUSE)

    def change(run):
        if run.view.status is TestStatus.PAUSED and not run.view.rate_changes:
            for factor in (0.8, 0.5):
                run.set_rate(factor)
            run.request(Event.RESUME)

    rigged = Rigged(at={1.0: pause})
    told, rigged.store.append = rigged.store.append, lambda *tick: (change(rigged.run), told(*tick))
    summary = rigged.finish()
    (kept,) = summary.rate_changes
    assert kept.factor == 0.5
    assert summary.counts.due == planned_by(rigged, summary)


def test_a_rate_is_refused_before_and_after_the_run_and_out_of_bounds():
    refused = []

    def too_much(run):
        with pytest.raises(ConfigurationError) as error:
            run.set_rate(10_000)
        refused.extend(error.value.problems)

    rigged = Rigged(at={1.0: too_much})
    with pytest.raises(IllegalTransitionError, match="cannot change the rate of a run that is not"):
        rigged.run.set_rate(0.5)
    summary = rigged.finish()
    assert "times the plan" in refused[0]
    assert summary.rate_changes == []
    with pytest.raises(IllegalTransitionError, match="a run that is completed"):
        rigged.run.set_rate(0.5)


def test_a_lost_worker_s_customers_are_the_others_and_the_gap_is_counted_exactly():
    rigged = Rigged(workers=3, loses={1: 1.5})
    summary = rigged.finish()
    assert summary.status is TestStatus.COMPLETED
    (gap,) = summary.degraded
    assert (gap.share, gap.shares, gap.from_seconds) == (1, 3, 1.5)
    assert 1.5 < gap.to_seconds <= 1.5 + 1.0
    assert summary.counts.due + summary.not_offered == RATE * SECONDS
    assert summary.not_offered == pytest.approx((gap.to_seconds - 1.5) * RATE / 3, abs=2)
    orders = [one for one in rigged.fleet.commands if isinstance(one, TakeOver)]
    assert [(one.share, one.shares, one.since_seconds) for one in orders] == [
        (1, 6, 1.5),
        (4, 6, 1.5),
    ]
    offered = np.array(summary.per_second.offered)
    assert offered[3] == RATE, "from the takeover on all of the plan is offered"


def test_a_run_that_lost_a_worker_says_so_and_is_not_passed():
    rigged = Rigged(workers=3, loses={1: 1.5})
    summary = rigged.finish()
    (told,) = rigged.said(EventKind.DEGRADED)
    assert told.startswith(
        "load worker 2 of 3 was lost (a test lost it): its arrivals from 1.50 to"
    )
    assert "DEGRADED" in summary.marks
    assert rigged.run.view.degraded == tuple(summary.degraded)
    assert summary.verdict is Verdict.INCONCLUSIVE
    assert rigged.store.written["heartbeat"][-1].workers_lost == 1


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(st.integers(0, 4), st.floats(0, SECONDS), max_size=5),
    st.dictionaries(st.floats(0.1, SECONDS), st.floats(0.5, 2), max_size=2),
)
def test_what_was_planned_was_offered_or_counted_as_not_whatever_happened(loses, factors):
    at = {second: lambda run, f=factor: run.set_rate(f) for second, factor in factors.items()}
    rigged = Rigged(workers=5, loses=loses, at=at)
    summary = rigged.finish()
    all_lost = len(loses) == 5
    assert summary.status is (TestStatus.FAILED if all_lost else TestStatus.COMPLETED)
    assert summary.counts.conserved
    assert summary.counts.due + summary.not_offered == sum(summary.per_second.planned)
    assert all_lost or sum(summary.per_second.planned) == planned_by(rigged, summary)
    assert len(set(rigged.fleet.decided)) == len(rigged.fleet.decided) == summary.counts.decided


def test_what_nobody_was_left_to_take_over_is_counted_as_not_offered():
    stands_still = JumpingClock(at=1.15, jump=1.0)  # so both are found lost at one look
    rigged = Rigged(workers=2, loses={0: 1.25, 1: 1.75}, clock=stands_still)
    summary = rigged.finish()
    assert summary.status is TestStatus.FAILED
    assert summary.counts.due + summary.not_offered == 1.75 * RATE
    assert summary.not_offered == 0.5 * RATE / 2


def test_the_only_worker_lost_fails_the_run():
    rigged = Rigged(workers=1, loses={0: 1.0})
    summary = rigged.finish()
    assert summary.verdict is Verdict.FAILED
    assert "every load worker ended before the plan did" in summary.verdict_reason
    (gap,) = summary.degraded
    assert gap.to_seconds is None
    assert (
        "nobody is left to offer its arrivals from 1.00 s on" in rigged.said(EventKind.DEGRADED)[0]
    )
