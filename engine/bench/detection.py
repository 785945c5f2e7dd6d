"""How much fraud scores find, with intervals from resampled customers.

    recall at f        share of frauds scored above the lowest bound that at most a share f of the
                       honest ones exceeds: read off these rows, as a ROC curve is
    value at f         the same of the frauds' amounts in USD
    average precision  Σ over places of (recall gained × precision there)
    AUC                the chance that a fraud scores above an honest transaction, ties half

A fraud comes as a run of transactions of one customer, so rows are no independent draws. Customers
are: each resample draws every customer a Poisson(1) number of times (the bootstrap for large data:
N. Chamandy et al., Estimating uncertainty for massive data streams, Google, 2012), and an interval
is the 2.5 % and 97.5 % quantiles. All contenders are judged by the same resamples, so differences
between them are paired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATES = (0.001, 0.005, 0.01)
MEASURES = (
    *(f"recall_{rate:g}" for rate in RATES),
    *(f"value_{rate:g}" for rate in RATES),
    "average_precision",
    "auc",
)
TAILS = (2.5, 97.5)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """What was decided about: a row each.

    Attributes:
        fraud: Whether it is fraud.
        values_usd: Its amount.
        customers: Whose it is, numbers from 0 on.
    """

    fraud: NDArray[np.bool_]
    values_usd: Floats
    customers: NDArray[np.int64]


class Order:
    """One contender's rows by descending score, in places of equal scores."""

    def __init__(self, scores: Floats, judged: Judged) -> None:
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order]
        self._ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        self._order = order
        self._fraud = judged.fraud[order]
        self._values = np.where(self._fraud, judged.values_usd[order], 0.0)

    def measures(self, weights: Floats) -> Floats:
        """All `MEASURES` of the rows taken with these weights."""
        taken = weights[self._order]
        fraud = np.cumsum(np.where(self._fraud, taken, 0.0))[self._ends]
        honest = np.cumsum(np.where(self._fraud, 0.0, taken))[self._ends]
        value = np.cumsum(self._values * taken)[self._ends]
        places = np.searchsorted(honest, np.array(RATES) * honest[-1], side="right") - 1
        recalls = np.where(places >= 0, fraud[places], 0.0) / fraud[-1]
        values = np.where(places >= 0, value[places], 0.0) / value[-1]
        gained = np.diff(fraud, prepend=0.0)
        flagged = fraud + honest
        precision = np.divide(fraud, flagged, out=np.zeros_like(fraud), where=flagged > 0.0)
        below = honest[-1] - honest + np.diff(honest, prepend=0.0) / 2.0
        return np.array(
            [
                *recalls,
                *values,
                float((gained * precision).sum() / fraud[-1]),
                float((gained * below).sum() / (fraud[-1] * honest[-1])),
            ]
        )


def resampled(judged: Judged, resamples: int, seed: int) -> Iterator[Floats]:
    """Weights of all rows, one array a resample; the same every time."""
    draw = np.random.default_rng(seed)
    number = int(judged.customers.max()) + 1
    for _ in range(resamples):
        yield draw.poisson(1.0, number)[judged.customers].astype(np.float64)
