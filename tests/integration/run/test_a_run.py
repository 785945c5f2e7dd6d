"""Whole runs on the embedded platform: real processes, real HTTP, a real journal."""

import time

import psutil
import pytest

from engine.model.errors import IllegalTransitionError
from engine.model.event import EventKind
from engine.model.fault import FailureType
from engine.model.request import RunRequest
from engine.model.results import CriterionOutcome, TestStatus, Verdict
from engine.service import Engine
from tests.integration.run.conftest import (
    assert_conserved_every_second,
    await_frame,
    await_status,
    crash,
    steady,
)
from tests.traffic import journaled_once

CRITERIA = {"zero_data_loss": True, "recovery_demonstrated": True}
RESILIENCE = (
    "automatic_recovery",
    "recovery_demonstrated",
    "no_cascading_failures",
    "graceful_degradation",
)
TICK_SECONDS = 0.25
SECONDS, CRASH_SECONDS = 12, 2.5
PAUSE_SECONDS = 1.5
COLLAPSE_SECONDS = 2 * (1.0 + TICK_SECONDS)  # a second and its tick, twice on a shared machine
AT_ONCE_SECONDS = 0.75  # from the press of emergency stop to the last attempt: 0.25, and two ticks
# for a machine that lets the worker hear of it late; retries would have gone on for seconds


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """One run with a worker crash, its engine still open."""
    engine = Engine(home=tmp_path_factory.mktemp("home"))
    scenario = steady(400, SECONDS, [crash(2.5, CRASH_SECONDS)], success_criteria=CRITERIA)
    engine.start(RunRequest(scenario=scenario))
    summary = engine.wait(60)
    yield engine, summary
    engine.close()


def test_a_crash_loses_and_doubles_nothing(crashed):
    _engine, summary = crashed
    journal = summary.journal
    assert summary.status is TestStatus.COMPLETED
    assert journal.acknowledged > 3_000
    assert journaled_once(journal, summary.counts)


def test_what_failed_in_the_crash_is_redriven_by_the_end(crashed):
    engine, summary = crashed
    ticks = engine.frame()
    assert ticks["redriven"].sum() == ticks["dead_lettered"].sum() == summary.counts.failed > 0
    assert (ticks["dead_letters_now"].max() > 0, ticks["dead_letters_now"].iloc[-1]) == (True, 0)
    newest = engine.dead_letters()
    assert {letter.state for letter in newest} == {"redriven"}
    fault = summary.faults[0]
    assert min(letter.failed_seconds for letter in newest) > fault.onset_seconds


def test_the_crash_is_proven_and_its_recovery_is_measured_from_onset_and_from_clear(crashed):
    _engine, summary = crashed
    (fault,) = summary.faults
    assert fault.proven
    assert fault.share == "1 of 4"
    assert fault.failed_during > 0, "a quarter of the customers had no scorer"
    assert 0 < fault.detected_after_seconds < fault.recovery_from_onset_seconds
    assert fault.recovery_from_onset_seconds == pytest.approx(
        fault.recovery_from_clear_seconds + fault.clear_seconds - fault.onset_seconds
    )
    assert CRASH_SECONDS - TICK_SECONDS < fault.clear_seconds - fault.onset_seconds < SECONDS / 2


def test_its_criteria_hold_with_their_formulas(crashed):
    _engine, summary = crashed
    asked = [*CRITERIA, "steady_error_rate"]
    assert {result.key: result.outcome for result in summary.criteria} == dict.fromkeys(
        asked, CriterionOutcome.HELD
    )
    assert all(result.formula for result in summary.criteria)
    assert summary.verdict in {Verdict.PASSED, Verdict.INCONCLUSIVE}, summary.verdict_reason


def test_both_conservation_laws_hold_in_every_second_and_in_total(crashed):
    _engine, summary = crashed
    assert_conserved_every_second(summary)
    assert summary.counts.due == SECONDS * 400


def test_the_store_holds_the_run_tick_by_tick_as_the_buffer_did(crashed):
    engine, summary = crashed
    record = engine.record(summary.run_id)
    live = engine.frame()
    assert record.ticks.equals(live)
    assert record.summary == summary
    kinds = [event.kind for event in record.events]
    for kind in (
        EventKind.FAULT_APPLIED,
        EventKind.FAULT_PROVEN,
        EventKind.FAULT_CLEARED,
        EventKind.RECOVERED,
    ):
        assert kinds.count(kind) == 1


def test_the_page_s_figures_are_the_store_s(crashed):
    engine, summary = crashed
    live = {figure.id: figure.value for figure in engine.live().figures}
    stored = {figure.id: figure.value for figure in engine.record().figures}
    assert live["hero.decided"] == stored["hero.decided"] == summary.counts.decided
    assert live["hero.lost"] == stored["hero.lost"] == 0
    assert (
        stored["hero.recovery_seconds"] == summary.faults[0].recovery_from_onset_seconds
    ) or stored["hero.recovery_seconds"] == summary.faults[0].recovery_from_clear_seconds


def test_nothing_is_left_behind(crashed):
    engine, _summary = crashed
    assert psutil.Process().children(recursive=True) == [] or not [
        child for child in psutil.Process().children(recursive=True) if "engine." in cmd(child)
    ]
    assert not list(engine.home.journals.glob("*"))


def cmd(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_a_pause_stops_the_sending_and_the_run_clock_and_nothing_is_caught_up(engine):
    engine.start(RunRequest(scenario=steady(200, 3)))
    await_frame(engine, lambda ticks: ticks["sent"].sum() > 100)
    engine.pause()
    await_status(engine, TestStatus.PAUSED)
    time.sleep(PAUSE_SECONDS)
    engine.resume()
    summary = engine.wait(30)
    ticks = engine.frame()
    assert (ticks["sent"] == 0).sum() >= PAUSE_SECONDS / TICK_SECONDS - 2, "its ends are in a tick"
    assert ticks["due"].max() <= 200 * TICK_SECONDS + 2, "nothing is caught up after the pause"
    assert summary.counts.due == summary.counts.sent == 600
    assert summary.duration_seconds > 3 + PAUSE_SECONDS - 2 * TICK_SECONDS


def test_an_emergency_stop_ends_the_run_at_once(engine, run_clock):
    engine.start(RunRequest(scenario=steady(200, 60, [crash(1, 30, severity=0.3)])))
    await_frame(engine, lambda ticks: (ticks["attempts"] > 1.1 * ticks["sent"]).sum() >= 4)
    pressed = run_clock.now()
    engine.emergency_stop()
    summary = engine.wait(15)
    assert summary.status is TestStatus.CANCELLED
    assert summary.verdict is Verdict.ABORTED
    assert summary.counts.conserved
    assert summary.journal.missing == 0
    ticks = engine.frame()
    begins = ticks["t_seconds"] - TICK_SECONDS
    assert ticks["attempts"][begins > pressed + AT_ONCE_SECONDS].sum() == 0, "retries went on"
    assert ticks["attempts"][begins <= pressed].sum() > 0
    assert ticks["failed"].iloc[-1] > 0, "retries were still to come"


def test_a_fault_by_hand_is_on_the_timeline(engine):
    engine.start(RunRequest(scenario=steady(200, 4)))
    await_frame(engine, lambda ticks: ticks["decided"].sum() > 50)
    engine.inject(FailureType.LAMBDA_CRASH, 0.3, 1.0)
    (fault,) = engine.wait(30).faults
    assert fault.by_hand
    assert fault.proven


def test_a_fault_that_would_take_the_place_of_another_is_refused_on_the_timeline(engine):
    planned = [crash(1, 60), crash(1.5, 1)]
    asked = {"zero_data_loss": True}
    engine.start(RunRequest(scenario=steady(100, 3, planned, success_criteria=asked)))
    summary = engine.wait(30)
    events = engine.record().events
    (refused,) = [e.message for e in events if e.kind is EventKind.FAULT_REFUSED]
    assert "is under way already" in refused
    assert len(summary.faults) == 1
    assert summary.verdict is Verdict.INCONCLUSIVE, "what was planned did not all take place"


def test_a_platform_killed_for_good_fails_the_run_and_nothing_hangs(engine, run_clock):
    asked = steady(300, 12, [crash(1.5, 8)], success_criteria=dict.fromkeys(RESILIENCE, True))
    engine.start(RunRequest(scenario=asked))
    await_frame(engine, lambda ticks: len(ticks) >= 8 and engine.live().faults[0].proven)
    platform = [c for c in psutil.Process().children() if "engine.platform" in cmd(c)]
    for process in [*platform, *(g for c in platform for g in c.children(recursive=True))]:
        process.kill()
    killed = run_clock.now()
    seen_by = killed + COLLAPSE_SECONDS
    ticks = await_frame(engine, lambda ticks: ticks["t_seconds"].iloc[-1] >= seen_by)
    since = ticks[(ticks["t_seconds"] > killed) & (ticks["t_seconds"] <= seen_by)]
    assert (since["achieved_tps"] < 0.5 * 300).any(), "the rate collapses at once"
    assert (since["error_rate"] > 0.5).any(), "errors rise at once"
    assert since["edge_up"].iloc[-1] == 0
    summary = engine.wait(40)
    assert summary.verdict is Verdict.FAILED
    found = {result.key: result.outcome for result in summary.criteria}
    assert {key: found[key] for key in RESILIENCE} == dict.fromkeys(
        RESILIENCE, CriterionOutcome.DID_NOT_HOLD
    )
    assert summary.counts.conserved
    assert not [c for c in psutil.Process().children(recursive=True) if "engine." in cmd(c)]


def test_a_second_start_is_refused_while_one_is_under_way(engine):
    engine.start(RunRequest(scenario=steady(50, 1)))
    with pytest.raises(IllegalTransitionError, match="under way"):
        engine.start(RunRequest(scenario=steady(50, 1)))
    engine.wait(30)


def test_commands_without_a_run_say_so(engine):
    for command in (engine.pause, engine.resume, engine.stop, engine.emergency_stop):
        with pytest.raises(IllegalTransitionError, match="no run is under way"):
            command()
