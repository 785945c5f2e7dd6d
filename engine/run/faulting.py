"""Faults of a run under way: applied, proven, cleared, and their recovery measured."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from engine.analysis import resilience
from engine.analysis.resilience import P99
from engine.faults.fault import Applied, Fault
from engine.model.fault import FailureScenario
from engine.model.results import FaultRecord, SteadyState
from engine.model.scorecard import Scorecard

UNPROVEN_AFTER_SECONDS = 2.0


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
    applied: Applied
    onset: Onset
    proven_at: float | None = None
    cleared_at: float | None = None
    detected_at: float | None = None
    recovered_at: float | None = None
    failed_during: int = 0
    card: Scorecard | None = None

    @property
    def active(self) -> bool:
        """Whether it has not been cleared yet."""
        return self.cleared_at is None

    def over_at(self) -> float:
        """When its time box ends."""
        return self.onset.at + self.spec.duration_seconds

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
        start = now - resilience.WINDOW_SECONDS
        if start < self.cleared_at:
            return False
        window = resilience.window(ticks, start, now, p99)
        if window is None or resilience.violations(window, self.onset.steady):
            return False
        self.recovered_at = start
        return True

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
            share=self.applied.share,
            proven=proven,
            proof=f"the probe saw: {self.applied.proof}" if proven else self._no_proof(),
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
        return f"the probe never saw: {self.applied.proof}; recovery cannot be claimed"

    def _explanation(self) -> str:
        if self.proven_at is None:
            return self._no_proof()
        if self.onset.steady is None:
            return "nothing ran before the fault, so there is no steady state to return to"
        if self.recovered_at is None:
            return "the target did not return to its steady state before the run ended"
        judged = "" if self.onset.steady.p99_ms is not None else "; p99 not judged: too few samples"
        if self.detected_at is None:
            return f"the target never left its steady state: its clients saw nothing of it{judged}"
        return f"the target left its steady state and returned to it{judged}"


def _minus(later: float | None, earlier: float | None) -> float | None:
    if later is None or earlier is None:
        return None
    return later - earlier
