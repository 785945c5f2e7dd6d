import numpy as np
import pytest

from engine.analysis import honesty
from engine.analysis.instrument import highest_mean, instrument_of, late_spell
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


def lateness(*ticks):
    """The lateness of ticks, each given as (how many, ms)."""
    for count, ms in ticks:
        histogram = Histogram()
        histogram.record(np.full(count, round(1_000 * ms)))
        yield histogram.sparse()


def test_a_late_spell_of_a_second_is_not_lost_in_half_an_hour():
    calm, late = [(100, 1.0)] * 3_600, [(100, 400.0)] * 4
    whole = Histogram()
    for part in lateness(*calm, *late, *calm):
        whole.add_sparse(part)
    assert whole.percentile_ms(99) < honesty.MAX_LATENESS_P99_MS, "over the whole run it is"
    assert late_spell(lateness(*calm, *late, *calm), TICK_SECONDS) == pytest.approx(400, rel=0.01)
    assert late_spell(lateness(*late, *calm), TICK_SECONDS) == pytest.approx(400, rel=0.01)
    assert late_spell(lateness(*calm), TICK_SECONDS) == pytest.approx(1, rel=0.01)


def test_a_hiccup_of_a_tick_is_not_taken_for_a_spell():
    calm = [(100, 1.0)] * 600
    assert late_spell(lateness(*calm, (100, 200.0), *calm), TICK_SECONDS) < 2


def test_a_shorter_run_is_one_spell_and_a_pause_does_not_dilute_it():
    part = [(100, 1.0)] * 20 + [(100, 80.0)] * 2
    assert late_spell(lateness(*part), TICK_SECONDS) == pytest.approx(80, rel=0.01)
    paused = [*part, *[(0, 0.0)] * 10_000, *part]
    assert late_spell(lateness(*paused), TICK_SECONDS) == pytest.approx(80, rel=0.01)
    assert late_spell(lateness((10, 900.0)), TICK_SECONDS) is None, "too few for a percentile"
    assert late_spell([], TICK_SECONDS) is None


def test_missing_reports_are_a_share_of_all_that_were_due():
    frame = ticks(10)
    frame["workers_asked"] = 2.0
    frame.loc[:3, "reports_missing"] = 1.0
    found = instrument_of(frame, TICK_SECONDS, Histogram(), workers_lost=0)
    assert found.reports_missing == pytest.approx(4 / 80)
    assert honesty.doubts(found) == [honesty.Doubt.SILENT]


def dropping(begin, end, **target):
    """40 s in which 100 arrivals a tick were dropped in a span, at a target like this in it."""
    frame = ticks(40)
    frame["workers_asked"], frame["attempts"], frame["service_p99_ms"] = 1.0, 100.0, 3.0
    frame["due"], frame["decided"], frame["rejected"], frame["dropped"] = 100.0, 100.0, 0.0, 0.0
    frame.loc[begin:end, "dropped"] = 100.0
    for column, value in target.items():
        frame.loc[begin:end, column] = value
    return honesty.doubts(instrument_of(frame, TICK_SECONDS, Histogram(), workers_lost=0))


def test_drops_while_the_target_was_quick_all_along_are_the_generators():
    assert dropping(60, 80) == [honesty.Doubt.DROPPED]


@pytest.mark.parametrize(
    "target",
    [
        {"service_p99_ms": 2_000.0},
        {"service_p99_ms": float("nan")},
        {"decided": 0.0, "attempts": 0.0},
        {"outcome_timeout": 25.0},
    ],
)
def test_drops_at_a_slow_silent_or_absent_target_are_not(target):
    assert dropping(60, 80, **target) == []


def test_drops_right_after_a_stall_are_still_the_stalls():
    frame_end = 80 + round(honesty.PATIENCE_SECONDS / TICK_SECONDS)
    frame = ticks(40)
    frame["workers_asked"], frame["attempts"], frame["service_p99_ms"] = 1.0, 100.0, 3.0
    frame["due"], frame["decided"], frame["rejected"], frame["dropped"] = 100.0, 100.0, 0.0, 0.0
    frame.loc[60:80, "decided"] = 0.0
    frame.loc[80 : frame_end - 1, "dropped"] = 100.0
    found = instrument_of(frame, TICK_SECONDS, Histogram(), workers_lost=0)
    assert found.dropped_while_quick == 0


def test_a_run_without_ticks_is_not_doubted():
    empty = instrument_of(ticks(0), TICK_SECONDS, Histogram(), workers_lost=0)
    assert honesty.doubts(empty) == []
