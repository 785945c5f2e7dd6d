import numpy as np
import pytest

from engine.analysis import honesty
from engine.analysis.instrument import highest_mean, instrument_of
from engine.measure.histogram import Histogram
from tests.run_records import ticks

TICK_SECONDS = 0.25


def cores(values):
    frame = ticks(len(values) // 4)
    frame["busiest_worker_cpu_cores"] = values
    return highest_mean(frame["busiest_worker_cpu_cores"], TICK_SECONDS)


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


def test_shares_are_of_all_attempts_and_of_all_reports_that_were_due():
    frame = ticks(10)
    frame["workers_asked"], frame["attempts"] = 2.0, 100.0
    frame.loc[:3, "reports_missing"] = 1.0
    frame.loc[:7, "outcome_timeout"] = 25.0
    found = instrument_of(frame, TICK_SECONDS, Histogram(), Histogram(), workers_lost=0)
    assert found.reports_missing == pytest.approx(4 / 80)
    assert found.unreachable_share == pytest.approx(200 / 4_000)
    assert honesty.doubts(found) == [honesty.Doubt.SILENT]


def test_a_run_without_ticks_is_not_doubted():
    empty = instrument_of(ticks(0), TICK_SECONDS, Histogram(), Histogram(), workers_lost=0)
    assert honesty.doubts(empty) == []
