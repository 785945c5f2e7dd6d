import numpy as np
import pytest

from engine.analysis import honesty
from engine.run.summary import busiest_worker
from tests.run_records import ticks

TICK_SECONDS = 0.25


def cores(values):
    frame = ticks(len(values) // 4)
    frame["busiest_worker_cpu_cores"] = values
    return busiest_worker(frame, TICK_SECONDS)


def test_a_peak_of_five_seconds_is_not_lost_in_a_long_quiet_run():
    values = np.full(720, 0.2)
    values[400:420] = 0.99
    assert cores(values) == pytest.approx(0.99)
    assert cores(values) > honesty.MAX_WORKER_CPU_CORES


def test_a_shorter_peak_is_not_taken_for_a_worker_that_was_the_limit():
    values = np.full(720, 0.2)
    values[400:410] = 1.0
    assert cores(values) == pytest.approx(0.6)


def test_ticks_in_which_no_worker_reported_are_left_out():
    values = np.full(720, 0.97)
    values[::3] = np.nan
    assert cores(values) == pytest.approx(0.97)
    assert cores(np.full(720, np.nan)) is None


def test_a_run_shorter_than_the_window_is_judged_as_a_whole():
    assert cores([0.9, 1.0, 1.0, 1.1]) == pytest.approx(1.0)
