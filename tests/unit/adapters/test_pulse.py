import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters import pulse
from engine.adapters.pulse import (
    GAP_SECONDS,
    SILENT_SECONDS,
    Pulse,
    queued_seconds,
    ran_seconds,
    ready_to_run,
)

LOOK_SECONDS = 0.02


@pytest.fixture
def rested(monkeypatch):
    """A process that never waits for a processor."""
    monkeypatch.setattr(pulse, "queued_seconds", lambda pid: 0.0)
    monkeypatch.setattr(pulse, "ready_to_run", lambda pid: False)
    return Pulse(os.getpid())


def test_a_silence_is_a_hang_after_three_quarters_of_a_second_of_looking(rested):
    looks = 0
    while not rested.wait(LOOK_SECONDS):
        looks += 1
    assert looks * LOOK_SECONDS == pytest.approx(SILENT_SECONDS, abs=2 * LOOK_SECONDS)


def test_any_sign_of_life_begins_the_silence_anew(rested):
    for _report in range(10):
        assert not any(rested.wait(LOOK_SECONDS) for _look in range(30))
        rested.beat()


@given(st.floats(GAP_SECONDS, 1e6))
def test_an_app_that_was_frozen_however_long_accuses_nobody(seconds):
    alive = Pulse(os.getpid())
    alive.beat()
    assert not alive.wait(seconds)
    assert alive.silent_seconds <= GAP_SECONDS


def test_the_time_a_worker_waited_for_a_processor_is_not_held_against_it(monkeypatch):
    waited = iter([0.0, 0.5, 0.5, 0.6])
    monkeypatch.setattr(pulse, "queued_seconds", lambda pid: next(waited))
    monkeypatch.setattr(pulse, "ready_to_run", lambda pid: False)
    slow = Pulse(os.getpid())
    slow.beat()
    found = [slow.wait(LOOK_SECONDS) for _look in range(round(SILENT_SECONDS / LOOK_SECONDS) + 1)]
    assert not any(found), "half a second of its silence it could do nothing about"


@pytest.mark.parametrize(("runs", "hangs"), [(False, False), (True, True)])
def test_one_that_waits_for_a_processor_in_one_piece_is_slow_and_one_that_spins_hangs(
    monkeypatch, runs, hangs
):
    ran = iter(range(1000)) if runs else iter([5.0] * 1000)
    monkeypatch.setattr(pulse, "queued_seconds", lambda pid: 0.0)
    monkeypatch.setattr(pulse, "ran_seconds", lambda pid: next(ran))
    monkeypatch.setattr(pulse, "ready_to_run", lambda pid: True)
    silent = Pulse(os.getpid())
    silent.beat()
    assert any(silent.wait(LOOK_SECONDS) for _look in range(200)) is hangs


def test_a_process_that_is_stopped_is_not_ready_to_run_and_this_one_is():
    stopped = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        os.kill(stopped.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, stopped.pid, os.WSTOPPED)
        assert not ready_to_run(stopped.pid)
        assert ready_to_run(os.getpid()) or not sys.platform.startswith("linux")
    finally:
        stopped.kill()
        stopped.wait()
    assert not ready_to_run(stopped.pid)
    assert ran_seconds(os.getpid()) > 0.0 or not sys.platform.startswith("linux")


def test_the_system_says_how_long_a_process_waited_or_nothing_is_assumed():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert queued_seconds(ended.pid) == 0.0
    assert queued_seconds(os.getpid()) >= 0.0
