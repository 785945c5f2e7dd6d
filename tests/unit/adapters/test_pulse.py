import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters import pulse
from engine.adapters.pulse import GAP_SECONDS, SILENT_SECONDS, Pulse, queued_seconds

LOOK_SECONDS = 0.02


@pytest.fixture
def rested(monkeypatch):
    """A process that never waits for a processor."""
    monkeypatch.setattr(pulse, "queued_seconds", lambda pid: 0.0)
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
    slow = Pulse(os.getpid())
    slow.beat()
    found = [slow.wait(LOOK_SECONDS) for _look in range(round(SILENT_SECONDS / LOOK_SECONDS) + 1)]
    assert not any(found), "half a second of its silence it could do nothing about"


def test_the_system_says_how_long_a_process_waited_or_nothing_is_assumed():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert queued_seconds(ended.pid) == 0.0
    assert queued_seconds(os.getpid()) >= 0.0
