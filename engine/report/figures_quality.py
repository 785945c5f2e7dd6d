"""How good the decisions are: recall and false-positive rate, each with its interval.

    recall              = fraud flagged ÷ fraud decided
    false-positive rate = legitimate flagged ÷ legitimate decided
    flagged             = declined or sent to review

The interval is Wilson's 95 % score interval (E. B. Wilson, 1927), which stays within 0..1 and is
honest for few samples.
"""

from __future__ import annotations

import math

from engine.model.figure import Figure
from engine.report.make import derived, measured

Z95 = 1.959963984540054
FLAGGED = "flagged: declined or sent to review; labels never leave the load generator"


def wilson(hits: float, samples: float) -> tuple[float, float]:
    """The 95 % score interval of hits ÷ samples; samples > 0."""
    share, z2 = hits / samples, Z95 * Z95
    middle = share + z2 / (2 * samples)
    spread = Z95 * math.sqrt(share * (1 - share) / samples + z2 / (4 * samples * samples))
    scale = 1 + z2 / samples
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def quality_figures(totals: dict[str, float]) -> list[Figure]:
    """Figures `quality.recall` and `quality.false_positive_rate`, with `.low` and `.high`.

    Args:
        totals: Sums of the tick's count columns since Start.
    """
    flagged, missed = totals.get("fraud_flagged", 0.0), totals.get("fraud_missed", 0.0)
    wrong, passed = totals.get("legitimate_flagged", 0.0), totals.get("legitimate_passed", 0.0)
    return [
        *_share("recall", "Recall", flagged, flagged + missed),
        *_share("false_positive_rate", "False-positive rate", wrong, wrong + passed),
    ]


def _share(name: str, label: str, hits: float, samples: float) -> list[Figure]:
    key = f"quality.{name}"
    share = hits / samples if samples else None
    low, high = wilson(hits, samples) if samples else (None, None)
    figure = measured(key, label, share, "ratio", samples=samples, note=FLAGGED)
    formula = "Wilson 95 % score interval of hits in samples"
    return [
        figure,
        *(
            derived(
                f"{key}.{end}",
                f"{label}, {end} end of its interval",
                value,
                "ratio",
                formula=formula,
                inputs={"hits": hits, "samples": samples},
            )
            for end, value in (("low", low), ("high", high))
        ),
    ]
