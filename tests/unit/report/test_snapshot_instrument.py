import re

import numpy as np
import pytest

from engine.analysis import honesty
from engine.model.instrument import Instrument
from engine.model.results import DegradedInterval, MeasurementWindow, RateChange
from engine.report.snapshot import render
from engine.report.views import timeline
from tests.run_records import latency, record

LOST = DegradedInterval(
    share=1, shares=2, reason="killed by signal 9", from_seconds=40, to_seconds=41.75
)
INSTRUMENT = Instrument(
    due=1_000,
    dropped_while_quick=0,
    not_offered=1_234,
    lateness_p99_ms=0.5,
    late_spell_ms=61.5,
    loop_lag_ms=1.5,
    busiest_worker_cpu_cores=0.97,
    reports_missing=0,
    workers_lost=1,
)
CHANGED = RateChange(schedule_seconds=60, factor=0.8)


def doubtful():
    run = record(degraded=[LOST], rate_changes=[CHANGED], not_offered=1_234, instrument=INSTRUMENT)
    run.ticks["workers_asked"] = 2.0
    return run


def shown(text):
    """The exact value of every figure of the page, by id."""
    return dict(re.findall(r'data-figure="([^"]+)" data-value="([^"]+)"', text))


def test_every_signal_stands_beside_the_limit_it_is_doubted_from():
    run = doubtful()
    values = shown(render(run).decode())
    assert float(values["instrument.worker_cores"]) == pytest.approx(0.97)
    assert values["instrument.worker_cores.limit"] == repr(honesty.MAX_WORKER_CPU_CORES)
    assert values["instrument.lateness_p99_ms"] == repr(run.summary.lateness_ms.p99)
    assert values["instrument.lateness_p99_ms.limit"] == repr(honesty.MAX_LATENESS_P99_MS)
    assert float(values["instrument.late_spell_ms"]) == INSTRUMENT.late_spell_ms
    assert values["instrument.late_spell_ms.limit"] == repr(honesty.MAX_LATENESS_P99_MS)
    assert values["instrument.not_offered"] == "1234"
    assert {name for name in values if name.endswith(".limit")} == {
        f"instrument.{name}.limit"
        for name in (
            "lateness_p99_ms",
            "late_spell_ms",
            "loop_lag_ms",
            "worker_cores",
            "reports_missing",
            "dropped_share",
            "not_offered",
        )
    }


def test_the_run_without_its_ramps_has_figures_of_its_own():
    run = record()
    values, window = shown(render(run).decode()), run.summary.measured
    assert values["measured.achieved_tps"] == repr(window.achieved_tps)
    assert values["measured.response_ms.p99"] == repr(window.response_ms.p99)
    assert values["measured.seconds"] == repr(window.seconds)


def test_a_run_that_only_ramped_says_so():
    none = MeasurementWindow(
        spans=[],
        seconds=0,
        offered_tps=None,
        achieved_tps=None,
        response_ms=latency(0),
        service_ms=latency(0),
    )
    text = render(record(measured=none)).decode()
    assert "Without ramps: the plan held no rate for long enough." in text
    assert "measured.seconds" not in shown(text)


def test_what_the_operator_changed_and_what_was_lost_is_told_with_its_instants():
    text = render(doubtful()).decode()
    values = shown(text)
    assert (values["rate_change.0.factor"], values["rate_change.0.at"]) == ("0.8", "60.0")
    assert (values["degraded.0.from"], values["degraded.0.to"]) == ("40.0", "41.75")
    assert "killed by signal 9" in text


def test_the_gap_is_on_the_timeline_where_the_runs_own_clock_puts_it():
    run = doubtful()
    paused = np.minimum(np.arange(1, len(run.ticks) + 1), 80) * 0.25  # stands still at 20 s,
    paused[200:] = np.maximum(20, (np.arange(200, len(run.ticks)) - 119) * 0.25)  # 30 s long
    run.ticks["schedule_seconds"] = paused
    figure = timeline(run)
    edges = {(shape.x0, shape.x1) for shape in figure.layout.shapes}
    assert (70.0, 71.75) in edges
    assert any("load worker lost" in note.text for note in figure.layout.annotations)
