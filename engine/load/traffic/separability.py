"""How well scores, or the values of a field, tell frauds from honest transactions.

AUC is the chance that a random fraud scores above a random honest transaction: 0.5 says nothing,
1 everything. It is the Mann-Whitney statistic, (R − p(p+1)/2) / (p·q), with R the sum of the
mid-ranks of the p frauds among p + q.
"""

from __future__ import annotations

import numpy as np

from engine.load.traffic.draws import B8, F64

PRIOR_ROWS = 20.0  # weight of the overall share when a value's own share is estimated


def auc(scores: F64, positive: B8) -> float:
    """AUC of scores for telling positive rows; 0.5 where one side is empty."""
    wins = int(positive.sum())
    losses = len(scores) - wins
    if not wins or not losses:
        return 0.5
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2
    ranks = float(middle[place][positive].sum())
    return (ranks - wins * (wins + 1) / 2) / (wins * losses)


def average_precision(scores: F64, positive: B8) -> float:
    """Σ (Rᵢ − Rᵢ₋₁)·Pᵢ over the distinct scores from above; 0 without a positive row."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
    hits = np.cumsum(positive[order])[ends].astype(np.float64)
    if not len(hits) or not hits[-1]:
        return 0.0
    steps = np.diff(hits, prepend=0.0) / hits[-1]
    return float((steps * hits / (ends + 1)).sum())


def recall_at(scores: F64, positive: B8, false_positive_rate: float) -> float:
    """Share of positive rows that score above all but this share of the others; some of each."""
    bound = np.quantile(scores[~positive], 1.0 - false_positive_rate, method="higher")
    return float((scores[positive] > bound).mean())


def value_scores(values: list[str], positive: B8, train: B8) -> F64:
    """For each row, the share of positives its value had among the train rows (smoothed)."""
    _, code = np.unique(np.array(values), return_inverse=True)
    rows = np.bincount(code[train], minlength=int(code.max()) + 1)
    hits = np.bincount(code[train & positive], minlength=len(rows))
    overall = float(positive[train].mean())
    scores: F64 = ((hits + PRIOR_ROWS * overall) / (rows + PRIOR_ROWS))[code]
    return scores


def field_auc(values: list[str], positive: B8) -> float:
    """AUC of a field of texts alone: learnt on the first half of the rows, scored on the other."""
    train = np.arange(len(positive)) < len(positive) // 2
    scores = value_scores(values, positive, train)
    return auc(scores[~train], positive[~train])


def purest_value(values: list[str], positive: B8, rows: int) -> tuple[str, float]:
    """The value, among those on at least so many rows, with the greatest share of positives."""
    names, code = np.unique(np.array(values), return_inverse=True)
    count = np.bincount(code)
    shares = np.bincount(code, weights=positive) / count
    shares[count < rows] = -1.0
    best = int(np.argmax(shares))
    return str(names[best]), float(shares[best])
