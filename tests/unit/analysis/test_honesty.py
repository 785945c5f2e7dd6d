import dataclasses

import pytest

from engine.analysis.alerts import Level, Watch
from engine.analysis.honesty import (
    APPEARS_AFTER_TICKS,
    STAYS_TICKS,
    Doubt,
    clauses,
    doubts,
    live_doubts,
)
from engine.model.instrument import Instrument
from engine.model.tick import Tick

SOUND = {
    "due": 10_000,
    "dropped_while_quick": 0,
    "not_offered": 0,
    "lateness_p99_ms": 1.0,
    "late_spell_ms": 1.0,
    "loop_lag_ms": 1.0,
    "busiest_worker_cpu_cores": 0.4,
    "reports_missing": 0.0,
    "workers_lost": 0,
}
SOUND_TICK = Tick(
    due=1_000,
    sent=1_000,
    decided=1_000,
    attempts=1_000,
    lateness_p99_ms=1.0,
    worker_loop_lag_ms=1.0,
    busiest_worker_cpu_cores=0.4,
    workers_up_now=2,
    workers_asked=2,
    service_p99_ms=3.0,
    response_p99_ms=4.0,
)
PAST_LIMITS = [
    ({"workers_up_now": 1}, Doubt.WORKER_LOST),
    ({"reports_missing": 1}, Doubt.SILENT),
    ({"busiest_worker_cpu_cores": 0.96}, Doubt.BUSY),
    ({"lateness_p99_ms": 51.0}, Doubt.LATE),
    ({"worker_loop_lag_ms": 51.0}, Doubt.HELD_UP),
    ({"dropped": 2}, Doubt.DROPPED),
]
SLOW_TARGET = {
    "service_p99_ms": 4_000.0,
    "response_p99_ms": 9_000.0,
    "queue_p99_ms": 5_000.0,
    "backlog_now": 5_000,
    "dropped": 600,
    "sent": 10,
    "error_rate": 0.9,
}
GONE_TARGET = {**SLOW_TARGET, "service_p99_ms": float("nan"), "attempts": 0}
REFUSING_TARGET = {"dropped": 600, "attempts": 100, "outcome_connect": 100}


def test_a_sound_instrument_has_no_doubts():
    assert doubts(Instrument(**SOUND)) == []


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"workers_lost": 1}, Doubt.WORKER_LOST),
        ({"not_offered": 1}, Doubt.WORKER_LOST),
        ({"reports_missing": 0.011}, Doubt.SILENT),
        ({"busiest_worker_cpu_cores": 0.96}, Doubt.BUSY),
        ({"lateness_p99_ms": 51.0}, Doubt.LATE),
        ({"late_spell_ms": 51.0}, Doubt.LATE),
        ({"loop_lag_ms": 51.0}, Doubt.HELD_UP),
        ({"dropped_while_quick": 11}, Doubt.DROPPED),
    ],
)
def test_each_limit_a_run_passed_is_a_doubt_of_its_own(change, doubt):
    assert doubts(Instrument(**{**SOUND, **change})) == [doubt]


def test_what_was_not_measured_is_no_doubt():
    unknown = dict.fromkeys(("lateness_p99_ms", "loop_lag_ms", "busiest_worker_cpu_cores"))
    assert doubts(Instrument(**{**SOUND, **unknown})) == []


def test_a_verdict_says_once_what_two_doubts_call_for():
    late, held_up, lost = Doubt.LATE, Doubt.HELD_UP, Doubt.WORKER_LOST
    assert clauses([lost, late, held_up]) == [
        f"{lost.then}: {lost.remedy}",
        f"{late.then} and {held_up.then}: {late.remedy}",
    ]


def test_every_doubt_says_what_and_what_to_do_now_and_of_a_run():
    for doubt in Doubt:
        assert doubt.live.endswith(f": {doubt.remedy}")
        assert clauses([doubt]) == [f"{doubt.then}: {doubt.remedy}"]
        assert not any(letter.isdigit() for letter in doubt.live)


def run_of(*changes, starting_at=100.0):
    """Ticks in a row, the run clock moving in each."""
    return [
        dataclasses.replace(SOUND_TICK, schedule_seconds=starting_at + at / 4, **change)
        for at, change in enumerate(changes)
    ]


@pytest.mark.parametrize(("change", "doubt"), PAST_LIMITS)
def test_a_doubt_appears_after_two_ticks_past_its_limit(change, doubt):
    assert live_doubts(run_of({}, *[change] * (APPEARS_AFTER_TICKS - 1))) == []
    assert live_doubts(run_of({}, *[change] * APPEARS_AFTER_TICKS)) == [doubt]


@pytest.mark.parametrize(("change", "doubt"), PAST_LIMITS)
def test_a_doubt_stays_for_three_seconds_and_then_goes(change, doubt):
    shown = [change] * APPEARS_AFTER_TICKS
    assert live_doubts(run_of({}, *shown, *[{}] * (STAYS_TICKS - 1))) == [doubt]
    assert live_doubts(run_of({}, *shown, *[{}] * STAYS_TICKS)) == []


def test_a_value_that_flickers_about_its_limit_is_no_doubt():
    assert live_doubts(run_of(*[{}, {"lateness_p99_ms": 90.0}] * 8)) == []


def test_once_shown_a_doubt_does_not_flicker_while_its_value_does():
    past, spell = {"worker_loop_lag_ms": 300.0}, []
    for at in range(60):
        spell.append(past if at % 4 < 2 else {})
        assert (live_doubts(run_of(*spell)) == [Doubt.HELD_UP]) is (at >= 1)


@pytest.mark.parametrize("change", [SLOW_TARGET, GONE_TARGET, REFUSING_TARGET])
def test_a_slow_or_absent_target_alone_is_never_doubted_live(change):
    assert live_doubts(run_of(*[change] * 20)) == []


def test_the_ticks_of_a_pause_and_of_the_drain_are_no_reason_for_doubt():
    ended = dataclasses.replace(SOUND_TICK, schedule_seconds=60.0, workers_up_now=1)
    assert live_doubts([*run_of({}, starting_at=59.75), *[ended] * 10]) == []


def test_the_first_ticks_of_a_run_can_be_doubted_and_no_tick_is_no_doubt():
    assert live_doubts([]) == []
    late = {"lateness_p99_ms": 90.0}
    assert live_doubts(run_of(late, late, starting_at=0.25)) == [Doubt.LATE]


def test_a_doubt_is_told_as_an_event_once_until_it_has_gone():
    watch, told = Watch(100, 0.04), []
    spell = [*[{"lateness_p99_ms": 90.0}] * 3, *[{}] * STAYS_TICKS, *[{"reports_missing": 1}] * 3]
    for tick in run_of(*spell):
        told += [(alert.level, alert.message) for alert in watch.look(tick)]
        assert set(watch.doubts) <= {Doubt.LATE.live, Doubt.SILENT.live}
    warned = [(Level.WARNING, doubt.now) for doubt in (Doubt.LATE, Doubt.SILENT)]
    assert [each for each in told if each in warned] == warned
    assert watch.doubts == (Doubt.SILENT.live,)
