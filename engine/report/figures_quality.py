"""How good the decisions are: recall and false-positive rate, each with its interval."""

from __future__ import annotations

from engine.analysis.benchmark import quoted_prevalences
from engine.analysis.quality import Confusion, confusion, false_positive_rate, precision_at, recall
from engine.model.figure import Figure, Source
from engine.model.metrics import Interval
from engine.model.traffic import TrafficSource
from engine.report.make import derived, measured, stated

ENRICHED = "enriched on purpose, so that there is enough to measure"
AS_IT_IS = "more than among real payments, as the data has it"
FLAGGED = "flagged: declined or sent to review; labels never leave the load generator"
WILSON = "Wilson's 95 % score interval of hits in samples (1927)"
PRECISION = "R·π ÷ (R·π + F·(1 − π)): recall R, false-positive rate F, cited prevalence π"
BONFERRONI = "the same formula at the ends of R's and F's 97.5 % intervals"


def quality_figures(decisions: dict[str, int]) -> list[Figure]:
    """Figures `quality.recall` and `quality.false_positive_rate`, with `.low` and `.high`.

    Args:
        decisions: Counts by `fraud_kind:decision` since Start.
    """
    counts = confusion(decisions)
    return [
        *_share("recall", "Recall", recall(counts), counts.fraud_flagged),
        *_share(
            "false_positive_rate",
            "False-positive rate",
            false_positive_rate(counts),
            counts.legitimate_flagged,
        ),
    ]


def prevalence_figure(decisions: dict[str, int], traffic: TrafficSource | None = None) -> Figure:
    """Figure `quality.prevalence`: how much of this run's traffic is fraud."""
    counts = confusion(decisions)
    total = counts.fraud + counts.legitimate
    own = is_own(traffic)
    whose = "the data's own" if own else "the generator's"
    return derived(
        "quality.prevalence",
        "Fraud in this own data" if own else "Fraud in this simulated traffic",
        counts.fraud / total if total else None,
        "ratio",
        formula="decided frauds ÷ decided transactions, by " + whose + " labels",
        inputs={"frauds": counts.fraud, "decided": total},
        note=(AS_IT_IS if own else ENRICHED) if enriched(counts) else None,
    )


def traffic_figure(traffic: TrafficSource | None) -> Figure:
    """Figure `run.traffic`: simulated, or whose; None in records of earlier versions."""
    words = traffic.words if traffic is not None else None
    operator = Source(publisher="operator", title="request for this run")
    return stated("run.traffic", "Traffic", words, "text", operator)


def is_own(traffic: TrafficSource | None) -> bool:
    """Whether a run sent own data; before that was possible, none did."""
    return traffic is not None and traffic.own


def enriched(counts: Confusion) -> bool:
    """Whether more of the decided traffic was fraud than the first cited share of real payments."""
    total, real = counts.fraud + counts.legitimate, quoted_prevalences()[0].value
    return bool(total) and isinstance(real, float | int) and counts.fraud / total > real


def precision_figures(decisions: dict[str, int], prevalence: Figure) -> list[Figure]:
    """Figures `quality.precision` with `.low` and `.high`, at a cited real prevalence."""
    counts = confusion(decisions)
    share = float(prevalence.value or 0)
    found = precision_at(counts, share) if 0 < share < 1 else None
    measured_shares = {"R": recall(counts), "F": false_positive_rate(counts)}
    inputs = {name: part.value if part else None for name, part in measured_shares.items()}
    values = (found.value, found.low, found.high) if found else (None, None, None)
    return [
        derived(
            f"quality.precision{end}",
            f"Precision at the cited prevalence{words}",
            value,
            "ratio",
            formula=formula,
            inputs={**inputs, "π": share},
        )
        for value, end, words, formula in zip(
            values,
            ("", ".low", ".high"),
            ("", ", low end", ", high end"),
            (PRECISION, BONFERRONI, BONFERRONI),
            strict=True,
        )
    ]


def _share(name: str, label: str, found: Interval | None, hits: int) -> list[Figure]:
    key, samples = f"quality.{name}", found.sample_size if found else None
    ends = (("low", found.low), ("high", found.high)) if found else (("low", None), ("high", None))
    value = found.value if found else None
    return [
        measured(key, label, value, "ratio", samples=samples, note=FLAGGED),
        *(
            derived(
                f"{key}.{end}",
                f"{label}, {end} end of its interval",
                at,
                "ratio",
                formula=WILSON,
                inputs={"hits": hits, "samples": samples},
            )
            for end, at in ends
        ),
    ]
