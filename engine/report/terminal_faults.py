"""A run's faults, their scorecards and its resilience as lines of text for a terminal."""

from __future__ import annotations

from engine.model.metrics import DegradationSummary, Interval, ResilienceMetrics
from engine.model.results import FaultRecord
from engine.model.scorecard import Scorecard
from engine.report import format as words


def fault_lines(faults: list[FaultRecord]) -> list[str]:
    """Every fault with its scorecard."""
    if not faults:
        return ["Faults: none"]
    return ["Faults", *(line for fault in faults for line in _fault(fault))]


def _fault(fault: FaultRecord) -> list[str]:
    proven = "proven" if fault.proven else "NOT proven"
    share = f", {fault.share}" if fault.share else ""
    by_hand = ", by hand" if fault.by_hand else ""
    parts = [
        f"seen after {_after(fault.detected_after_seconds)}",
        f"recovered {_after(fault.recovery_from_onset_seconds)} from onset",
        f"{_after(fault.recovery_from_clear_seconds)} from clear",
        f"{fault.failed_during:,} failed meanwhile",
    ]
    cleared = "never cleared"
    if fault.clear_seconds is not None:
        cleared = f"cleared at {words.seconds(fault.clear_seconds)}"
    return [
        f"  {fault.display_name}{share}{by_hand}, {proven}: on at "
        f"{words.seconds(fault.onset_seconds)}, {cleared}",
        f"      {', '.join(parts)}",
        *([f"      {text}" for text in _card(fault.scorecard)] if fault.scorecard else []),
        *(f"      {text}" for text in (fault.proof, fault.explanation) if text),
    ]


def _card(card: Scorecard) -> list[str]:
    return [
        f"cost: {card.failed:,} failed, {card.retried:,} retried, {card.redriven:,} redriven, "
        f"{_count(card.lost)} lost, {_count(card.duplicated)} duplicated, "
        f"{_count(card.unacknowledged)} unacknowledged",
        f"recall {_share(card.recall_during, card)} during, "
        f"{_share(card.recall_before, card)} before; false-positive rate "
        f"{_share(card.false_positive_rate_during, card)} during, "
        f"{_share(card.false_positive_rate_before, card)} before",
        f"missed fraud {card.missed_fraud:,} ({words.FORMATS['usd'](card.missed_fraud_usd)}), "
        f"false declines {card.false_declines:,}; backlog at the clear "
        f"{_count(card.backlog_at_clear)}, drained after {_after(card.backlog_drained_seconds)}",
    ]


def _share(found: Interval | None, card: Scorecard) -> str:
    if found is None:
        return f"not told (fewer than {card.least_samples} decisions)"
    value, low, high = (words.percentage(x) for x in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def _count(value: int | None) -> str:
    return words.NOT_MEASURED if value is None else f"{value:,}"


def _after(value: float | None) -> str:
    return words.NOT_MEASURED if value is None else words.seconds(value)


def resilience_lines(
    found: ResilienceMetrics | None, degradation: DegradationSummary | None
) -> list[str]:
    """Uptime, breakers, dead letters and the levels of degradation; none in older records."""
    if found is None:
        return []
    uptime = found.uptime_percentage
    up = words.NOT_MEASURED if uptime is None else words.percentage(uptime / 100)
    lines = [
        "Resilience",
        f"  up {up} of the time in which anything was asked, down "
        f"{_after(found.downtime_seconds)}; {_count(found.failures_recovered)} of "
        f"{_count(found.failures_injected)} faults recovered from",
        f"  breakers opened {_count(found.circuit_breaker_trips)}, closed again "
        f"{_count(found.circuit_breaker_recoveries)}; dead letters {_count(found.dead_lettered)}, "
        f"redriven {_count(found.redriven)}, stranded {_count(found.stranded)}; retries refused "
        f"{_count(found.retries_refused)}",
    ]
    if degradation is not None and degradation.worst is not None:
        spent = (f"{name} {words.seconds(s)}" for name, s in degradation.seconds.items())
        lines.append(f"  degradation at worst {degradation.worst}: {', '.join(spent)}")
    return lines
