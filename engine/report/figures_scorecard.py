"""The figures of a fault's scorecard, each by the formula of `engine.analysis.scorecard`."""

from __future__ import annotations

from engine.model.figure import Figure
from engine.model.metrics import Interval
from engine.model.results import FaultRecord
from engine.model.scorecard import Scorecard
from engine.report.make import derived, measured

WHOLE = "from the onset to the end of the window in which it was back, or to now"
DEGRADED = "from the onset to the clear, or to now"
COMPARED = "due from five seconds before the onset on; known once the journal was compared"
COUNTS = {
    "failed": ("failed", WHOLE),
    "retried": ("retried: attempts after the first", WHOLE),
    "redriven": (
        "redriven: decided when sent again",
        "from the onset to the next fault, or to now",
    ),
    "lost": ("lost: acknowledged, not in the journal", COMPARED),
    "duplicated": ("duplicated: answered in two ways", COMPARED),
    "unacknowledged": ("unacknowledged: in the journal, not answered", COMPARED),
    "missed_fraud": ("missed fraud: approved meanwhile", DEGRADED),
    "false_declines": ("false declines: legitimate, declined meanwhile", DEGRADED),
    "backlog_at_clear": ("backlog and in flight at the clear", "end of the last tick before it"),
}
RATES = {
    "recall_during": ("recall during", "fraud flagged ÷ fraud decided", DEGRADED),
    "recall_before": ("recall before", "fraud flagged ÷ fraud decided", "20 s before the onset"),
    "false_positive_rate_during": (
        "false-positive rate during",
        "legitimate flagged ÷ legitimate decided",
        DEGRADED,
    ),
    "false_positive_rate_before": (
        "false-positive rate before",
        "legitimate flagged ÷ legitimate decided",
        "20 s before the onset",
    ),
}
DRAINED = "from the clear to the first tick with no more in backlog and in flight than before"


def card_figures(index: int, fault: FaultRecord) -> list[Figure]:
    """Figures `fault.<index>.card.*`; none before the fault was scored."""
    card = fault.scorecard
    if card is None:
        return []
    key, name = f"fault.{index}.card", fault.display_name
    seconds = max(0.0, card.until_seconds - fault.onset_seconds)
    counts = [
        measured(
            f"{key}.{part}", f"{name}: {label}", getattr(card, part), "count", window=seconds,
            note=note,
        )
        for part, (label, note) in COUNTS.items()
    ]  # fmt: skip
    return [
        *counts,
        measured(
            f"{key}.missed_fraud_usd",
            f"{name}: value of the missed fraud",
            card.missed_fraud_usd,
            "usd",
            window=seconds,
            note=DEGRADED,
        ),
        *(figure for part in RATES for figure in rate_figures(key, name, part, card)),
        derived(
            f"{key}.backlog_drained_seconds",
            f"{name}: backlog drained after",
            card.backlog_drained_seconds,
            "seconds",
            formula=DRAINED,
            inputs={"clear": fault.clear_seconds, "at the clear": card.backlog_at_clear},
        ),
    ]


def rate_figures(key: str, name: str, part: str, card: Scorecard) -> list[Figure]:
    """A rate, and the low and high end of its 95 % interval (Wilson)."""
    label, formula, span = RATES[part]
    found: Interval | None = getattr(card, part)
    note = span if found else f"fewer than {card.least_samples} decisions: too few to tell"
    samples = found.sample_size if found else None
    rows = (("", "value", ""), ("_low", "low", ", low end"), ("_high", "high", ", high end"))
    return [
        derived(
            f"{key}.{part}{suffix}",
            f"{name}: {label}{words}",
            None if found is None else getattr(found, end),
            "ratio",
            formula=formula if not suffix else f"Wilson's 95 % interval of {formula}",
            inputs={"decisions": samples},
            note=note,
        )
        for suffix, end, words in rows
    ]
