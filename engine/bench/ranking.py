"""How well scores tell frauds from the rest, with intervals from resampling.

    AUC          the chance that a fraud scores above an honest transaction, ties half
    recall at f  the share of frauds at or above the lowest bound that at most a share f of the
                 honest ones reaches: read off these rows, as a ROC curve is

Intervals are the 2.5 % and 97.5 % quantiles over resamples (B. Efron: Bootstrap methods, Annals of
Statistics 7, 1979, pp. 1-26), frauds and honest ones drawn anew, each as many as there are. A
resample is a weight for every row, so scores are sorted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from engine.model.metrics import Interval

RESAMPLES, SEED = 2_000, 1
TAILS = (2.5, 97.5)

Floats = NDArray[np.float64]
Weights = NDArray[np.int64]


@dataclass(frozen=True)
class Ranking:
    """Rows by distinct score, descending: how many frauds and honest ones have each.

    Attributes:
        frauds: Frauds by place.
        honest: Honest transactions by place.
        place: For each row of the input, its place.
        is_fraud: For each row of the input, whether it is fraud.
    """

    frauds: Weights
    honest: Weights
    place: NDArray[np.int64]
    is_fraud: NDArray[np.bool_]


def ranked(is_fraud: NDArray[np.bool_], scores: Floats) -> Ranking:
    """Scores as a ranking.

    Raises:
        ValueError: All rows are fraud, or none is.
    """
    if not 0 < int(is_fraud.sum()) < len(is_fraud):
        msg = f"frauds must be > 0 and < {len(is_fraud)} rows, got {int(is_fraud.sum())}"
        raise ValueError(msg)
    _, place = np.unique(-scores, return_inverse=True)
    size = int(place.max()) + 1
    frauds = np.bincount(place[is_fraud], minlength=size)
    honest = np.bincount(place[~is_fraud], minlength=size)
    return Ranking(frauds, honest, place, is_fraud)


def auc(frauds: Weights, honest: Weights) -> float:
    """Area under the ROC curve of a ranking's counts, or of a resample's."""
    below = honest.sum() - np.cumsum(honest) + honest / 2
    return float((frauds * below).sum() / (frauds.sum() * honest.sum()))


def recall_at(frauds: Weights, honest: Weights, rate: float) -> float:
    """Recall where at most a share `rate` of the honest ones is flagged."""
    allowed = floor(rate * int(honest.sum()))
    places = int(np.searchsorted(np.cumsum(honest), allowed, side="right"))
    return float(frauds[:places].sum() / frauds.sum())


def intervals(ranking: Ranking, rate: float, resamples: int = RESAMPLES) -> dict[str, Interval]:
    """`auc` and `recall`, each with its 95 % interval; the same every time.

    `sample_size` is how many frauds there are, which is what limits both.
    """
    draw = np.random.default_rng(SEED)
    values = np.array([_resample(ranking, rate, draw) for _ in range(resamples)])
    found = (
        auc(ranking.frauds, ranking.honest),
        recall_at(ranking.frauds, ranking.honest, rate),
    )
    lows, highs = np.percentile(values, TAILS, axis=0)
    return {
        name: Interval(
            value=found[column],
            low=float(lows[column]),
            high=float(highs[column]),
            sample_size=int(ranking.frauds.sum()),
        )
        for column, name in enumerate(("auc", "recall"))
    }


def _resample(ranking: Ranking, rate: float, draw: np.random.Generator) -> tuple[float, float]:
    size = len(ranking.frauds)
    parts = []
    for rows in (ranking.place[ranking.is_fraud], ranking.place[~ranking.is_fraud]):
        drawn = draw.integers(len(rows), size=len(rows))
        parts.append(np.bincount(rows[drawn], minlength=size))
    return auc(parts[0], parts[1]), recall_at(parts[0], parts[1], rate)
