"""How good decisions are against the truth: for the model's card only."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.simulator import FRAUD_KINDS
from engine.platform.aggregator import DECLINE, LEARNED, REVIEW, Outcome, Policy, decide
from engine.platform.replay import Replayed

_Z95 = 1.959964


def auc(fraud: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Area under the ROC curve: the chance that a fraud scores above an honest transaction.

    By rank sums (Mann and Whitney), ties counted half.
    """
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(fraud.sum())
    above = float(ranks[fraud].sum()) - positives * (positives + 1) / 2
    return round(above / (positives * (len(fraud) - positives)), 6)


def share(hits: int, of: int) -> dict[str, float | int]:
    """A share with its 95 % interval by Wilson's formula (JASA 22, 1927)."""
    if not of:
        return {"hits": 0, "of": 0}
    p, z2 = hits / of, _Z95 * _Z95
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z95 * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return {
        "share": round(p, 6),
        "low": round(middle - half, 6),
        "high": round(middle + half, 6),
        "hits": hits,
        "of": of,
    }


def outcomes(
    policies: tuple[Policy, Policy], scores: NDArray[np.float64], second: NDArray[np.float64]
) -> list[Outcome]:
    """What a platform decides with all its agents and its second stage.

    Args:
        policies: The first stage's and the second's.
        scores: Of the four agents, a column each in their order.
        second: The second model's, used where the first stage escalates.
    """
    first, after = policies
    found = []
    for (a, b, c, d), again in zip(scores.tolist(), second.tolist(), strict=True):
        outcome = decide(first, (a, b, c, d))
        if outcome.risk >= first.escalate:
            outcome = decide(after, (a, b, again, d))
        found.append(outcome)
    return found


def judged(
    policies: tuple[Policy, Policy],
    scores: NDArray[np.float64],
    second: NDArray[np.float64],
    part: Replayed,
) -> dict[str, Any]:
    """Recall and false-positive rate of the platform's decisions; arguments as `outcomes`.

    `auc` is the first model's, `risk_auc` that of the risk which the platform answers.
    """
    made = outcomes(policies, scores, second)
    decisions = np.array([one.decision for one in made], dtype=np.uint8)
    fraud = part.fraud
    found: dict[str, Any] = {
        "auc": auc(fraud, scores[:, LEARNED]),
        "risk_auc": auc(fraud, np.array([one.risk for one in made])),
    }
    for name, least in (("review", REVIEW), ("decline", DECLINE)):
        flagged = decisions >= least
        found[name] = {
            "recall": share(int((flagged & fraud).sum()), int(fraud.sum())),
            "false_positive_rate": share(int((flagged & ~fraud).sum()), int((~fraud).sum())),
        }
    flagged = decisions >= REVIEW
    found["review_recall_by_kind"] = {
        FRAUD_KINDS[kind]: share(
            int((flagged & (part.kinds == kind)).sum()), int((part.kinds == kind).sum())
        )
        for kind in range(1, len(FRAUD_KINDS))
    }
    return found
