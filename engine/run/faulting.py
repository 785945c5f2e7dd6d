"""Faults of a run under way: applied, proven, cleared, and their recovery measured."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from engine.analysis import resilience
from engine.analysis.resilience import P99
from engine.faults.fault import Fault, Sight
from engine.model.control import PlatformReport
from engine.model.fault import FailureScenario
from engine.model.results import FaultRecord, SteadyState
from engine.model.scorecard import Scorecard

P99_WINDOWS_SECONDS = (1.0, 2.0, 4.0, 8.0)
UNPROVEN_AFTER_SECONDS = 4.0
REPORTS_KEPT = 64  # 16 s, and so longer than any probe looks back


@dataclass(frozen=True)
class Onset:
    """When a fault began, how long the run had been paused by then, and the steady state before."""

    at: float
    paused: float
    steady: SteadyState | None


@dataclass
class RunningFault:
    """One fault from its onset until it is recovered from; seconds since Start."""

    spec: FailureScenario
    fault: Fault
    by_hand: bool
    onset: Onset
    signature: str = ""
    removal: str = ""
    proven_at: float | None = None
    cleared_at: float | None = None
    removed_at: float | None = None
    detected_at: float | None = None
    recovered_at: float | None = None
    failed_during: int = 0
    card: Scorecard | None = None
    _reports: list[PlatformReport] = field(default_factory=list)
    _back_at: float | None = None

    @property
    def active(self) -> bool:
        """Whether it has not been cleared yet."""
        return self.cleared_at is None

    @property
    def late_after_seconds(self) -> float:
        """How long after the onset it should have been proven on."""
        return self.fault.whole_after_seconds + UNPROVEN_AFTER_SECONDS

    def over_at(self) -> float:
        """When its time box ends."""
        return self.onset.at + self.spec.duration_seconds

    def probe(self, now: float, report: PlatformReport | None, p99: P99) -> bool:
        """Take in a report; whether it has just been proven on, or proven removed."""
        if report is not None and (not self._reports or self._reports[-1] is not report):
            self._reports = [*self._reports, report][-REPORTS_KEPT:]
        if report is None and self.fault.NEEDS_REPORT:
            return False
        since = self.onset.at if self.cleared_at is None else self.cleared_at
        failed = self.failed_during
        sight = Sight(self._reports, now - since, failed, lambda: _newest_p99(p99, since, now))
        if self.cleared_at is None and self.proven_at is None:
            self.signature = self.fault.seen_on(sight) or ""
            self.proven_at = now if self.signature else None
            return bool(self.signature)
        if self.cleared_at is not None and self.proven_at is not None and self.removed_at is None:
            self.removal = self.fault.seen_off(sight) or ""
            self.removed_at = now if self.removal else None
            return bool(self.removal)
        return False

    def clear(self, now: float) -> None:
        """End it; what the probe looks at begins anew."""
        self.fault.clear()
        self.cleared_at = now
        self._reports = self._reports[-1:]

    def watch(self, ticks: pd.DataFrame, now: float, p99: P99) -> bool:
        """Look at the ticks up to `now`, once a tick; whether it has just recovered."""
        if self.recovered_at is None and now > self.onset.at:
            self.failed_during += int(ticks["failed"].iloc[-1])
        if self.onset.steady is None or self.recovered_at is not None:
            return False
        if self.detected_at is None:
            self._detect(ticks, now, p99)
        if self.cleared_at is None or self.proven_at is None:
            return False
        self._look_for_return(ticks, now, p99)
        if self.removed_at is not None:
            self.recovered_at = self._back_at
        return self.recovered_at is not None

    def _look_for_return(self, ticks: pd.DataFrame, now: float, p99: P99) -> None:
        start = now - resilience.WINDOW_SECONDS
        if (
            self._back_at is not None
            or self.onset.steady is None
            or self.cleared_at is None
            or start < self.cleared_at
        ):
            return
        window = resilience.window(ticks, start, now, p99)
        if window is not None and not resilience.violations(window, self.onset.steady):
            self._back_at = start

    def _detect(self, ticks: pd.DataFrame, now: float, p99: P99) -> None:
        start = max(self.onset.at, now - 1.0)
        if now <= start or self.onset.steady is None:
            return
        window = resilience.window(ticks, start, now, p99)
        if window is not None and resilience.violations(window, self.onset.steady):
            self.detected_at = now

    def record(self) -> FaultRecord:
        """What is known of it so far, or in the end."""
        proven = self.proven_at is not None
        return FaultRecord(
            failure_type=self.spec.failure_type,
            display_name=self.spec.display_name,
            severity=self.spec.severity,
            by_hand=self.by_hand,
            onset_seconds=self.onset.at,
            paused_seconds=self.onset.paused,
            clear_seconds=self.cleared_at,
            share=self.fault.share,
            parameters=self.spec.parameters,
            component=self.spec.target_component,
            proven=proven,
            proof=f"the probe saw: {self.signature}" if proven else self._no_proof(),
            removed=self.removed_at is not None,
            removal=f"the probe saw: {self.removal}" if self.removal else self._no_removal(),
            steady_state=self.onset.steady,
            detected_after_seconds=_minus(self.detected_at, self.onset.at),
            recovered_at_seconds=self.recovered_at,
            recovery_from_onset_seconds=_minus(self.recovered_at, self.onset.at),
            recovery_from_clear_seconds=_minus(self.recovered_at, self.cleared_at),
            failed_during=self.failed_during,
            explanation=self._explanation(),
            scorecard=self.card,
        )

    def _no_proof(self) -> str:
        return f"the probe never saw: {self.fault.proof}; recovery cannot be claimed"

    def _no_removal(self) -> str:
        if self.proven_at is None:
            return "it was never seen on, so there is nothing to be seen removed"
        if self.cleared_at is None:
            return "it is still on"
        return "the probe has not seen it gone; recovery cannot be claimed"

    def _explanation(self) -> str:
        if self.proven_at is None:
            return self._no_proof()
        if self.onset.steady is None:
            return "nothing ran before the fault, so there is no steady state to return to"
        if self.recovered_at is None and self._back_at is not None:
            return f"the target returned to its steady state, but {self._no_removal()}"
        if self.recovered_at is None:
            return "the target did not return to its steady state before the run ended"
        judged = "" if self.onset.steady.p99_ms is not None else "; p99 not judged: too few samples"
        if self.detected_at is None:
            return f"the target never left its steady state: its clients saw nothing of it{judged}"
        return f"the target left its steady state and returned to it{judged}"


def _newest_p99(p99: P99, since: float, now: float) -> float | None:
    """Over the shortest of the windows that holds enough samples; none of them before `since`."""
    found = (p99(max(since, now - seconds), now) for seconds in P99_WINDOWS_SECONDS)
    return next((value for value in found if value is not None), None)


def _minus(later: float | None, earlier: float | None) -> float | None:
    if later is None or earlier is None:
        return None
    return later - earlier
