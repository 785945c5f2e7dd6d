"""The load generator's own figures: what it measured of itself, beside what it measures."""

from __future__ import annotations

from engine.analysis import honesty
from engine.model.figure import Figure, Source
from engine.model.results import LatencySummary, MeasurementWindow, RunSummary
from engine.model.tick import Tick
from engine.report.make import Number, derived, known, measured, stated, whole

TICK_SECONDS = 0.25
OPERATOR = Source(publisher="operator", title="rate set by hand while the run went on")
QUEUED = "from the due instant to the first written request: the wait for a free connection too"
LATE = (
    "from the due instant to the generator's turn, whatever the target does; "
    f"in doubt above {honesty.MAX_LATENESS_P99_MS:g} ms"
)
LAG = (
    "the longest that a load worker's turn came late in the tick; "
    f"in doubt above {honesty.MAX_LOOP_LAG_MS:g} ms"
)
SPELL = f"in doubt above {honesty.MAX_LATENESS_P99_MS:g} ms"
BUSY = f"in doubt above {honesty.MAX_WORKER_CPU_CORES:g} of a core: a worker can use no more"
DROPPED = "due and never sent"
NOT_OFFERED = "due while their load worker was lost and nobody had taken them over"
STEADY = "the plan without ramp up, ease and ramp down; pauses and drain left out"


def rate_factor_figure(factor: float) -> Figure:
    """What the operator multiplied the planned rate by, as a share of the plan."""
    return stated("run.rate_factor", "Rate, of the plan", factor, "ratio", OPERATOR)


def instrument_figures(
    tick: Tick, totals: dict[str, float], summary: RunSummary | None
) -> list[Figure]:
    """Figures `instrument.*` of the stage: of now, and once a run is final what it amounts to."""
    if summary is not None:
        return [*run_times(summary), *run_peaks(summary), *run_counts(summary)]
    since = known(tick.t_seconds)
    up, asked, connections, dropped, not_offered = (
        None if since is None else whole(value)
        for value in (
            tick.workers_up_now,
            tick.workers_asked,
            tick.connections_now,
            totals.get("dropped", 0.0),
            totals.get("not_offered", 0.0),
        )
    )
    return [
        _gauge("lateness_p99_ms", "Sent late, p99", tick.lateness_p99_ms, "ms", LATE),
        _gauge("queue_p99_ms", "Due to written, p99", tick.queue_p99_ms, "ms", QUEUED),
        _gauge("loop_lag_ms", "Held up, longest", tick.worker_loop_lag_ms, "ms", LAG),
        _gauge("worker_cores", "Busiest load worker", tick.busiest_worker_cpu_cores, "cores", BUSY),
        _gauge("app_cores", "The app itself", tick.app_cpu_cores, "cores"),
        _gauge("workers_up", "Load workers up", up, "count"),
        _gauge("workers_asked", "Load workers asked for", asked, "count"),
        _gauge("connections", "Connections", connections, "count"),
        _count("dropped", "Dropped", dropped, since, DROPPED),
        _count("not_offered", "Not offered", not_offered, since, NOT_OFFERED),
    ]


def run_times(summary: RunSummary) -> list[Figure]:
    """Lateness and queue time of a whole run."""
    return [
        _percentile("instrument.lateness_p99_ms", "Sent late, p99", summary.lateness_ms, LATE),
        _percentile("instrument.queue_p99_ms", "Due to written, p99", summary.queue_ms, QUEUED),
    ]


def run_peaks(summary: RunSummary) -> list[Figure]:
    """The worst spells of a whole run; none of a run kept by a version that did not say them."""
    own = summary.instrument
    if own is None:
        return []
    return [
        _peak("late_spell_ms", "Sent late, p99 of the worst span", own.late_spell_ms, "ms", SPELL),
        _peak("loop_lag_ms", "Held up, worst mean", own.loop_lag_ms, "ms", LAG),
        _peak("worker_cores", "Busiest load worker", own.busiest_worker_cpu_cores, "cores", BUSY),
    ]


def run_counts(summary: RunSummary) -> list[Figure]:
    """What was due and never sent, or offered by nobody, in a whole run."""
    seconds = summary.duration_seconds
    return [
        _count("dropped", "Dropped", summary.counts.dropped, seconds, DROPPED),
        _count("not_offered", "Not offered", summary.not_offered, seconds, NOT_OFFERED),
    ]


def window_figures(window: MeasurementWindow) -> dict[str, Figure]:
    """Figures `measured.*`: the run without its ramps, by the last part of their ids."""
    spans = ", ".join(f"{begin:g} to {end:g} s" for begin, end in window.spans)
    seconds = derived(
        "measured.seconds",
        "Measured without ramps",
        window.seconds,
        "seconds",
        formula="run clock of the ticks that lie wholly in a steady span of the plan",
        inputs={"steady spans": spans or "none"},
        note=STEADY,
    )
    rates = {
        name: measured(
            f"measured.{name}_tps",
            f"{name.capitalize()}, without ramps",
            getattr(window, f"{name}_tps"),
            "tps",
            window=window.seconds,
            note=STEADY,
        )
        for name in ("offered", "achieved")
    }
    return {"seconds": seconds, **rates}


def _percentile(figure_id: str, label: str, latency: LatencySummary, note: str) -> Figure:
    return measured(figure_id, label, latency.p99, "ms", samples=latency.count, note=note)


def _gauge(key: str, label: str, value: Number, unit: str, note: str | None = None) -> Figure:
    return measured(f"instrument.{key}", label, value, unit, window=TICK_SECONDS, note=note)


def _peak(key: str, label: str, value: Number, unit: str, note: str) -> Figure:
    """The worst of all spans of a run; how long such a span is stands in its formula."""
    late = key == "late_spell_ms"
    seconds = honesty.LATE_SECONDS if late else honesty.BUSY_SECONDS
    what = "99th percentile, merged," if late else "mean of all ticks"
    return derived(
        f"instrument.{key}",
        label,
        value,
        unit,
        formula=f"highest {what} over any {seconds:g} s of the run, or over all of a shorter one",
        inputs={"span in seconds": seconds},
        note=note,
    )


def _count(key: str, label: str, value: Number, since: Number, note: str) -> Figure:
    return measured(f"instrument.{key}", label, whole(value), "count", window=since, note=note)
