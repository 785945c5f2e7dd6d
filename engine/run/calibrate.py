"""What this machine holds: a staircase of rates against the embedded platform.

One run, whose rate is changed while it goes on: a second in which caches fill, then step after step
(`engine.run.staircase` says which rate, `engine.run.step` whether it was held, `engine.run.climb`
does it). The staircase ends within `STAIRCASE_SECONDS` of the run clock; starting the platform and
ending the run come on top, in all `LONGEST_SECONDS` where the platform was kept warm.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from engine.analysis import honesty
from engine.measure.machine import described, this_machine
from engine.model.calibration import Calibration, CalibrationStep
from engine.model.errors import IllegalTransitionError, TargetError
from engine.model.request import RunRequest
from engine.model.results import Machine
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.ports import RunArchive
from engine.run import staircase, step
from engine.run.climb import BASE_TPS, Climb, Told, tried
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.plan import TICK_SECONDS
from engine.run.states import Event

STAIRCASE_SECONDS = 16.0
PLAN_SECONDS = 60.0  # longer than any staircase: the plan's end must not end it
END_LIMIT_SECONDS = 15.0
CRITERION = (
    f"highest rate of a staircase that was held for {staircase.JUDGED_TICKS * TICK_SECONDS:g} s "
    "(longer where a p99 needs more samples), and again at that rate or above: nothing failed or "
    f"was dropped, at least {step.MIN_ANSWERED_SHARE * 100:g} % of what was due was answered (a "
    f"rejected edge case is answered), response p99 within {step.MAX_P99_MS:g} ms, at least "
    f"{step.MIN_OFFERED_SHARE * 100:g} % of the rate was offered, and the generator had no doubt "
    f"about itself (lateness p99 within {honesty.MAX_LATENESS_P99_MS:g} ms, loop lag within "
    f"{honesty.MAX_LOOP_LAG_MS:g} ms, a worker on at most {honesty.MAX_WORKER_CPU_CORES:g} of a "
    "core, no report missing)"
)


def measure(
    run: StressTestOrchestrator,
    archive: RunArchive,
    told: Told | None = None,
    staircase_seconds: float = STAIRCASE_SECONDS,
) -> Calibration:
    """Climb the staircase on this run, and end it; raises TargetError if it did not get there.

    Args:
        run: Of `request()`, not started yet.
        archive: Where the run is written.
        told: Called with every tick, in the caller's thread, if anybody is to be.
        staircase_seconds: How long the staircase may take, in seconds of the run clock.
    """
    climb = Climb(run, archive, told, staircase_seconds)
    run.start()
    try:
        steps = climb.steps()
    finally:
        _end(run)
    if steps is None:
        summary = run.view.summary
        why = summary.verdict_reason if summary else "it could not start, or its clock stood still"
        msg = f"the calibration did not complete: {why}"
        raise TargetError(msg)
    return calibration(steps, this_machine())


def request() -> RunRequest:
    """The run whose rate is changed."""
    scenario = TestScenario(
        scenario_id="calibration",
        name="Calibration",
        load_profile=LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=BASE_TPS),
        duration_seconds=PLAN_SECONDS,
        traffic_mix=TrafficMix.DEMO,
    )
    return RunRequest(scenario=scenario)


def calibration(steps: Sequence[CalibrationStep], machine: Machine) -> Calibration:
    """The answer, read off the last step at the rate that was found; never above what it asked."""
    rate = staircase.found(tried(steps))
    last = next((each for each in reversed(steps) if each.asked_tps == rate), None)
    above = [each for each in steps if not each.held and (rate is None or each.asked_tps >= rate)]
    lowest = min(above, key=lambda each: each.asked_tps, default=None)
    return Calibration(
        sustained_tps=min(last.asked_tps, last.offered_tps) if last else None,
        limited_by=lowest.limited_by if lowest else None,
        steps=tuple(steps),
        criterion=CRITERION,
        window_seconds=last.window_seconds if last else 0.0,
        sample_size=last.sample_size if last else 0,
        machine=described(machine),
        version=machine.limelight,
        measured_at=datetime.now(UTC),
    )


def _end(run: StressTestOrchestrator) -> None:
    """In order if it can be, else at once."""
    for event, seconds in ((Event.STOP, END_LIMIT_SECONDS), (Event.EMERGENCY_STOP, None)):
        if run.view.status.final:
            return
        with suppress(IllegalTransitionError):
            run.request(event)
        run.wait(seconds)
