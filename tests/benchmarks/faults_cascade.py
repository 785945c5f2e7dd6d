"""The cascade, with the platform's breakers and strategies and without."""

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

from engine.adapters.store import SqliteStore
from engine.analysis.evidence import scorers_hit
from engine.faults.cascading_failure import STEP_SHARE
from engine.measure.histogram import Histogram, bucket_of
from engine.model.fault import FailureScenario, FailureType
from engine.model.request import RunRequest
from engine.service import Engine
from tests.benchmarks.faults_evidence import CascadeRow
from tests.benchmarks.faults_one import ONSET, SEVERITY, STEADY_SECONDS, WHOLE, scenario

SECONDS = 12.0
CONTAINED = 1.5  # times the median before
SLOW_US = 1_000_000


def measure(rate, breakers):
    """The row of one run."""
    fault = FailureScenario(
        failure_type=FailureType.CASCADING_FAILURE,
        start_time_seconds=ONSET,
        duration_seconds=SECONDS,
        severity=SEVERITY,
    )
    asked = scenario(rate, WHOLE, [fault], breakers)
    with tempfile.TemporaryDirectory(prefix="limelight-faults-") as folder:
        home = Path(folder)
        with closing(Engine(home=home)) as engine:
            engine.start(RunRequest(scenario=asked))
            summary = engine.wait()
            ticks = engine.frame()
        (record,) = summary.faults
        at = ticks["t_seconds"]
        inside = (at > record.onset_seconds) & (at <= record.clear_seconds)
        response = Histogram()
        with closing(SqliteStore(home / "results.sqlite")) as store:
            for number, one in enumerate(store.histograms(summary.run_id)):
                if number < len(inside) and inside.iloc[number]:
                    response.add_sparse(one.response)
    part = ticks[inside]
    due = float(part["due"].sum())
    quick = _up_to(response, SLOW_US)
    since = ticks[at > record.onset_seconds]
    steady = (at > record.onset_seconds - STEADY_SECONDS) & (at <= record.onset_seconds)
    second = record.onset_seconds + STEP_SHARE * SECONDS
    before, agent = (
        float(ticks["response_p50_ms"][span].mean())
        for span in (steady, (at > record.onset_seconds + 1.0) & (at <= second))
    )
    return CascadeRow(
        breakers=breakers,
        before_p50_ms=round(before, 2),
        agent_phase_p50_ms=round(agent, 2),
        contained=agent <= CONTAINED * before,
        decided_share=round(float(part["decided"].sum()) / due, 4),
        slow_share=round(1.0 - quick / due, 4),
        p99_ms=response.quantile_ms(99),
        failed=record.failed_during,
        spread=_spread(since, record),
        recovery_from_onset_seconds=record.recovery_from_onset_seconds,
        lost=summary.journal.missing,
        duplicated=summary.journal.duplicated,
    )


def _up_to(histogram, limit_us):
    """How many values lie in buckets up to that of the limit."""
    sparse = histogram.sparse()
    buckets = np.frombuffer(sparse.indices, dtype=np.int32)
    counts = np.frombuffer(sparse.counts, dtype=np.int64)
    return int(counts[buckets <= bucket_of(np.array([limit_us]))[0]].sum())


def _spread(ticks, record):
    """Ticks with a component down that no fault had hit."""
    asked = ticks["scorers_asked"].max()
    end = record.recovered_at_seconds
    end = np.inf if end is None else end + 1.0
    allowed = np.where(ticks["t_seconds"] <= end, scorers_hit(record.severity, int(asked)), 0)
    down = ticks["scorers_asked"] - ticks["scorers_up_now"]
    return int(((down > allowed) | (ticks["edge_up"] < 1)).sum())
