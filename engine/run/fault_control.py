"""All faults of a run: begun when due or by hand, proven, cleared in time, recovery watched."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from engine.analysis import resilience
from engine.analysis.resilience import P99
from engine.analysis.scorecard import BEFORE_SECONDS, scorecard
from engine.faults import registry
from engine.faults.schedule import FaultSchedule
from engine.model.control import PlatformReport
from engine.model.errors import LimelightError
from engine.model.event import EventKind
from engine.model.fault import FailureScenario
from engine.model.results import FaultRecord
from engine.ports import FaultInjector
from engine.run.attribution import times_of
from engine.run.faulting import UNPROVEN_AFTER_SECONDS, Onset, RunningFault
from engine.run.plan import TICK_SECONDS

Log = Callable[..., None]
SCORED_SECONDS = 30.0  # after recovery: dead letters are still being redriven


@dataclass(frozen=True)
class Scene:
    """What is known when a fault is to begin: instants in seconds since Start."""

    now: float
    paused: float
    ticks: pd.DataFrame
    p99: P99
    report: PlatformReport | None


class FaultControl:
    """Owned by the orchestrator's thread."""

    def __init__(
        self, planned: tuple[FailureScenario, ...], injector: FaultInjector | None, log: Log
    ) -> None:
        self.schedule = FaultSchedule(planned)
        self._injector = injector
        self._log = log
        self._running: list[RunningFault] = []
        self._reported_unproven: set[int] = set()

    @property
    def active(self) -> int:
        """How many are on now."""
        return sum(fault.active for fault in self._running)

    def begin(self, spec: FailureScenario, scene: Scene, *, by_hand: bool) -> None:
        """Apply one fault now; what the target cannot do is refused on the timeline."""
        try:
            fault = registry.find(spec.failure_type)
            if self._injector is None:
                self._refuse(spec, "this target offers no faults")
                return
            if scene.report is None:
                self._refuse(spec, "the target is silent, so nothing could prove the fault on")
                return
            if any(f.active and f.spec.failure_type == spec.failure_type for f in self._running):
                self._refuse(spec, "it is under way already")
                return
            applied = fault.apply(spec, self._injector, scene.report)
        except LimelightError as error:
            self._refuse(spec, str(error))
            return
        steady = resilience.steady_state(scene.ticks, scene.now, scene.p99)
        onset = Onset(scene.now, scene.paused, steady)
        self._running.append(RunningFault(spec, fault, by_hand, applied, onset))
        cause = "by hand" if by_hand else "as planned"
        self._log(
            EventKind.FAULT_APPLIED,
            f"{spec.display_name}, {cause}: {applied.message}",
            share=applied.share,
        )

    def _refuse(self, spec: FailureScenario, reason: str) -> None:
        self._log(EventKind.FAULT_REFUSED, f"{spec.display_name} refused: {reason}")

    def step(self, now: float, report: PlatformReport | None) -> None:
        """Prove what is on, and clear what is over."""
        for index, running in enumerate(self._running):
            if running.active and running.proven_at is None and report is not None:
                if running.fault.probe(running.applied, report):
                    running.proven_at = now
                    self._log(EventKind.FAULT_PROVEN, f"{running.spec.display_name} proven on")
                elif now - running.onset.at > UNPROVEN_AFTER_SECONDS:
                    self._report_unproven(index, running)
            if running.active and now >= running.over_at():
                self._clear(running, now)

    def _report_unproven(self, index: int, running: RunningFault) -> None:
        if index not in self._reported_unproven:
            self._reported_unproven.add(index)
            self._log(EventKind.WARNING, f"{running.spec.display_name} not proven on so far")

    def _clear(self, running: RunningFault, now: float) -> None:
        if self._injector is not None:
            running.fault.clear(self._injector)
        running.cleared_at = now
        self._log(EventKind.FAULT_CLEARED, f"{running.spec.display_name} cleared")

    def clear_all(self, now: float) -> None:
        """Clear whatever is on: every way out of a run comes through here."""
        for running in self._running:
            if running.active:
                self._clear(running, now)

    def watch(self, ticks: pd.DataFrame, now: float, p99: P99) -> None:
        """Look for recovery in the newest ticks."""
        for running in self._running:
            if running.watch(ticks, now, p99):
                self._log(EventKind.RECOVERED, f"recovered from {running.spec.display_name}")

    def score(self, frame: Callable[[int], pd.DataFrame], now: float) -> None:
        """Renew the scorecards of what is not long over; `frame` gives the latest so many ticks."""
        records = self.records()
        for running, record in zip(self._running, records, strict=True):
            times = times_of(record, records)
            if times.until is None or now - times.until < SCORED_SECONDS:
                ticks = frame(math.ceil((now - times.onset + BEFORE_SECONDS) / TICK_SECONDS))
                running.card = scorecard(ticks, times)

    def records(self) -> list[FaultRecord]:
        """All faults so far, in order of onset."""
        return [running.record() for running in self._running]
