"""Everything a finished or running run left behind, as the store hands it to reports."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from engine.model.config import StressTestConfig
from engine.model.event import RunEvent
from engine.model.figure import Figure
from engine.model.presentation import TransactionFlowNode
from engine.model.results import RunSummary
from engine.model.scenario import TestScenario


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: what was asked for, what was measured each tick, and how it was judged.

    Attributes:
        summary: Counts, rates, latencies, faults, criteria and verdict.
        scenario: As it ran (its own rates and times, before speed and rate scale).
        config: The limits the run was held to.
        ticks: One row a tick; its columns are `engine.model.tick.COLUMNS`.
        events: What happened, in order.
        nodes: The flow's last state.
        figures: The stage's figures in their last state.
    """

    summary: RunSummary
    scenario: TestScenario
    config: StressTestConfig
    ticks: pd.DataFrame
    events: list[RunEvent]
    nodes: list[TransactionFlowNode]
    figures: list[Figure]
