"""What the end-to-end benchmarks compute, without running one."""

import msgspec
import numpy as np
import pandas as pd
import pytest

from tests.benchmarks import end_to_end, ten_million
from tests.benchmarks.end_to_end_parts import bursts_of, scale_of
from tests.benchmarks.engine_runs import Ran, _why_not, bursts
from tests.benchmarks.processes import Series, named, slope

FINE = {
    "p99_ms": 12.0,
    "failed": 0,
    "dropped": 0,
    "lost": 0,
    "duplicated": 0,
    "achieved_tps": 9_990.0,
}


def ran(rate, held=True, **changes):
    made = Ran(
        **{name: 0 for name in Ran.__struct_fields__ if name not in {"rate", "held", "why"}},
        rate=rate,
        held=held,
        why="" if held else "slow",
    )
    return msgspec.structs.replace(made, **changes)


def ticks_of(seconds, due, waiting):
    clock = np.arange(0.25, seconds + 0.25, 0.25)
    columns = {"schedule_seconds": clock, "due": due(clock), "backlog_now": waiting(clock)}
    return pd.DataFrame({**columns, "in_flight_now": 10.0})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""),
        ({"p99_ms": 50.0}, "p99"),
        ({"lost": 1}, "lost"),
        ({"failed": 3}, "failed"),
        ({"duplicated": 1}, "duplicated"),
        ({"achieved_tps": 9_800.0}, "answered"),
    ],
)
def test_a_rate_is_held_only_if_all_of_it_is(change, why):
    said = _why_not({**FINE, **change}, 10_000.0)
    assert bool(said) == bool(why)
    assert why in said


def test_a_burst_is_what_was_due_in_its_five_seconds_and_is_done_when_nothing_waits():
    def due(clock):
        inside = (clock > 15) & (clock <= 20)
        return np.where(inside, 2_500, 250)

    def waiting(clock):
        return np.where((clock > 15) & (clock < 21.5), 5_000.0, 0.0)

    [one] = bursts_of(ticks_of(30, due, waiting), 15, 1)
    assert (one.at_seconds, one.due, one.drained_seconds) == (15, 50_000, 1.5)


def test_a_burst_that_never_drains_says_so():
    def waiting(clock):
        return np.where(clock > 15, clock * 1e4, 0.0)

    [one] = bursts_of(ticks_of(30, np.ones_like, waiting), 15, 1)
    assert one.drained_seconds is None


def test_a_machine_that_holds_less_is_asked_for_less_and_the_mark_says_so():
    assert scale_of([ran(15_000)]) == 1
    assert scale_of([ran(4_000), ran(8_000, held=False)]) == 0.36
    assert scale_of([ran(1_000, held=False)]) == 0.1
    assert bursts(4, 15).load_profile.max_tps == 10_000


def test_the_search_ends_between_the_highest_held_and_the_lowest_that_was_not():
    asked = []

    def at(rate, _seconds):
        asked.append(rate)
        return ran(rate, held=rate <= 17_000)

    found = end_to_end._highest(at, [ran(15_000), ran(20_000, held=False)], 1)
    assert asked == [17_500, 16_200, 16_800]
    assert max(one.rate for one in found if one.held) == 16_800


def test_memory_that_fills_up_and_stays_has_no_slope_and_one_that_leaks_has_its_own():
    millions = np.linspace(0, 10, 100)
    assert slope(millions, np.minimum(millions * 50, 200)) == pytest.approx(0, abs=1e-9)
    assert slope(millions, 100 + 2.5 * millions) == pytest.approx(2.5)
    assert slope([1.0, 1.0], [5, 6]) is None


def test_a_leak_of_one_process_is_a_missed_bar():
    series = Series()
    for name, grown in (("edge", 0.1), ("scorer 1", 3.0)):
        series.millions[name] = np.linspace(0, 10, 50).tolist()
        series.megabytes[name] = (100 + grown * np.linspace(0, 10, 50)).tolist()
    found = ten_million.evidence(ran(10_000, due=10_000_000), series, 3_000.0)
    assert [bar.met for bar in found.bars] == [False, True]
    assert "scorer 1" in ten_million.render(found)


def test_the_rate_of_the_long_run_is_a_little_less_than_the_highest_known(tmp_path):
    assert ten_million.usual_rate(tmp_path / "none.json") == 10_000


def test_only_processes_of_a_run_are_named():
    import psutil

    assert named(psutil.Process()) == {}
