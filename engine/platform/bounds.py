"""Weights and bounds of the aggregator's two policies, set on validation traffic.

A bound is the value that a stated share of the honest transactions reaches. The second policy is of
those transactions whose first vote is among the highest `ESCALATED_FPR`; all others count as below
its bounds, so that both policies flag the same share of all honest transactions.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.platform.aggregator import LEARNED, REQUIRED_DECLINE, Policy

REVIEW_FPR = 0.0075
DECLINE_FPR = 0.0010
ESCALATED_FPR = 0.03
COMPLIANCE_WEIGHT = 0.10
WEIGHTS = (0.02, 0.05, 0.10, 0.15, 0.20)  # tried for the analyzer and for the detector
RULE_BOUNDS = (0.5, 0.8)  # by which the three agents without a fit would decide alone
_BELOW_ALL = -1.0

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def bound(values: Floats, fraud: Bools, rate: float) -> float:
    """The value that this share of the honest transactions reaches or exceeds."""
    return round(float(np.quantile(values[~fraud], 1.0 - rate)), 6)


def first_policy(scores: Floats, fraud: Bools) -> Policy:
    """Weights with the highest recall at the review bound, and the bounds.

    Args:
        scores: Of the four agents, a column each in their order, a row for each transaction.
        fraud: Which rows are fraud.
    """
    best: tuple[float, tuple[float, ...]] = (-1.0, ())
    for analyzer, detector in product(WEIGHTS, WEIGHTS):
        learned = round(1.0 - COMPLIANCE_WEIGHT - analyzer - detector, 2)
        tried = (analyzer, detector, learned, COMPLIANCE_WEIGHT)
        vote = scores @ np.array(tried)
        recall = float((vote[fraud] >= bound(vote, fraud, REVIEW_FPR)).mean())
        best = max(best, (recall, tried))
    weights = best[1]
    vote = scores @ np.array(weights)
    escalated = bound(vote, fraud, ESCALATED_FPR)
    review = bound(vote, fraud, REVIEW_FPR)
    return _policy(weights, vote, scores[:, LEARNED], fraud, 0.5 * escalated / review)


def escalated(policy: Policy, scores: Floats) -> Bools:
    """Which transactions the first policy's vote sends to the second stage."""
    vote: Floats = scores @ np.array(policy.weights)
    return vote >= 2.0 * policy.escalate * policy.review


def second_policy(first: Policy, scores: Floats, second: Floats, fraud: Bools) -> Policy:
    """The same weights, and bounds for the votes with the second opinion.

    Args:
        first: The policy that escalates.
        scores: As for `first_policy`.
        second: The second model's score of each row.
        fraud: Which rows are fraud.
    """
    asked = escalated(first, scores)
    after = scores.copy()
    after[:, LEARNED] = second
    vote = np.where(asked, after @ np.array(first.weights), _BELOW_ALL)
    learned = np.where(asked, second, _BELOW_ALL)
    return _policy(first.weights, vote, learned, fraud, first.escalate)


def _policy(
    weights: tuple[float, ...], vote: Floats, learned: Floats, fraud: Bools, escalate: float
) -> Policy:
    review, decline = RULE_BOUNDS
    learned_review = bound(learned, fraud, REVIEW_FPR)
    learned_decline = bound(learned, fraud, DECLINE_FPR)
    return Policy(
        weights,
        bound(vote, fraud, REVIEW_FPR),
        bound(vote, fraud, DECLINE_FPR),
        (review, review, learned_review, review),
        (decline, decline, learned_decline, REQUIRED_DECLINE),
        round(escalate, 6),
    )
