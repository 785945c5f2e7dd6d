"""What the traffic is like: who does what, how much, when, and how far it gives a fraud away.

For people who ask whether the fraud is trivially found or pure noise, and for the tests that answer
them: `limelight traffic report`. Everything is measured on transactions read back from their
bodies, as they go over the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from engine.load.traffic.draws import B8, F64, I64
from engine.load.traffic.edges import DUPLICATE, EDGE_CASES, HUGE
from engine.load.traffic.outliers import OUTLIERS
from engine.load.traffic.roles import FRAUD_KINDS
from engine.load.traffic.sample import FIELDS, PATTERNS, Sample, collect
from engine.load.traffic.separability import auc, average_precision, field_auc, recall_at
from engine.load.traffic.simple_model import FEATURES, Logistic, features, fit
from engine.load.traffic.simulator import BLOCK, Block, Simulator
from engine.model.scenario import TrafficMix

PERCENTILES = (5, 25, 50, 75, 95, 99)
FALSE_POSITIVE_RATE = 0.01
_DAY, _WEEK = 86_400, 7 * 86_400
_MONDAY = 4 * _DAY  # 1970 began on a Thursday


@dataclass(frozen=True)
class Amounts:
    """Amounts in USD: how many, their mean, and `PERCENTILES` of them."""

    count: int
    mean: float
    percentiles: tuple[float, ...]


@dataclass(frozen=True)
class Rhythm:
    """When people buy.

    Attributes:
        hours: By local solar hour 0 … 23, shares of honest transactions.
        fraud_hours: The same of frauds.
        weekdays: From Monday (UTC), shares over the whole weeks there are; empty without one.
        middle_hours: Mean of the time of day, counted from 4 in the morning.
        spread_hours: Its standard deviation.
    """

    hours: tuple[float, ...]
    fraud_hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    middle_hours: float
    spread_hours: float


@dataclass(frozen=True)
class Judged:
    """The simple model, fitted on the seed after the report's and judged on the report's.

    `prevalence` is the share of frauds among what is to be decided; `recall` that at a
    false-positive rate of `FALSE_POSITIVE_RATE`; `by_kind` the AUC of each kind of fraud against
    the honest, and `amount_by_kind` that of the amount alone.
    """

    fitted_on_seed: int
    prevalence: float
    auc: float
    average_precision: float
    recall: float
    by_kind: dict[str, float]
    amount_by_kind: dict[str, float]
    weights: dict[str, float]


@dataclass(frozen=True)
class TrafficReport:
    """Statistics of a sample.

    Attributes:
        seed, mix: Which traffic.
        transactions: All, rejects included.
        rejected: Those to be answered 400.
        days: Event time from the first to the last, in days.
        customers: How many of them bought.
        shares: Of all transactions, by kind, and `rejected` and `repeated`.
        amounts_usd: By kind, huge amounts (an edge case) left out.
        categories_usd: By category, of the honest.
        rhythm: When.
        edges: Edge cases by kind.
        outliers: Honest transactions that look odd, by kind.
        separability: By single field, the AUC of that field alone; 0.5 says nothing.
        chance: How far from 0.5 such an AUC is by chance, in 95 of 100 cases.
        model: A small combined model, where one was fitted.
    """

    seed: int
    mix: str
    transactions: int
    rejected: int
    days: float
    customers: int
    shares: dict[str, float]
    amounts_usd: dict[str, Amounts]
    categories_usd: dict[str, Amounts]
    rhythm: Rhythm
    edges: dict[str, int]
    outliers: dict[str, int]
    separability: dict[str, float]
    chance: float
    model: Judged | None = None


def sampled(seed: int, mix: TrafficMix, transactions: int) -> Sample:
    """The first transactions of a seed, in whole blocks of 1,024."""

    def blocks() -> Iterator[Block]:
        simulator = Simulator(seed, mix, "report-")
        yield from (simulator.block(index) for index in range(-(-transactions // BLOCK)))

    return collect(blocks())


def report(seed: int, mix: TrafficMix, transactions: int) -> TrafficReport:
    """Statistics of a seed's first transactions, with the simple model fitted on the next seed."""
    sample, other = (sampled(each, mix, transactions) for each in (seed, seed + 1))
    made = describe(sample, seed, mix)
    if not (sample.fraud.any() and other.fraud.any()):
        return made
    model = fit(features(other), other.fraud)
    return replace(made, model=judge(model, seed + 1, sample))


def describe(sample: Sample, seed: int, mix: TrafficMix) -> TrafficReport:
    """Statistics of a sample."""
    usual = sample.edge != HUGE
    honest = usual & ~sample.fraud
    categories = np.array(sample.fields["category"])
    by_kind = {name: usual & (sample.kinds == kind) for kind, name in enumerate(FRAUD_KINDS)}
    counts = np.bincount(sample.kinds, minlength=len(FRAUD_KINDS)) / sample.total
    shares = dict(zip(FRAUD_KINDS, counts.tolist(), strict=True))
    shares["rejected"] = sample.rejected / sample.total
    shares["repeated"] = float(sample.edges[DUPLICATE]) / sample.total
    return TrafficReport(
        seed=seed,
        mix=str(mix),
        transactions=sample.total,
        rejected=sample.rejected,
        days=float(np.ptp(sample.seconds)) / _DAY,
        customers=len(set(sample.fields["user"])),
        shares=shares,
        amounts_usd={name: _amounts(sample, rows) for name, rows in by_kind.items() if rows.any()},
        categories_usd={
            str(name): _amounts(sample, honest & (categories == name))
            for name in np.unique(categories[honest])
        },
        rhythm=_rhythm(sample),
        edges=dict(zip(EDGE_CASES[1:], sample.edges[1:].tolist(), strict=True)),
        outliers=_counted(sample.outliers.astype(np.int64)),
        separability=_separability(sample),
        chance=_chance(sample.fraud[len(sample.fraud) // 2 :]),
    )


def judge(model: Logistic, seed: int, sample: Sample) -> Judged:
    """How well a model, fitted on another seed, tells this sample's frauds."""
    scores, honest = model.scores(features(sample)), ~sample.fraud
    by_kind, amount = {}, {}
    for kind, name in enumerate(FRAUD_KINDS):
        rows = sample.kinds == kind
        if kind and rows.any():
            both = honest | rows
            by_kind[name] = auc(scores[both], rows[both])
            found = auc(sample.values_usd[both], rows[both])
            amount[name] = max(found, 1.0 - found)
    return Judged(
        fitted_on_seed=seed,
        prevalence=float(sample.fraud.mean()),
        auc=auc(scores, sample.fraud),
        average_precision=average_precision(scores, sample.fraud),
        recall=recall_at(scores, sample.fraud, FALSE_POSITIVE_RATE),
        by_kind=by_kind,
        amount_by_kind=amount,
        weights=dict(zip(FEATURES, model.weights[:-1].tolist(), strict=True)),
    )


def _amounts(sample: Sample, rows: B8) -> Amounts:
    values = sample.values_usd[rows]
    percentiles = tuple(np.percentile(values, PERCENTILES).tolist())
    return Amounts(len(values), float(values.mean()), percentiles)


def _rhythm(sample: Sample) -> Rhythm:
    local = (sample.seconds / 3600 + sample.longitude / 15) % 24
    placed = ~np.isnan(local)
    honest, fraud = local[placed & ~sample.fraud], local[placed & sample.fraud]
    times = (honest - 4) % 24 + 4
    weeks = int((sample.seconds.max() - sample.seconds.min()) // _WEEK)
    whole = sample.seconds < sample.seconds.min() + weeks * _WEEK
    days = ((sample.seconds[whole] - _MONDAY) // _DAY % 7).astype(np.int64)
    return Rhythm(
        hours=_shares(honest.astype(np.int64), 24),
        fraud_hours=_shares(fraud.astype(np.int64), 24),
        weekdays=_shares(days, 7) if weeks else (),
        middle_hours=float(times.mean()),
        spread_hours=float(times.std()),
    )


def _shares(values: I64, bins: int) -> tuple[float, ...]:
    count: F64 = np.bincount(values, minlength=bins) / max(len(values), 1)
    return tuple(count.tolist())


def _counted(codes: I64) -> dict[str, int]:
    count = np.bincount(codes, minlength=len(OUTLIERS))[1:]
    return dict(zip(OUTLIERS[1:], count.tolist(), strict=True))


def _chance(fraud: B8) -> float:
    """1.96·√((p + q + 1) / (12·p·q)) with p frauds and q others: the statistic's null spread."""
    p = float(fraud.sum())
    q = len(fraud) - p
    return 1.96 * sqrt((p + q + 1) / (12 * p * q)) if p and q else 0.5


def _separability(sample: Sample) -> dict[str, float]:
    """AUC of single fields, whichever way round is better."""
    found = {
        "amount_usd": auc(sample.values_usd, sample.fraud),
        "body_length": auc(sample.lengths.astype(np.float64), sample.fraud),
    }
    alone = {name: max(value, 1.0 - value) for name, value in found.items()}
    return alone | {
        name: field_auc(sample.fields[name], sample.fraud) for name in (*FIELDS, *PATTERNS)
    }
