"""How good the decisions are, held against the load generator's labels, which nobody else has."""

from __future__ import annotations

from collections.abc import Mapping

from engine.analysis.quality import Confusion, confusion, share
from engine.model.figure import Figure
from engine.report.make import Value, derived, measured

LABELS = "labels never leave the load generator; flagged: declined or sent to review"
ACCURACY = "(frauds flagged + honest passed) ÷ decided; flattering where fraud is rare"


def quality_part_figures(key: str, name: str, decisions: Mapping[str, int]) -> list[Figure]:
    """Figures `<key>.accuracy`, `.fpr` and `.fnr`; None below the samples they need."""
    counts = confusion(decisions)
    total = counts.fraud + counts.legitimate
    right = counts.fraud_flagged + counts.legitimate_passed
    found = share(right, total)
    return [
        derived(
            f"{key}.accuracy",
            f"{name}: accuracy",
            found.value if found else None,
            "ratio",
            formula=ACCURACY,
            inputs=_inputs(counts),
            note=LABELS,
        ),
        _rate(
            f"{key}.fpr", f"{name}: honest flagged", counts.legitimate_flagged, counts.legitimate
        ),
        _rate(f"{key}.fnr", f"{name}: fraud missed", counts.fraud_missed, counts.fraud),
    ]


def _rate(figure_id: str, label: str, hits: int, samples: int) -> Figure:
    found = share(hits, samples)
    value = found.value if found else None
    return measured(figure_id, label, value, "ratio", samples=samples, note=LABELS)


def _inputs(counts: Confusion) -> dict[str, Value]:
    return {
        "frauds flagged": counts.fraud_flagged,
        "frauds missed": counts.fraud_missed,
        "honest flagged": counts.legitimate_flagged,
        "honest passed": counts.legitimate_passed,
    }
