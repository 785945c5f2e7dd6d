"""How good decisions are: recall, false-positive rate, and precision at a real prevalence.

From totals by true kind and decision (`"card_testing:DECLINE": 17`), where *flagged* is DECLINE or
REVIEW and every kind but `legitimate` is fraud (decisions on `unlabelled` own data count nowhere):

    recall R              = fraud flagged / fraud decided
    false-positive rate F = legitimate flagged / legitimate decided
    precision at π        = R·π / (R·π + F·(1 − π))

Precision in the traffic itself says little, because its fraud is enriched: at 15 % any model looks
precise. So precision is computed from R and F for a cited real prevalence π (Bayes' rule).

Intervals of shares are Wilson's score interval (E. B. Wilson: Probable inference, the law of
succession, and statistical inference, JASA 22, 1927, pp. 209-212): with p = hits/n and z the normal
quantile,

    (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)

Precision rises with R and falls with F, so its ends are those of R and F combined; each of the two
is taken at 97.5 %, so that both hold, and with them the result, at 95 % or more (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from engine.model.decision import Decision
from engine.model.metrics import Interval
from engine.model.traffic import LEGITIMATE, UNLABELLED

FLAGGED = frozenset({Decision.REVIEW, Decision.DECLINE})
MIN_SAMPLES = 30  # fewer decisions than this: no figure
Z95 = 1.959963984540054  # normal quantile at 0.975
Z975 = 2.241402727604947  # normal quantile at 0.9875


@dataclass(frozen=True)
class Confusion:
    """Decisions by truth and outcome."""

    fraud_flagged: int = 0
    fraud_missed: int = 0
    legitimate_flagged: int = 0
    legitimate_passed: int = 0

    @property
    def fraud(self) -> int:
        """Frauds decided."""
        return self.fraud_flagged + self.fraud_missed

    @property
    def legitimate(self) -> int:
        """Legitimate transactions decided."""
        return self.legitimate_flagged + self.legitimate_passed


@dataclass(frozen=True)
class Quality:
    """Decision quality; a part that rests on too few decisions is None.

    `recall_by_kind` has an entry for each kind of fraud that was decided at all.
    """

    confusion: Confusion
    recall: Interval | None
    false_positive_rate: Interval | None
    precision: Interval | None
    recall_by_kind: dict[str, Interval | None]


def confusion(totals: Mapping[str, int]) -> Confusion:
    """The four counts from totals with keys `kind:DECISION`.

    Raises:
        ValueError: a key does not end in a known decision.
    """
    counts = {(fraud, flagged): 0 for fraud in (True, False) for flagged in (True, False)}
    for key, count in totals.items():
        kind, _, decision = key.rpartition(":")
        if kind == UNLABELLED:
            continue
        counts[kind != LEGITIMATE, Decision(decision) in FLAGGED] += count
    return Confusion(
        fraud_flagged=counts[True, True],
        fraud_missed=counts[True, False],
        legitimate_flagged=counts[False, True],
        legitimate_passed=counts[False, False],
    )


def wilson(hits: int, samples: int, z: float = Z95) -> tuple[float, float]:
    """Low and high end of Wilson's interval of hits in samples (> 0); see the module's head."""
    share = hits / samples
    middle = share + z * z / (2 * samples)
    spread = z * sqrt(share * (1 - share) / samples + z * z / (4 * samples * samples))
    scale = 1 + z * z / samples
    low = 0.0 if hits == 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if hits == samples else min(1.0, (middle + spread) / scale)
    return low, high


def share(hits: int, samples: int) -> Interval | None:
    """A share with its 95 % interval, or None with fewer than `MIN_SAMPLES` samples."""
    if samples < MIN_SAMPLES:
        return None
    low, high = wilson(hits, samples)
    return Interval(value=hits / samples, low=low, high=high, sample_size=samples)


def recall(counts: Confusion) -> Interval | None:
    """The share of fraud that was flagged."""
    return share(counts.fraud_flagged, counts.fraud)


def false_positive_rate(counts: Confusion) -> Interval | None:
    """The share of legitimate transactions that was flagged."""
    return share(counts.legitimate_flagged, counts.legitimate)


def precision_at(counts: Confusion, prevalence: float) -> Interval | None:
    """The share of flagged that would be fraud if `prevalence` (0..1) of all were fraud.

    None with too few decisions of either kind, or when nothing at all was flagged.
    `sample_size` is the smaller of the two samples it rests on.

    Raises:
        ValueError: prevalence is not between 0 and 1.
    """
    if not 0 < prevalence < 1:
        msg = f"prevalence must be > 0 and < 1, got {prevalence!r}"
        raise ValueError(msg)
    if min(counts.fraud, counts.legitimate) < MIN_SAMPLES:
        return None
    if counts.fraud_flagged + counts.legitimate_flagged == 0:
        return None
    caught = wilson(counts.fraud_flagged, counts.fraud, Z975)
    wrong = wilson(counts.legitimate_flagged, counts.legitimate, Z975)
    return Interval(
        value=_precision(
            counts.fraud_flagged / counts.fraud,
            counts.legitimate_flagged / counts.legitimate,
            prevalence,
        ),
        low=_precision(caught[0], wrong[1], prevalence),
        high=_precision(caught[1], wrong[0], prevalence),
        sample_size=min(counts.fraud, counts.legitimate),
    )


def _precision(caught: float, wrong: float, prevalence: float) -> float:
    """R·π / (R·π + F·(1 − π)); R and F are not both 0."""
    right = caught * prevalence
    return right / (right + wrong * (1 - prevalence))


def quality(totals: Mapping[str, int], prevalence: float) -> Quality:
    """Everything about these decisions; `prevalence` is the cited real share of fraud."""
    counts = confusion(totals)
    kinds = sorted({key.rpartition(":")[0] for key in totals} - {LEGITIMATE, UNLABELLED})
    return Quality(
        confusion=counts,
        recall=recall(counts),
        false_positive_rate=false_positive_rate(counts),
        precision=precision_at(counts, prevalence),
        recall_by_kind={kind: recall(confusion(_of(kind, totals))) for kind in kinds},
    )


def _of(kind: str, totals: Mapping[str, int]) -> dict[str, int]:
    return {key: count for key, count in totals.items() if key.rpartition(":")[0] == kind}
