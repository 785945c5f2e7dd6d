"""What this machine holds: a five-second ramp against the embedded platform.

The answer is the highest offered rate (per second, over one second) reached while every second so
far met the criterion: nothing failed or dropped, at least 98 % of what was offered was decided, and
the live response p99 stayed within `MAX_P99_MS`. One bad tick is forgiven, two in a row are the
limit; the platform's first second, in which its caches fill, is not judged.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from engine.model.calibration import Calibration
from engine.model.errors import TargetError
from engine.model.request import RunRequest
from engine.model.results import Machine, TestStatus
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.ports import RunArchive
from engine.run.archive import ticks_of
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.states import Event

SECONDS = 5.0
FIRST_TPS = 200.0
TOP_TPS = 16_000.0
MAX_P99_MS = 50.0
MIN_DECIDED_SHARE = 0.98
UNJUDGED_SECONDS = 1.0
BAD_TICKS = 2
LIMIT_SECONDS = 60.0
_JUDGED = ("due", "decided", "rejected", "failed", "dropped", "response_p99_ms", "offered_tps")
CRITERION = (
    "highest rate of a five-second ramp up to which nothing failed, 98 % of what was offered was "
    "decided, and the response p99 stayed within 50 ms"
)


def measure(run: StressTestOrchestrator, archive: RunArchive) -> Calibration:
    """Run the ramp and read the answer off its ticks; raises TargetError if it did not end."""
    run.start()
    summary = run.wait(LIMIT_SECONDS)
    if summary is None or summary.status is not TestStatus.COMPLETED:
        why = summary.verdict_reason if summary else "it did not end in time or could not start"
        if not run.view.status.final:
            run.request(Event.EMERGENCY_STOP)
        msg = f"the calibration did not complete: {why}"
        raise TargetError(msg)
    return calibration(ticks_of(archive, summary.run_id), summary.environment)


def request() -> RunRequest:
    """The ramp, as a run."""
    scenario = TestScenario(
        scenario_id="calibration",
        name="Calibration",
        load_profile=LoadProfile(
            profile_type=LoadProfileType.RAMP_UP,
            start_tps=FIRST_TPS,
            peak_tps=TOP_TPS,
            ramp_up_seconds=SECONDS,
        ),
        duration_seconds=SECONDS,
        traffic_mix=TrafficMix.DEMO,
    )
    return RunRequest(scenario=scenario)


def sustained(ticks: pd.DataFrame) -> float | None:
    """The rate held, per second; None if not even the first judged second was good."""
    held: float | None = None
    bad = 0
    judged = ticks[ticks["t_seconds"] >= UNJUDGED_SECONDS]
    for row in judged[list(_JUDGED)].to_numpy(dtype=float):
        due, decided, rejected, failed, dropped, p99_ms, offered_tps = (float(v) for v in row)
        # edge cases are answered with a rejection, so they count as answered, not as failed
        good = (
            failed + dropped == 0
            and decided + rejected >= MIN_DECIDED_SHARE * due
            and not p99_ms > MAX_P99_MS
        )
        bad = 0 if good else bad + 1
        if bad == BAD_TICKS:
            break
        if good and due > 0:
            held = max(held or 0.0, offered_tps)
    return held


def calibration(ticks: pd.DataFrame, machine: Machine) -> Calibration:
    """The calibration from the ramp's ticks."""
    return Calibration(
        sustained_tps=sustained(ticks),
        criterion=CRITERION,
        window_seconds=SECONDS,
        sample_size=int(ticks["decided"].sum()),
        machine=f"{machine.cpu_count} cores, {machine.memory_gb:g} GB, {machine.system}",
        version=machine.limelight,
        measured_at=datetime.now(UTC),
    )
