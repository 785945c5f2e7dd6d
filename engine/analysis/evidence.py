"""What a run showed, as the criteria need it, and what one rule found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from engine.model.fault import WITH_CRASH
from engine.model.metrics import ResilienceMetrics
from engine.model.results import (
    Counts,
    CriterionOutcome,
    FaultRecord,
    JournalReconciliation,
    LatencySummary,
    ScalingRecord,
    Target,
    TestStatus,
)
from engine.model.scenario import TestScenario


@dataclass(frozen=True, slots=True)
class Evidence:
    """A finished run; instants in seconds since Start.

    Attributes:
        counts: Totals after the drain.
        journal: None where the target has no journal, or it could not be read.
        response: Response times of the whole run, in ms from the due instant.
        ticks: One row a tick; columns of `engine.model.tick.COLUMNS`.
        faults: Every fault of the run, in order.
        scenario: As its preset holds it, before speed and rate scale.
        rate_scale: What every planned rate was multiplied by, at the least.
        speed: What every planned duration was divided by.
        target: What was tested.
        status: How the run ended.
        scalings: Every change of the number of scorers, in order.
        max_error_rate: The run's own limit outside faults, where the scenario states no error rate.
        confusion: Decisions by `kind:DECISION`.
        resilience: How the target took its faults; None where it was not summed up.
    """

    counts: Counts
    journal: JournalReconciliation | None
    response: LatencySummary
    ticks: pd.DataFrame
    faults: list[FaultRecord]
    scenario: TestScenario
    rate_scale: float
    speed: float
    target: Target
    status: TestStatus
    scalings: list[ScalingRecord] = field(default_factory=list)
    max_error_rate: float | None = None
    confusion: dict[str, int] = field(default_factory=dict)
    resilience: ResilienceMetrics | None = None

    @property
    def seconds(self) -> float:
        """How long the ticks cover."""
        return float(self.ticks["t_seconds"].max()) if len(self.ticks) else 0.0

    @property
    def proven_faults(self) -> list[FaultRecord]:
        """The faults that were seen to take effect."""
        return [fault for fault in self.faults if fault.proven]

    def during(self, start: float, end: float | None) -> pd.DataFrame:
        """The ticks from `start` to `end` (None: to the end)."""
        at = self.ticks["t_seconds"]
        return self.ticks[(at >= start) & (at <= (end if end is not None else float("inf")))]

    def scorers_at(self, seconds: float) -> int:
        """How many scorers the target said it had then; as the preset has it where it said none."""
        told = self.during(0.0, seconds)["scorers_asked"].dropna()
        return int(told.iloc[-1]) if len(told) and told.iloc[-1] > 0 else self.scenario.scorers

    def share_hit(self, fault: FaultRecord) -> float:
        """The share of the target that a fault hits, 0..1: whole scorers, for a crash."""
        if fault.failure_type in WITH_CRASH:
            scorers = self.scorers_at(fault.onset_seconds)
            return scorers_hit(fault.severity, scorers) / scorers
        return fault.severity


def scorers_hit(severity: float, scorers: int) -> int:
    """How many scorers a worker crash of this severity (0..1) holds down."""
    return min(scorers, max(1, round(severity * scorers)))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found: the measured value in the criterion's unit, and one sentence."""

    outcome: CriterionOutcome
    measured: float | None
    explanation: str


Rule = Callable[[Evidence, float], Finding]


def compare(held: bool, measured: float, explanation: str) -> Finding:
    """A finding from enough samples."""
    outcome = CriterionOutcome.HELD if held else CriterionOutcome.DID_NOT_HOLD
    return Finding(outcome, measured, explanation)


def not_exercised(explanation: str) -> Finding:
    """A finding of a run that did not do what the criterion is about."""
    return Finding(CriterionOutcome.NOT_EXERCISED, None, explanation)


def not_measured(explanation: str) -> Finding:
    """A finding on a target that cannot show it."""
    return Finding(CriterionOutcome.NOT_MEASURED, None, explanation)
