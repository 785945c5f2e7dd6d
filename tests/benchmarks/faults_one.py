"""One fault in one run: a metric of it before, during and after."""

import tempfile
from contextlib import closing
from pathlib import Path

from engine.model.fault import FailureScenario, FailureType
from engine.model.request import RunRequest
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.service import Engine
from tests.benchmarks.faults_evidence import FaultRow

ONSET, SECONDS, WHOLE = 10.0, 10.0, 36.0
STEADY_SECONDS, LAST_SECONDS = 6.0, 4.0
SEVERITY = 0.5
LEAST_TICKS = 3
DEVIATIONS, SHARE = 4.0, 0.1
METRICS = {
    FailureType.LAMBDA_CRASH: ("error_rate", "share"),
    FailureType.DYNAMODB_THROTTLE: ("commit_ms", "ms"),
    FailureType.NETWORK_LATENCY: ("response_p99_ms", "ms"),
    FailureType.BEDROCK_RATE_LIMIT: ("reasoning_refused", "per tick"),
    FailureType.KINESIS_LAG: ("queue_age_ms", "ms"),
    FailureType.AGENT_TIMEOUT: ("agent_health", "share"),
    FailureType.MEMORY_PRESSURE: ("memory_share", "share"),
    FailureType.CASCADING_FAILURE: ("error_rate", "share"),
}


def scenario(rate, seconds, faults, breakers=True):
    """A steady run with these faults."""
    return TestScenario(
        scenario_id="faults",
        name="Faults",
        load_profile=LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=float(rate)),
        duration_seconds=float(seconds),
        traffic_mix=TrafficMix.STRESS,
        failure_scenarios=tuple(faults),
        success_criteria={"zero_data_loss": True, "automatic_recovery": True},
        breakers=breakers,
    )


def conduct(one):
    """A whole run; its summary and its ticks."""
    with (
        tempfile.TemporaryDirectory(prefix="limelight-faults-") as folder,
        closing(Engine(home=Path(folder))) as engine,
    ):
        engine.start(RunRequest(scenario=one))
        summary = engine.wait()
        return summary, engine.frame()


def measure(kind, rate):
    """The row of this fault."""
    fault = FailureScenario(
        failure_type=kind, start_time_seconds=ONSET, duration_seconds=SECONDS, severity=SEVERITY
    )
    summary, ticks = conduct(scenario(rate, WHOLE, [fault]))
    (record,) = summary.faults
    metric, unit = METRICS[kind]
    at, values = ticks["t_seconds"], ticks[metric]
    onset, clear = record.onset_seconds, record.clear_seconds
    before = values[(at > onset - STEADY_SECONDS) & (at <= onset)].dropna()
    during = values[(at > onset) & (at <= clear)].dropna()
    end = at[ticks["plan_tps"] > 0].max()
    after = values[(at > end - LAST_SECONDS) & (at <= end)].dropna()
    width = max(DEVIATIONS * before.std(), SHARE * abs(before.mean()))
    band = [before.mean() - width, before.mean() + width]
    outside = int(((during < band[0]) | (during > band[1])).sum())
    return FaultRow(
        fault=kind.value,
        severity=SEVERITY,
        share=record.share,
        metric=metric,
        unit=unit,
        before=_mean(before),
        during=_mean(during),
        after=round(float(after.median()), 4) if len(after) else None,
        band=[round(float(one), 4) for one in band],
        left_band=outside >= LEAST_TICKS,
        returned=bool(len(after) and band[0] <= after.median() <= band[1]),
        proof=record.proof,
        removal=record.removal,
        recovery_from_onset_seconds=record.recovery_from_onset_seconds,
        recovery_from_clear_seconds=record.recovery_from_clear_seconds,
        failed=record.failed_during,
        lost=summary.journal.missing,
        duplicated=summary.journal.duplicated,
    )


def _mean(values):
    return round(float(values.mean()), 4) if len(values) else None
