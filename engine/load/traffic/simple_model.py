"""A small model anyone can check: nine plain features and logistic regression.

Not the platform's: it stands for what an afternoon's work finds in the traffic, so that the report
can say how hard that is. Fitted on one seed and judged on another. A feature looks back at the same
customer's earlier transactions only, in the order they are sent.

The fit minimises  Σ log(1 + e^(−y·xβ)) + λ/2·|β|²  (y = ±1) by Newton's method on standardised
features, with λ = 1 and the constant left free; the loss is convex, and a dozen steps settle it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from engine.load.traffic.draws import B8, F64
from engine.load.traffic.sample import Sample

FEATURES = (
    "log amount",
    "log amount against the customer's mean",
    "new device",
    "new city",
    "new merchant",
    "share of the category in the past",
    "log minutes since the last",
    "transactions in the last hour",
    "log USD in the last day",
)
STEPS, PENALTY = 12, 1.0
HOUR, DAY = 3_600.0, 86_400.0


@dataclass
class Past:
    """What one customer did before."""

    count: int = 0
    logs: float = 0.0
    devices: set[str] = field(default_factory=set)
    cities: set[str] = field(default_factory=set)
    merchants: set[str] = field(default_factory=set)
    categories: dict[str, int] = field(default_factory=dict)
    recent: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Logistic:
    """A fitted model: `weights` of standardised features, the constant last."""

    middle: F64
    spread: F64
    weights: F64

    def scores(self, rows: F64) -> F64:
        """Log odds of fraud, a row each."""
        scores: F64 = _standard(rows, self.middle, self.spread) @ self.weights
        return scores


def features(sample: Sample) -> F64:
    """The features of a sample, columns as in `FEATURES`."""
    pasts: defaultdict[str, Past] = defaultdict(Past)
    rows = np.empty((len(sample.kinds), len(FEATURES)))
    names = ("user", "device", "city", "merchant", "category")
    texts = zip(*(sample.fields[name] for name in names), strict=True)
    logs = np.log(sample.values_usd).tolist()
    columns = zip(sample.seconds.tolist(), sample.values_usd.tolist(), logs, texts, strict=True)
    for row, (seconds, usd, log_usd, (user, *what)) in enumerate(columns):
        past = pasts[user]
        rows[row] = _look(past, seconds, log_usd, what)
        _learn(past, seconds, usd, log_usd, what)
    return rows


def fit(rows: F64, positive: B8) -> Logistic:
    """Logistic regression on these rows."""
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread == 0.0] = 1.0
    columns = _standard(rows, middle, spread)
    weights = np.zeros(columns.shape[1])
    penalty = np.full(len(weights), PENALTY)
    penalty[-1] = 1e-9  # the constant is free
    for _ in range(STEPS):
        odds = 1.0 / (1.0 + np.exp(-np.clip(columns @ weights, -30.0, 30.0)))
        slope = columns.T @ (odds - positive) + penalty * weights
        curve = (columns * (odds * (1.0 - odds))[:, None]).T @ columns + np.diag(penalty)
        weights = weights - np.linalg.solve(curve, slope)
    return Logistic(middle, spread, weights)


def _standard(rows: F64, middle: F64, spread: F64) -> F64:
    return np.column_stack([(rows - middle) / spread, np.ones(len(rows))])


def _look(past: Past, seconds: float, log_usd: float, what: list[str]) -> tuple[float, ...]:
    device, city, merchant, category = what
    mean = past.logs / past.count if past.count else log_usd
    last = past.recent[-1][0] if past.recent else seconds - DAY
    hour = sum(at > seconds - HOUR for at, _ in past.recent)
    day = sum(usd for at, usd in past.recent if at > seconds - DAY)
    return (
        log_usd,
        log_usd - mean,
        bool(device and past.devices and device not in past.devices),
        bool(city and past.cities and city not in past.cities),
        merchant not in past.merchants,
        past.categories.get(category, 0) / max(past.count, 1),
        float(np.log1p(max(seconds - last, 0.0) / 60.0)),
        min(hour, 10),
        float(np.log1p(day)),
    )


def _learn(past: Past, seconds: float, usd: float, log_usd: float, what: list[str]) -> None:
    device, city, merchant, category = what
    past.count += 1
    past.logs += log_usd
    past.devices.add(device)
    past.cities.add(city)
    past.merchants.add(merchant)
    past.categories[category] = past.categories.get(category, 0) + 1
    past.recent = [one for one in past.recent if one[0] > seconds - DAY]
    past.recent.append((seconds, usd))
