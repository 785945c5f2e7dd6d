"""A made-up run record, for tests of reports only: ramp, crash, recovery and an even end.

Nothing here was measured; the product never sees it.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from engine.analysis.instrument import instrument_of
from engine.measure.histogram import Histogram
from engine.metrics.record import RunRecord
from engine.model.config import StressTestConfig
from engine.model.event import EventKind, RunEvent
from engine.model.fault import FailureScenario, FailureType
from engine.model.presentation import TransactionFlowNode
from engine.model.results import (
    Counts,
    CriterionOutcome,
    CriterionResult,
    FaultRecord,
    JournalReconciliation,
    LatencySummary,
    Machine,
    MeasurementWindow,
    PerSecond,
    RunSummary,
    SteadyState,
    Target,
    TestStatus,
    Verdict,
)
from engine.model.run import RunMeta
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.model.tick import COLUMNS

TICK_SECONDS = 0.25
ONSET, CLEAR, BACK = 70.0, 85.0, 88.25
AGENTS = ("TransactionAnalyzer", "PatternDetector", "RiskAssessor", "ComplianceAgent")


def target(**changes: object) -> Target:
    line = "Target: Limelight reference platform (built in, not Acme's product)"
    fields = {"name": "reference", "kind": "embedded", "line": line, "url": "http://127.0.0.1:1"}
    abilities = dict.fromkeys(("has_journal", "has_faults", "has_telemetry"), True)
    return Target.model_validate({**fields, **abilities, **changes})


def scenario(**changes: object) -> TestScenario:
    crash = FailureScenario(
        failure_type=FailureType.LAMBDA_CRASH,
        start_time_seconds=ONSET,
        duration_seconds=CLEAR - ONSET,
        severity=0.3,
    )
    profile = LoadProfile(profile_type=LoadProfileType.RAMP_UP, peak_tps=6_000, ramp_up_seconds=20)
    fields = {
        "scenario_id": "pitch",
        "name": "Pitch",
        "load_profile": profile,
        "duration_seconds": 180,
        "failure_scenarios": (crash,),
        "traffic_mix": TrafficMix.DEMO,
        "success_criteria": {
            "zero_data_loss": True,
            "recovery_demonstrated": True,
            "p99_latency_ms": 1_000,
        },
    }
    return TestScenario.model_validate({**fields, **changes})


def fault(**changes: object) -> FaultRecord:
    fields = {
        "failure_type": FailureType.LAMBDA_CRASH,
        "display_name": "Worker crash",
        "severity": 0.3,
        "by_hand": False,
        "onset_seconds": ONSET,
        "clear_seconds": CLEAR,
        "share": "1 of 4",
        "proven": True,
        "proof": "Scorer process 4711 was gone 12 ms after the kill.",
        "steady_state": SteadyState(
            window_seconds=10,
            achieved_tps=1_980.5,
            offered_tps=1_980.5,
            error_rate=0,
            timeout_rate=0,
            p99_ms=4.2,
        ),
        "detected_after_seconds": 0.25,
        "recovered_at_seconds": BACK,
        "recovery_from_onset_seconds": BACK - ONSET,
        "recovery_from_clear_seconds": BACK - CLEAR,
        "failed_during": 41,
        "explanation": "p99 was back within 120 % of its steady state at 88.25 s.",
    }
    return FaultRecord.model_validate({**fields, **changes})


def ticks(seconds: int = 180) -> pd.DataFrame:
    """Four rows a second, sums conserved tick by tick."""
    noise = np.random.default_rng(5)
    size = seconds * 4
    at = (np.arange(size) + 1) * 0.25
    plan = np.minimum(at / 20, 1) * 1_980
    crash = (at > ONSET) & (at <= CLEAR)
    frame = pd.DataFrame(0.0, index=range(size), columns=list(COLUMNS))
    due = noise.poisson(plan / 4)
    failed = np.where(crash, noise.poisson(0.7, size), 0)
    rejected = noise.binomial(due, 0.01)
    frame["tick"], frame["t_seconds"], frame["schedule_seconds"] = np.arange(size), at, at
    frame["plan_tps"], frame["due"], frame["sent"] = plan, due, due
    frame["rejected"], frame["failed"] = rejected, np.minimum(failed, due - rejected)
    frame["decided"] = due - rejected - frame["failed"]
    frame["offered_tps"], frame["achieved_tps"] = due * 4.0, frame["decided"] * 4.0
    for column, share in (("approved", 0.93), ("review", 0.05)):
        frame[column] = np.floor(frame["decided"] * share)
    frame["declined"] = frame["decided"] - frame["approved"] - frame["review"]
    slow = np.where(crash, 40.0, 1.0) * noise.uniform(0.9, 1.3, size)
    for column, base in (("p50", 0.9), ("p95", 2.4), ("p99", 4.1)):
        frame[f"response_{column}_ms"] = base * slow
    frame["response_samples"], frame["response_window_seconds"] = 1_000.0, 0.75
    frame["edge_up"], frame["scorers_asked"] = 1.0, 4.0
    frame["scorers_up_now"] = np.where(crash, 3.0, 4.0)
    frame["edge_latency_ms"], frame["commit_ms"] = 0.8 * slow, noise.uniform(0.5, 0.9, size)
    frame["faults_active_now"] = crash.astype(float)
    frame["platform_rss_mb"] = 410.0
    frame.loc[:2, ["response_p50_ms", "response_p95_ms", "response_p99_ms"]] = np.nan
    return frame


def counts(frame: pd.DataFrame) -> Counts:
    names = ("due", "sent", "dropped", "decided", "rejected", "failed")
    return Counts(backlog=0, in_flight=0, **{name: int(frame[name].sum()) for name in names})


def per_second(frame: pd.DataFrame) -> PerSecond:
    second = frame.groupby((frame["tick"] // 4).astype(int))
    sums = second[["due", "sent", "decided", "failed", "rejected", "dropped"]].sum().astype(int)
    zeros = [0] * len(sums)
    series = {name: sums[name].tolist() for name in sums.columns if name != "due"}
    return PerSecond(
        offered=sums["due"].tolist(),
        backlog=zeros,
        in_flight=zeros,
        planned=second["plan_tps"].mean().tolist(),
        **series,
    )


def latency(count: int, scale: float = 1.0) -> LatencySummary:
    values = {"p50": 0.93, "p90": 1.87, "p95": 2.51, "p99": 143.25, "p99_9": 181.3}
    scaled = {name: value * scale for name, value in values.items()}
    return LatencySummary(max=212.7 * scale, mean=1.61 * scale, count=count, **scaled)


def measured(frame: pd.DataFrame) -> MeasurementWindow:
    """What lies behind the ramp of twenty seconds."""
    steady = frame[frame["schedule_seconds"] > 20]
    seconds = len(steady) * 0.25
    decided = float(steady["decided"].sum())
    return MeasurementWindow(
        spans=[(20.0, 20.0 + seconds)],
        seconds=seconds,
        offered_tps=float(steady["due"].sum()) / seconds,
        achieved_tps=decided / seconds,
        response_ms=latency(int(decided), 1.1),
        service_ms=latency(int(decided), 0.8),
    )


def summary(frame: pd.DataFrame | None = None, **changes: object) -> RunSummary:
    frame = ticks() if frame is None else frame
    total = counts(frame)
    started = datetime(2026, 11, 23, 18, 0, 5, tzinfo=UTC)
    seconds = float(frame["t_seconds"].max())
    fraud = round(total.decided * 0.02)
    legitimate = total.decided - fraud
    fields: dict[str, object] = {
        "run_id": "20261123-180005-a1b2",
        "preset": "pitch",
        "name": "Pitch",
        "seed": 7,
        "target": target(),
        "environment": machine(),
        "marks": ["SCALED 33 %"],
        "speed": 1,
        "rate_scale": 0.33,
        "status": TestStatus.COMPLETED,
        "verdict": Verdict.PASSED,
        "verdict_reason": "Every criterion held.",
        "warnings": [],
        "criteria": [
            CriterionResult(
                key="zero_data_loss",
                label="Zero data loss",
                formula="journal missing + duplicated = 0, acknowledged > 0",
                threshold=0.0,
                unit="count",
                measured=0.0,
                outcome=CriterionOutcome.HELD,
                explanation=f"Of {total.decided:,} acknowledged transactions 0 are missing.",
            ),
            CriterionResult(
                key="recovery_demonstrated",
                label="Recovery demonstrated",
                formula="faults recovered from ÷ faults = 1",
                threshold=1.0,
                unit="ratio",
                measured=1.0,
                outcome=CriterionOutcome.HELD,
                explanation="The target returned to its steady state after 1 of 1 faults.",
            ),
            CriterionResult(
                key="p99_latency_ms",
                label="P99 latency ms",
                formula="p99 of (decision received − due instant) ≤ threshold",
                threshold=1_000.0,
                unit="ms",
                measured=143.25,
                outcome=CriterionOutcome.HELD,
                explanation="p99 of response time was 143.2 ms.",
            ),
        ],
        "started_at": started,
        "ended_at": started + timedelta(seconds=seconds + 1),
        "duration_seconds": seconds,
        "counts": total,
        "attempts": total.sent + 300,
        "outcomes": {"ok": total.decided},
        "decisions": {
            "approve": int(frame["approved"].sum()),
            "review": int(frame["review"].sum()),
            "decline": int(frame["declined"].sum()),
        },
        "offered_tps": total.due / seconds,
        "achieved_tps": total.decided / seconds,
        "response_ms": latency(total.decided),
        "service_ms": latency(total.decided, 0.7),
        "lateness_ms": latency(total.sent, 0.01),
        "queue_ms": latency(total.sent, 0.3),
        "measured": measured(frame),
        "instrument": instrument_of(frame, TICK_SECONDS, Histogram(), 0, late_spell_ms=1.75),
        "per_second": per_second(frame),
        "faults": [fault()],
        "journal": JournalReconciliation(
            acknowledged=total.decided,
            found=total.decided + 2,
            missing=0,
            duplicated=0,
            unacknowledged=2,
        ),
        "confusion": {
            "legitimate:APPROVE": round(legitimate * 0.95),
            "legitimate:REVIEW": legitimate - round(legitimate * 0.95),
            "card_testing:DECLINE": round(fraud * 0.6),
            "card_testing:APPROVE": fraud - round(fraud * 0.6),
        },
        "cpu_seconds": {"platform": 14.25, "workers": 6.5, "app": 3.25},
    }
    return RunSummary.model_validate({**fields, **changes})


def nodes() -> list[TransactionFlowNode]:
    agents = [
        TransactionFlowNode(
            node_id=f"agent.{name}", node_type="agent", node_name=name, status="up", latency_ms=0.2
        )
        for name in AGENTS
    ]
    return [TransactionFlowNode(node_id="edge", node_type="edge", node_name="Edge"), *agents]


def record(**changes: object) -> RunRecord:
    """A finished run; `changes` are fields of its summary."""
    frame = ticks()
    events = [
        RunEvent(t_seconds=0, kind=EventKind.STATE, message="running"),
        RunEvent(t_seconds=70.1, kind=EventKind.FAULT_APPLIED, message="Worker crash: 1 of 4"),
        RunEvent(t_seconds=70.3, kind=EventKind.FAULT_PROVEN, message="scorer 4711 is gone"),
        RunEvent(t_seconds=85.0, kind=EventKind.FAULT_CLEARED, message="Worker crash cleared"),
        RunEvent(t_seconds=88.5, kind=EventKind.RECOVERED, message="recovered in 18.2 s"),
    ]
    return RunRecord(
        summary=summary(frame, **changes),
        scenario=scenario(),
        config=StressTestConfig(),
        ticks=frame,
        events=events,
        nodes=nodes(),
        figures=[],
    )


def meta(**changes: object) -> RunMeta:
    """What was decided before that run."""
    fields: dict[str, object] = {
        "run_id": "20261123-180005-a1b2",
        "id_prefix": "a1b2-",
        "seed": 7,
        "target": target(),
        "machine": machine(),
        "marks": ("SCALED 33 %",),
        "speed": 1,
        "rate_scale": 0.33,
        "scenario": scenario(),
        "scaled": scenario(),
        "config": StressTestConfig(),
        "workers": 1,
        "tick_seconds": 0.25,
        "started_at": datetime(2026, 11, 23, 18, 0, 5, tzinfo=UTC),
    }
    return RunMeta.model_validate({**fields, **changes})


def machine() -> Machine:
    return Machine(
        cpu_count=2, memory_gb=24.0, system="Linux 6.1", python="3.11.2", limelight="0.1.0"
    )
