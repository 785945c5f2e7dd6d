"""Half an hour at one rate through the whole engine: `python -m tests.benchmarks.soak`.

`--rate 2000 --seconds 1800` unless told otherwise: one run of the embedded platform with the demo
mix, by the façade that pages and the command line use, and the memory of app, load workers and
platform every few seconds. The app is this process: the engine alone, or with `--app` the real
Streamlit app as well, with `--viewers` of its live feed in a process of their own.

Prints what was sent and decided in each minute, the slope of each part's memory, and the bars;
`--json FILE` writes it as evidence (assets/evidence/soak.json is where a full one belongs). Ends
with 1 if a bar was missed or the run did not come to its end.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from engine.adapters.store import SqliteStore
from engine.measure.histogram import Histogram
from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.service import Engine
from tests.benchmarks import soaked
from tests.benchmarks.evidence import write
from tests.benchmarks.memory import Memory
from tests.benchmarks.served import served

SAMPLE_SECONDS = 5.0
START_SECONDS = 120.0


def main(words=None):
    asked = _options(words)
    with tempfile.TemporaryDirectory(prefix="limelight-soak-") as home:
        found = soak(asked, Path(home))
    sys.stdout.write(soaked.render(found))
    if asked.json is not None:
        write(found, asked.json)
    failed = [bar for bar in found.bars if bar.met is False]
    return 1 if failed or found.status != TestStatus.COMPLETED else 0


def soak(asked, home):
    """Run it, and say what came of it."""
    memory = Memory()
    with _engine(asked, home) as engine:
        run_id = engine.start(RunRequest(scenario=_scenario(asked)))
        summary = _watched(engine, memory)
        ticks = engine.frame()
    minutes = _minutes(home / "results.sqlite", run_id, ticks)
    slopes = soaked.slopes(memory)
    names = ("p50", "p95", "p99", "p99_9", "max", "mean")
    return soaked.Soak(
        setup=soaked.setup(asked, memory.processes.get("worker", 0)),
        definitions=soaked.DEFINITIONS,
        bars=soaked.bars(summary, slopes, memory.seconds),
        status=summary.status,
        verdict=summary.verdict,
        verdict_reason=summary.verdict_reason,
        counts={**summary.counts.model_dump(), "attempts": summary.attempts},
        journal=None if summary.journal is None else summary.journal.model_dump(),
        response_ms={name: getattr(summary.response_ms, name) for name in names},
        processes=memory.processes,
        slopes=slopes,
        minutes=minutes,
        sampled_seconds=[round(at, 1) for at in memory.seconds],
        memory_mb={part: np.round(each, 2).tolist() for part, each in memory.megabytes.items()},
    )


@contextlib.contextmanager
def _engine(asked, home):
    if asked.app:
        with served(home, asked.viewers) as engine:
            yield engine
        return
    engine = Engine(home=home)
    try:
        yield engine
    finally:
        engine.close()


def _scenario(asked):
    return TestScenario(
        scenario_id="soak",
        name="Soak",
        load_profile=LoadProfile(
            profile_type=LoadProfileType.SUSTAINED, sustained_tps=float(asked.rate)
        ),
        duration_seconds=float(asked.seconds),
        traffic_mix=TrafficMix.DEMO,
        success_criteria={"zero_data_loss": True},
    )


def _watched(engine, memory):
    """Sample until the plan has ended; the run's summary."""
    deadline = time.monotonic() + START_SECONDS
    while engine.live().status is not TestStatus.RUNNING:
        if time.monotonic() > deadline or engine.live().status.final:
            break
        engine.wait(0.05)
    began = time.monotonic()
    wait_seconds = soaked.WARM_SECONDS
    while (summary := engine.wait(wait_seconds)) is None:
        if engine.live().status is TestStatus.RUNNING:
            memory.sample(time.monotonic() - began)
        wait_seconds = SAMPLE_SECONDS
    return summary


def _minutes(path, run_id, ticks):
    """Counts and percentiles of each minute of the plan; the drain belongs to the last."""
    store = SqliteStore(path)
    try:
        parts = list(store.histograms(run_id))
    finally:
        store.close()
    clock = ticks["schedule_seconds"].to_numpy()
    last = int(max(0.0, np.ceil(clock[-1] / 60 - 1e-9) - 1)) if len(clock) else 0
    of_tick = np.minimum(np.ceil(clock / 60 - 1e-9).astype(int) - 1, last)
    return [_minute(minute, ticks[of_tick == minute], parts) for minute in range(last + 1)]


def _minute(minute, ticks, parts):
    response = Histogram()
    for row in ticks.index:
        response.add_sparse(parts[row].response)
    counts = {name: int(ticks[name].sum()) for name in ("due", "sent", "decided", "failed")}
    times = {f"p{q}_ms": response.percentile_ms(q) for q in (95, 99)}
    return soaked.Minute(minute=minute, **counts, **times)


def _options(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--seconds", type=float, default=1_800)
    parser.add_argument("--app", action="store_true", help="serve the real app in this process")
    parser.add_argument("--viewers", type=int, default=10, help="of its live feed, with --app")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the evidence here")
    return parser.parse_args(words)


if __name__ == "__main__":
    raise SystemExit(main())
