"""What this machine holds: a five-second ramp against the embedded platform.

The answer is the highest rate offered over one second of the ramp that was held: nothing failed or
was dropped in it, at least 98 % of what was due in it was answered in it (the rejection of an edge
case is its answer), and the live response p99 was within `MAX_P99_MS` at its end and at the end
of at least two of its other three ticks. A p99 that is not known is not within it: before the first
judged tick more are due than a p99 needs.

The first second, in which the platform's caches fill, is not judged. Each second stands for itself:
one that another process of this machine spoiled says nothing about a higher rate that was held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from engine.measure.machine import described
from engine.model.calibration import Calibration
from engine.model.errors import TargetError
from engine.model.request import RunRequest
from engine.model.results import Machine, TestStatus
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.ports import RunArchive
from engine.run.archive import ticks_of
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.plan import TICK_SECONDS
from engine.run.states import Event

SECONDS = 5.0
FIRST_TPS = 200.0
TOP_TPS = 16_000.0
MAX_P99_MS = 50.0
MIN_ANSWERED_SHARE = 0.98
UNJUDGED_SECONDS = 1.0
WINDOW_SECONDS = 1.0
WINDOW_TICKS = round(WINDOW_SECONDS / TICK_SECONDS)
SLOW_TICKS_FORGIVEN = 1
LIMIT_SECONDS = 60.0
_JUDGED = ("due", "decided", "rejected", "failed", "dropped", "response_p99_ms")
CRITERION = (
    "highest rate offered over one second of a five-second ramp, its first second not judged, in "
    "which nothing failed or was dropped, 98 % of what was due was answered (a rejected edge case "
    "is answered), and the response p99 was known and within 50 ms at its end and at the end of at "
    "least two of its other three quarters"
)


@dataclass(frozen=True)
class Held:
    """The second that was held: its offered rate, and how many were answered in it."""

    tps: float
    samples: int


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


def sustained(ticks: pd.DataFrame) -> Held | None:
    """The second of the highest rate that was held; None if none was."""
    ramp = ticks.loc[ticks["t_seconds"] > UNJUDGED_SECONDS, list(_JUDGED)].astype(float)
    quick = ramp.pop("response_p99_ms") <= MAX_P99_MS  # not so where it is not known
    second = ramp.rolling(WINDOW_TICKS).sum()
    answered = second["decided"] + second["rejected"]
    held = (
        (ramp["due"] > 0)
        & (second["failed"] + second["dropped"] == 0)
        & (answered >= MIN_ANSWERED_SHARE * second["due"])
        & quick
        & (quick.astype(float).rolling(WINDOW_TICKS).sum() >= WINDOW_TICKS - SLOW_TICKS_FORGIVEN)
    )
    if not held.any():
        return None
    best = int(second["due"].where(held, 0.0).to_numpy().argmax())
    return Held(float(second["due"].iloc[best]) / WINDOW_SECONDS, int(answered.iloc[best]))


def calibration(ticks: pd.DataFrame, machine: Machine) -> Calibration:
    """The calibration from the ramp's ticks."""
    held = sustained(ticks)
    return Calibration(
        sustained_tps=held.tps if held else None,
        criterion=CRITERION,
        window_seconds=WINDOW_SECONDS,
        sample_size=held.samples if held else 0,
        machine=described(machine),
        version=machine.limelight,
        measured_at=datetime.now(UTC),
    )
