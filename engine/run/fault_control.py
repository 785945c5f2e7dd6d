"""All faults of a run: begun when due or by hand, proven, cleared in time, recovery watched."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from engine.analysis import resilience
from engine.analysis.resilience import P99
from engine.analysis.scorecard import BEFORE_SECONDS, scorecard
from engine.faults import registry
from engine.faults.fault import Before
from engine.faults.schedule import FaultSchedule
from engine.model.control import PlatformReport
from engine.model.errors import LimelightError
from engine.model.event import EventKind
from engine.model.fault import FailureScenario, FailureType
from engine.model.results import FaultRecord
from engine.ports import FaultInjector
from engine.run.attribution import times_of
from engine.run.faulting import Onset, RunningFault
from engine.run.plan import TICK_SECONDS

Log = Callable[..., None]
BEFORE_REPORTS = 9  # two seconds of them
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
        self._reports: deque[PlatformReport] = deque(maxlen=BEFORE_REPORTS)

    @property
    def active(self) -> int:
        """How many are on now."""
        return sum(fault.active for fault in self._running)

    def begin(self, spec: FailureScenario, scene: Scene, *, by_hand: bool) -> None:
        """Apply one fault now; what the target cannot do is refused on the timeline."""
        try:
            kind = registry.FAULTS[spec.failure_type]
            if self._injector is None:
                self._refuse(spec, f"this target offers no faults: {kind.NEEDS}")
                return
            if scene.report is None and kind.NEEDS_REPORT:
                self._refuse(spec, "the target is silent, so nothing could prove the fault on")
                return
            steady = resilience.steady_state(scene.ticks, scene.now, scene.p99)
            newest = () if scene.report is None else (scene.report,)
            reports = tuple(self._reports) or newest
            before = Before(reports, steady.p99_ms if steady else None)
            fault = kind(spec, self._injector, before)
            if other := self._holder(fault.tags):
                self._refuse(
                    spec, f"{other} is under way already, which it would take the place of"
                )
                return
            fault.apply()
        except LimelightError as error:
            self._refuse(spec, str(error))
            return
        onset = Onset(scene.now, scene.paused, steady)
        self._running.append(RunningFault(spec, fault, by_hand, onset))
        cause = "by hand" if by_hand else "as planned"
        self._log(
            EventKind.FAULT_APPLIED,
            f"{spec.display_name}, {cause}: {fault.message}",
            share=fault.share,
        )

    def _holder(self, tags: tuple[str, ...]) -> str | None:
        """The name of a fault under way that has one of these tags."""
        for running in self._running:
            if running.active and set(running.fault.tags) & set(tags):
                return running.spec.display_name
        return None

    def _refuse(self, spec: FailureScenario, reason: str) -> None:
        self._log(EventKind.FAULT_REFUSED, f"{spec.display_name} refused: {reason}")

    def step(self, now: float, report: PlatformReport | None, p99: P99) -> None:
        """Go on with what is on, prove it on and off, and clear what is over."""
        if report is not None and (not self._reports or self._reports[-1] is not report):
            self._reports.append(report)
        for index, running in enumerate(self._running):
            name = running.spec.display_name
            if running.active and now < running.over_at():
                self._go_on(running, now)
            if running.probe(now, report, p99):
                on = running.active
                kind = EventKind.FAULT_PROVEN if on else EventKind.FAULT_REMOVED
                what = f"on: {running.signature}" if on else f"off: {running.removal}"
                self._log(kind, f"{name} proven {what}")
            late = now - running.onset.at > running.late_after_seconds
            if running.active and running.proven_at is None and late:
                self._report_unproven(index, running)
            if running.active and now >= running.over_at():
                self._clear(running, now)

    def _go_on(self, running: RunningFault, now: float) -> None:
        try:
            if done := running.fault.go_on(now - running.onset.at):
                self._log(
                    EventKind.FAULT_APPLIED,
                    f"{running.spec.display_name} goes on: {done}",
                    share=running.fault.share,
                )
        except LimelightError as error:
            self._refuse(running.spec, str(error))

    def _report_unproven(self, index: int, running: RunningFault) -> None:
        if index not in self._reported_unproven:
            self._reported_unproven.add(index)
            self._log(EventKind.WARNING, f"{running.spec.display_name} not proven on so far")

    def _clear(self, running: RunningFault, now: float) -> None:
        running.clear(now)
        self._log(EventKind.FAULT_CLEARED, f"{running.spec.display_name} cleared")

    def clear_all(self, now: float, only: FailureType | None = None) -> None:
        """Clear what is on, all or of one type: every way out of a run comes through here."""
        for running in self._running:
            if running.active and only in {None, running.spec.failure_type}:
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
