"""The panel: the four agents in their fixed order, and what their work costs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Protocol

from engine.platform.agents import compliance_agent, pattern_detector, transaction_analyzer
from engine.platform.agents.risk_assessor import RiskAssessor
from engine.platform.agents.rules import Cause
from engine.platform.features import Row
from engine.platform.wire import Facts


class Agent(Protocol):
    """A pure scorer of batches."""

    def score(self, rows: list[Row], facts: list[Facts]) -> list[float]:
        """Score 0..1 of each transaction of a batch."""

    def causes(self, row: Row, facts: Facts) -> list[Cause]:
        """What raised the score of one transaction."""


class Cost:
    """What one agent did so far; time in ns."""

    def __init__(self) -> None:
        self.scored = 0
        self.batches = 0
        self.busy_ns = 0
        self.errors = 0


class Panel:
    """Asks every agent; one that fails is left out of that batch and counted."""

    def __init__(self, folder: Path, card: dict[str, Any]) -> None:
        self.agents: tuple[Agent, ...] = (
            transaction_analyzer,
            pattern_detector,
            RiskAssessor(folder, card),
            compliance_agent,
        )
        self.costs = tuple(Cost() for _ in self.agents)

    def reset(self) -> None:
        """Count from nothing."""
        self.costs = tuple(Cost() for _ in self.agents)

    def ask(
        self, rows: list[Row], facts: list[Facts]
    ) -> tuple[list[list[float] | None], tuple[int, ...]]:
        """Each agent's scores of the batch, None for one that failed, and its time in µs."""
        answers: list[list[float] | None] = []
        times = []
        for agent, cost in zip(self.agents, self.costs, strict=True):
            began = time.perf_counter_ns()
            try:
                answers.append(agent.score(rows, facts))
                cost.scored += len(rows)
            except (ArithmeticError, ValueError, RuntimeError):
                answers.append(None)
                cost.errors += len(rows)
            took = time.perf_counter_ns() - began
            cost.batches += 1
            cost.busy_ns += took
            times.append(took // 1000)
        return answers, tuple(times)
