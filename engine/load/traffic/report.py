"""What the traffic is like: shares, amounts, and how far any one field gives a fraud away.

For people who ask whether the fraud is trivially found or pure noise, and for the tests that answer
them. Labels are used here, inside the generator, and nowhere else.

AUC is the chance that a random fraud scores above a random honest transaction: 0.5 says nothing,
1 everything. It is the Mann-Whitney statistic, (R − p(p+1)/2) / (p·q), with R the sum of the
mid-ranks of the p frauds among p + q.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import numpy as np

from engine.load.traffic.draws import B8, F64, I64, U8
from engine.load.traffic.simulator import FRAUD_KINDS, Block
from engine.model.decision import Transaction

PERCENTILES = (5, 25, 50, 75, 95, 99)
PRIOR_ROWS = 20.0  # weight of the overall share when a value's own share is estimated

# Fields of few values, which behaviour may shade but must not give away, and patterns in the ids.
FIELDS = (
    "category",
    "currency",
    "country",
    "city",
    "card_type",
    "device_kind",
    "merchant",
    "hour",
    "fields_present",
)
PATTERNS = ("device_head", "device_tail", "session_head", "session_tail", "network", "cents")


@dataclass(frozen=True)
class Sample:
    """Transactions of some blocks as columns, rejects left out but counted.

    `fields` has a column of texts for each of `FIELDS` and `PATTERNS`.
    """

    kinds: U8
    values_usd: F64
    lengths: I64
    rejected: int
    fields: dict[str, list[str]]

    @property
    def fraud(self) -> B8:
        """Which rows are fraud."""
        return self.kinds > 0


@dataclass(frozen=True)
class TrafficReport:
    """Statistics of a sample.

    Attributes:
        transactions: All, rejects included.
        shares: Of all transactions, by kind, and `rejected`.
        amounts_usd: By kind, amounts at `PERCENTILES`.
        separability: By single field, the AUC of the best use of that field alone (0.5 … 1).
    """

    transactions: int
    shares: dict[str, float]
    amounts_usd: dict[str, tuple[float, ...]]
    separability: dict[str, float]


def collect(blocks: Iterable[Block]) -> Sample:
    """The accepted transactions of these blocks, read back from their bodies."""
    decoder = msgspec.json.Decoder(Transaction)
    kinds: list[int] = []
    values: list[float] = []
    lengths: list[int] = []
    fields: dict[str, list[str]] = {name: [] for name in (*FIELDS, *PATTERNS)}
    rejected = 0
    for block in blocks:
        rejected += int(block.rejects.sum())
        for row in np.flatnonzero(~block.rejects).tolist():
            body = block.bodies[row]
            kinds.append(int(block.kinds[row]))
            values.append(float(block.values_usd[row]))
            lengths.append(len(body))
            for name, text in _texts(decoder.decode(body)).items():
                fields[name].append(text)
    return Sample(
        np.array(kinds, dtype=np.uint8), np.array(values), np.array(lengths), rejected, fields
    )


def _texts(made: Transaction) -> dict[str, str]:
    """One transaction's fields as texts; a field left out is empty."""
    place, device = made.location, made.device_info
    session = made.session_id or ""
    optional = (place, device, made.card_type, made.ip_address, made.session_id)
    return {
        "category": made.category,
        "currency": made.currency,
        "country": place.country if place else "",
        "city": place.city if place else "",
        "card_type": made.card_type or "",
        "device_kind": device.kind if device else "",
        "merchant": made.merchant,
        "hour": made.timestamp[11:13],
        "fields_present": "".join("-" if value is None else "x" for value in optional),
        "device_head": device.device_id[:4] if device else "",
        "device_tail": device.device_id[-1:] if device else "",
        "session_head": session[:4],
        "session_tail": session[-1:],
        "network": (made.ip_address or "").rpartition(".")[0].rpartition(".")[0],
        "cents": f"{made.amount:.2f}"[-2:],
    }


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


def describe(sample: Sample) -> TrafficReport:
    """Statistics of a sample."""
    total = len(sample.kinds) + sample.rejected
    shares = {
        name: float((sample.kinds == kind).sum()) / total for kind, name in enumerate(FRAUD_KINDS)
    }
    amounts = {}
    for kind, name in enumerate(FRAUD_KINDS):
        chosen = sample.values_usd[sample.kinds == kind]
        if len(chosen):
            amounts[name] = tuple(np.percentile(chosen, PERCENTILES).tolist())
    numbers = {"amount_usd": sample.values_usd, "body_length": sample.lengths.astype(np.float64)}
    separability = {
        name: max(found, 1 - found)
        for name, found in ((name, auc(column, sample.fraud)) for name, column in numbers.items())
    }
    separability |= {name: field_auc(sample.fields[name], sample.fraud) for name in sample.fields}
    return TrafficReport(
        total, shares | {"rejected": sample.rejected / total}, amounts, separability
    )
