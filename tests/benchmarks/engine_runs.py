"""Whole runs by the façade that pages and the command line use, and what each of them cost.

Everything is taken from the run's own ticks and histograms, of the window that begins
`WARM_SECONDS` after the first arrival and ends with the plan.
"""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from engine.adapters.store import SqliteStore
from engine.measure.histogram import Histogram
from engine.measure.machine import this_machine
from engine.model.request import RunRequest
from engine.model.results import RunSummary
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.service import Engine
from tests.benchmarks.evidence import Strict
from tests.benchmarks.served import served

WARM_SECONDS = 2.0
P99_LIMIT_MS = 50.0
LEAST_SHARE = 0.99
_LOOK_SECONDS = 0.25


class Ran(Strict):
    """One run at one rate, or of one profile.

    `decided` counts 200s, `rejected` the edge cases that must be refused; `lost` are acknowledged
    transactions the journal lacks. CPU is user and system of all processes of a part, by decided or
    rejected transaction in the window. `held`: see `definitions`; `why` says what was not.
    """

    rate: float
    seconds: float
    marks: list[str]
    due: int
    decided: int
    rejected: int
    failed: int
    dropped: int
    lost: int
    duplicated: int
    achieved_tps: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    platform_us: float
    generator_us: float
    app_cpu_cores: float
    platform_rss_mb: float
    others_cpu_cores: float
    workers: int
    scorers: int
    held: bool
    why: str


@dataclass(frozen=True)
class Run:
    """What a finished run left: its summary, its ticks, and the histogram of its window."""

    summary: RunSummary
    ticks: pd.DataFrame
    response: Histogram
    scorers: int


@contextlib.contextmanager
def opened(app, viewers):
    """An engine in a home of its own: alone, or with the real app served to viewers; its home."""
    with tempfile.TemporaryDirectory(prefix="limelight-bench-") as folder:
        home = Path(folder)
        if app:
            with served(home, viewers) as engine:
                yield engine, home
            return
        engine = Engine(home=home)
        try:
            yield engine, home
        finally:
            engine.close()


def steady(rate, seconds, mix=TrafficMix.DEMO):
    """A scenario at one rate."""
    return _scenario(
        LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=float(rate)), seconds, mix
    )


def bursts(number, every_seconds):
    """The rates and lengths of the burst preset, the bursts closer to each other."""
    profile = LoadProfile(
        profile_type=LoadProfileType.BURST,
        sustained_tps=1_000,
        burst_tps=10_000,
        burst_duration_seconds=5,
        burst_interval_seconds=every_seconds,
        first_burst_seconds=every_seconds,
    )
    return _scenario(profile, every_seconds * (number + 1), TrafficMix.DEMO)


def _scenario(profile, seconds, mix):
    return TestScenario(
        scenario_id="end_to_end",
        name="End to end",
        load_profile=profile,
        duration_seconds=float(seconds),
        traffic_mix=mix,
        success_criteria={"zero_data_loss": True},
    )


def conduct(engine, home, scenario, look=lambda: None, **request):
    """One run to its end; `look` is called four times a second meanwhile."""
    run_id = engine.start(RunRequest(scenario=scenario, **request))
    while (summary := engine.wait(_LOOK_SECONDS)) is None:
        look()
    ticks = engine.frame()
    store = SqliteStore(home / "results.sqlite")
    try:
        parts = list(store.histograms(run_id))
    finally:
        store.close()
    response = Histogram()
    for row in np.flatnonzero(in_window(ticks, summary)):
        response.add_sparse(parts[row].response)
    return Run(summary, ticks, response, scenario.scorers)


def in_window(ticks, summary):
    """Which ticks lie in the window."""
    clock = ticks["schedule_seconds"].to_numpy()
    moving = np.diff(clock, prepend=0.0) > 0  # the drain's stand still
    return (clock > min(WARM_SECONDS, clock[-1] / 2)) & moving


def measured(run, rate):
    """What a run at this rate came to."""
    summary, ticks = run.summary, run.ticks
    window = ticks[in_window(ticks, summary)]
    seconds = float(len(window)) * 0.25
    done = float(window["decided"].sum() + window["rejected"].sum())
    counts, journal = summary.counts, summary.journal
    found = {
        "due": counts.due,
        "decided": counts.decided,
        "rejected": counts.rejected,
        "failed": counts.failed,
        "dropped": counts.dropped,
        "lost": journal.missing if journal else -1,
        "duplicated": journal.duplicated if journal else -1,
        "achieved_tps": round(done / seconds, 1),
        "p50_ms": round(run.response.quantile_ms(50) or 0.0, 3),
        "p99_ms": round(run.response.quantile_ms(99) or 0.0, 3),
        "max_ms": round(run.response.max_ms or 0.0, 3),
    }
    offered = float(window["due"].sum()) / seconds
    why = _why_not(found, offered)
    return Ran(
        rate=float(rate),
        seconds=float(ticks["schedule_seconds"].iloc[-1]),
        marks=list(summary.marks),
        platform_us=_us(window["platform_cpu_cores"], seconds, done),
        generator_us=_us(window["worker_cpu_cores"], seconds, done),
        app_cpu_cores=round(float(window["app_cpu_cores"].mean()), 4),
        platform_rss_mb=round(float(window["platform_rss_mb"].max()), 1),
        others_cpu_cores=round(_others(window), 3),
        workers=int(window["workers_asked"].max()),
        scorers=run.scorers,
        held=not why,
        why=why,
        **found,
    )


def _us(cores, seconds, done):
    return round(float(cores.mean()) * seconds / done * 1e6, 2) if done else 0.0


def _others(window):
    """Cores the rest of the machine used, the median over the ticks."""
    own = window[["platform_cpu_cores", "worker_cpu_cores", "app_cpu_cores"]].sum(axis=1)
    whole = window["machine_cpu_percentage"] / 100 * this_machine().cpu_count
    return max(float((whole - own).median()), 0.0)


def _why_not(found, offered):
    """What of `held` does not hold; empty if all of it does."""
    if found["p99_ms"] >= P99_LIMIT_MS:
        return f"response p99 was {found['p99_ms']:g} ms"
    for name in ("failed", "dropped", "lost", "duplicated"):
        if found[name]:
            return f"{name}: {found[name]}"
    if found["achieved_tps"] < LEAST_SHARE * offered:
        return f"{found['achieved_tps']:,.0f} of {offered:,.0f} a second were answered"
    return ""
