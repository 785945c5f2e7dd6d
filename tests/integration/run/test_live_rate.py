"""The rate of a real run changed while it goes on, in a pause, and under an app that is frozen."""

import time

import pytest

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.service import Engine
from tests.integration.run.conftest import (
    RunClock,
    assert_conserved_every_second,
    await_frame,
    await_status,
    steady,
)

RATE, SECONDS = 200, 5.0
FROZEN_FROM, FROZEN_SECONDS = 2.75, 1.5
IN_EFFECT_SECONDS, TICK_SECONDS = 0.5, 0.25


class Changed:
    """One run at full, half, and in its last seconds full rate again, changed in a pause."""

    def __init__(self, home):
        self.engine = Engine(home=home)
        clock = RunClock(self.engine)
        self.engine.subscribe(self._freeze_once)
        self._frozen = False
        self.engine.start(RunRequest(scenario=steady(RATE, SECONDS), workers=2))
        self._await(1.0)
        self.asked_at = clock.now()
        self.engine.set_rate(0.5)
        self._await(2.0)
        self.engine.pause()
        await_status(self.engine, TestStatus.PAUSED)
        self.engine.set_rate(1.5)
        self.engine.resume()
        clock.close()
        self.summary = self.engine.wait(60)
        self.ticks = self.engine.frame()
        self.events = [event.message for event in self.engine.record().events]

    def _await(self, seconds):
        await_frame(self.engine, lambda ticks: ticks["schedule_seconds"].max() >= seconds)

    def _freeze_once(self):
        """In the run's own thread: nobody polls the workers while this sleeps."""
        if not self._frozen and self.engine.live().clock_seconds >= FROZEN_FROM:
            self._frozen = True
            time.sleep(FROZEN_SECONDS)


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    run = Changed(tmp_path_factory.mktemp("home"))
    yield run
    run.engine.close()


def test_a_change_is_in_effect_within_half_a_second(changed):
    first, second = changed.summary.rate_changes
    assert (first.factor, second.factor) == (0.5, 1.5)
    assert 0 < first.schedule_seconds - changed.asked_at <= IN_EFFECT_SECONDS
    assert f"rate × 0.5 of the plan from {first.schedule_seconds:.2f} s" in changed.events


def test_every_tick_offers_what_the_changed_plan_says(changed):
    changes = [(one.schedule_seconds, one.factor) for one in changed.summary.rate_changes]
    profile = Profile(steady(RATE, SECONDS).load_profile, SECONDS, 7).changed(changes)
    planned = Pacer(profile).count_by(changed.ticks["schedule_seconds"].to_numpy())
    assert changed.ticks["due"].cumsum().tolist() == pytest.approx(
        planned.tolist(), abs=RATE * TICK_SECONDS
    )
    assert changed.summary.counts.due == sum(changed.summary.per_second.planned) == planned[-1]
    assert set(changed.ticks["rate_factor"]) == {1, 0.5, 1.5}
    assert changed.ticks["plan_tps"].iloc[-2] == RATE * 1.5
    assert_conserved_every_second(changed.summary)


def test_the_run_is_marked_as_changed(changed):
    assert any(mark.startswith("RATE CHANGED LIVE TO ") for mark in changed.summary.marks)
    assert changed.summary.status is TestStatus.COMPLETED


def test_a_frozen_app_accuses_no_worker_and_holds_none_up(changed):
    assert changed.summary.degraded == []
    frozen = changed.ticks[changed.ticks["schedule_seconds"].between(3.25, 4.0)]
    assert len(frozen) >= 3
    assert frozen["sent"].tolist() == pytest.approx([RATE * 1.5 / 4] * len(frozen), rel=0.5)
