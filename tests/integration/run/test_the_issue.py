"""The command that issue 2 names, shortened: the investor presentation, with its crash, in 15 s."""

import numpy as np
import pytest

from engine.config.presets import preset
from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.service import Engine
from tests.integration.run.conftest import assert_conserved_every_second
from tests.traffic import journaled_once

SPEED, SECONDS = 40, 15
MIX = "demo"
TOLERANCE, LEAST = 0.02, 2  # of the plan, and arrivals: whichever is more
DISPLACED_SHARE = 0.1  # a busy machine may make the generator late now and then


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    engine = Engine(home=tmp_path_factory.mktemp("home"))
    scenario = preset("investor_presentation")
    engine.start(RunRequest(scenario=scenario, speed=SPEED, rate_scale=0.05))
    yield engine.wait(90)
    engine.close()


def test_it_runs_to_its_end_and_is_marked_as_what_it_is(summary):
    assert summary.status is TestStatus.COMPLETED
    assert summary.marks[:2] == [f"REHEARSAL ×{SPEED}", "SCALED 5 %"]


def test_what_is_due_in_every_second_is_the_plan(summary):
    second = summary.per_second
    planned, due = np.array(second.planned), np.array(second.offered)
    assert len(planned) >= SECONDS
    assert np.abs(due - planned).max() <= 1
    assert planned.sum() == due.sum() == summary.counts.due > 3_500
    assert planned.max() == pytest.approx(8_000 * 0.05, abs=1)


def test_what_was_due_is_sent_and_outside_the_fault_in_its_second(summary):
    assert summary.counts.sent == summary.counts.due
    second, (fault,) = summary.per_second, summary.faults
    sent, planned = np.array(second.sent), np.array(second.planned)
    over = fault.recovered_at_seconds or fault.clear_seconds
    begins = np.arange(len(planned))
    outside = (begins + 1 <= fault.onset_seconds) | (begins >= over)
    close = np.abs(sent - planned) <= np.maximum(TOLERANCE * planned, LEAST)
    assert outside.sum() >= SECONDS / 2
    strayed = np.abs(sent - planned)[outside]
    assert np.median(close[outside]) == 1, strayed.tolist()
    assert strayed.sum() <= DISPLACED_SHARE * planned[outside].sum(), strayed.tolist()


def test_both_conservation_laws_hold_in_every_second_and_in_total(summary):
    assert_conserved_every_second(summary)


def test_nothing_is_lost_or_doubled_through_the_crash(summary):
    assert journaled_once(summary.journal, summary.counts, mix=MIX)


def test_recovery_is_measured_or_the_reason_why_not_is_given(summary):
    (fault,) = summary.faults
    assert fault.proven
    assert fault.onset_seconds == pytest.approx(300 / SPEED, abs=0.75)
    if fault.recovered_at_seconds is None:
        assert fault.recovery_from_onset_seconds is None
        assert "did not return" in fault.explanation
    else:
        assert fault.onset_seconds < fault.clear_seconds <= fault.recovered_at_seconds
        assert fault.recovery_from_onset_seconds == pytest.approx(
            fault.recovered_at_seconds - fault.onset_seconds
        )
