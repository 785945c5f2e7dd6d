"""Those the platform is compared with: its own interface, a score 0..1 for each of a batch.

All see the same features of the same customers' past, so only the way to a score differs:

    static rules          the rules of the two rule agents, whichever is stronger
    logistic regression   fitted to the streams the platform's first model was fitted to
    boosted trees alone   the RiskAssessor, without the other agents, the vote and the second stage
    approve everything    the score 0: what no detection at all would find
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.platform.agents import compliance_agent, transaction_analyzer
from engine.platform.agents.risk_assessor import RiskAssessor
from engine.platform.features import Row
from engine.platform.replay import Replay, Stream
from engine.platform.wire import Facts

STEPS, RIDGE = 25, 1.0  # Newton steps; penalty on the squared weights of standardised features

Floats = NDArray[np.float64]


class Contender(Protocol):
    """Somebody who scores batches."""

    @property
    def name(self) -> str:
        """As it is shown."""

    def score(self, rows: list[Row], facts: list[Facts]) -> list[float]:
        """Score 0..1 of each transaction of a batch."""


class StaticRules:
    """Rules with fixed weights, no model and no statistics."""

    name = "static rules"

    def score(self, rows: list[Row], facts: list[Facts]) -> list[float]:
        """The stronger of the two rule agents' scores."""
        pairs = zip(
            transaction_analyzer.score(rows, facts),
            compliance_agent.score(rows, facts),
            strict=True,
        )
        return [max(pair) for pair in pairs]


@dataclass(frozen=True)
class LogisticRegression:
    """Weights of standardised features, shape (features,), and what standardises them."""

    weights: Floats
    offset: float
    middle: Floats
    spread: Floats

    name = "logistic regression"

    def score(self, rows: list[Row], facts: list[Facts]) -> list[float]:  # noqa: ARG002 - all are alike
        """1 / (1 + exp(-(offset + Σ weight × standardised feature)))."""
        known = (np.array(rows) - self.middle) / self.spread
        scores: list[float] = (1.0 / (1.0 + np.exp(-self.offset - known @ self.weights))).tolist()
        return scores


class BoostedAlone:
    """The platform's first model by itself."""

    name = "boosted trees alone"

    def __init__(self, model: RiskAssessor) -> None:
        self.score = model.score


class ApproveEverything:
    """No detection."""

    name = "approve everything"

    def score(self, rows: list[Row], facts: list[Facts]) -> list[float]:  # noqa: ARG002 - all are alike
        """Zeros."""
        return [0.0] * len(rows)


def fit_regression(streams: list[Stream], categories: dict[str, int]) -> LogisticRegression:
    """Fit by Newton's method, fraud and honest transactions with equal weight in all.

    Args:
        streams: What to learn from.
        categories: Numbers of the categories, as the platform's models have them.
    """
    replay = Replay(dict(categories))
    parts = [replay.run(stream) for stream in streams]
    rows = np.concatenate([part.rows for part in parts]).astype(np.float64)
    fraud = np.concatenate([part.fraud for part in parts]).astype(np.float64)
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread == 0.0] = 1.0
    known = np.column_stack([(rows - middle) / spread, np.ones(len(rows))])
    share = fraud.mean()
    each = np.where(fraud == 1.0, 0.5 / share, 0.5 / (1.0 - share))
    weights = np.zeros(known.shape[1])
    penalty = np.full(len(weights), RIDGE)
    penalty[-1] = 0.0
    for _ in range(STEPS):
        guess = 1.0 / (1.0 + np.exp(-known @ weights))
        slope = known.T @ (each * (guess - fraud)) + penalty * weights
        bend = (known.T * (each * guess * (1.0 - guess))) @ known + np.diag(penalty)
        weights -= np.linalg.solve(bend, slope)
    return LogisticRegression(weights[:-1], float(weights[-1]), middle, spread)
