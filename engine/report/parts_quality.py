"""How good the decisions are, held against the load generator's labels, which nobody else has."""

from __future__ import annotations

from collections.abc import Mapping

from engine.analysis.quality import Confusion, confusion, share
from engine.model.decision import Decision
from engine.model.figure import Figure
from engine.report.make import Value, derived, measured

LABELS = "labels never leave the load generator; flagged: declined or sent to review"
ALONE = (
    "had it decided alone, by its own bound; one decided transaction in eight is looked at, and "
    "labels never leave the load generator"
)
ACCURACY = "(frauds flagged + honest passed) ÷ decided; flattering where fraud is rare"


def quality_part_figures(
    key: str, name: str, decisions: Mapping[str, int], note: str = LABELS
) -> list[Figure]:
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
            note=note,
        ),
        _rate(
            (f"{key}.fpr", f"{name}: honest flagged"),
            (counts.legitimate_flagged, counts.legitimate),
            note,
        ),
        _rate((f"{key}.fnr", f"{name}: fraud missed"), (counts.fraud_missed, counts.fraud), note),
    ]


def agent_quality_figures(counts: Mapping[str, int]) -> list[Figure]:
    """The same of each agent alone, from counts by `agent:kind:flagged` or `:passed`."""
    by_agent: dict[str, dict[str, int]] = {}
    for key, count in counts.items():
        agent, kind, flagged = key.split(":")
        decision = Decision.REVIEW if flagged == "flagged" else Decision.APPROVE
        by_agent.setdefault(agent, {})[f"{kind}:{decision.value}"] = count
    return [
        figure
        for agent, decisions in by_agent.items()
        for figure in quality_part_figures(
            f"part.agent.{agent}", agent.replace("_", " "), decisions, ALONE
        )
    ]


def _rate(named: tuple[str, str], counted: tuple[int, int], note: str) -> Figure:
    found = share(*counted)
    value = found.value if found else None
    return measured(*named, value, "ratio", samples=counted[1], note=note)


def _inputs(counts: Confusion) -> dict[str, Value]:
    return {
        "frauds flagged": counts.fraud_flagged,
        "frauds missed": counts.fraud_missed,
        "honest flagged": counts.legitimate_flagged,
        "honest passed": counts.legitimate_passed,
    }
