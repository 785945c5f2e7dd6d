"""What a comparison may be about: quantities of a whole run and of its faults, each with formula.

A quantity that this run cannot show is None, and what cannot be known because the run did not do
it is told apart from what the target cannot show (`engine.analysis.comparison`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.analysis.evidence import Evidence
from engine.analysis.quality import confusion, false_positive_rate, recall
from engine.model.fault import FailureType
from engine.model.metrics import Interval
from engine.model.results import FaultRecord
from engine.model.scorecard import Scorecard

FAULTS = tuple(str(kind) for kind in FailureType)


@dataclass(frozen=True, slots=True)
class OfRun:
    """A quantity of the whole run; `absolute_rate`: scaling the rate changes it."""

    unit: str
    formula: str
    value: Callable[[Evidence], float | None]
    absolute_rate: bool = False
    journal: bool = False  # only the journal can tell


@dataclass(frozen=True, slots=True)
class OfFault:
    """A quantity of one fault; `recovery`: None means that the target did not come back."""

    unit: str
    formula: str
    value: Callable[[FaultRecord], float | None]
    recovery: bool = False
    journal: bool = False


def _journal(name: str) -> Callable[[Evidence], float | None]:
    return lambda evidence: None if evidence.journal is None else getattr(evidence.journal, name)


def _count(name: str) -> OfRun:
    return OfRun("count", f"Σ {name}", lambda evidence: getattr(evidence.counts, name))


def _sum(column: str) -> OfRun:
    return OfRun(
        "count",
        f"Σ {column} over all ticks",
        lambda evidence: float(evidence.ticks[column].sum()) if len(evidence.ticks) else None,
    )


def _latency(name: str) -> OfRun:
    return OfRun(
        "ms",
        f"{name.replace('_', '.')} of (decision received − due instant), whole run",
        lambda evidence: getattr(evidence.response, name),
    )


def _resilience(name: str, unit: str) -> OfRun:
    def value(evidence: Evidence) -> float | None:
        found = evidence.resilience
        return None if found is None else getattr(found, name)

    return OfRun(unit, f"{name} as `engine.analysis.uptime` has it", value)


def _share(part: str, whole: tuple[str, ...]) -> Callable[[Evidence], float | None]:
    def value(evidence: Evidence) -> float | None:
        total = sum(float(evidence.ticks[column].sum()) for column in whole)
        return float(evidence.ticks[part].sum()) / total if total else None

    return value


def _rate(column: str) -> Callable[[Evidence], float | None]:
    def value(evidence: Evidence) -> float | None:
        ticks = evidence.ticks
        seconds = float(ticks["schedule_seconds"].max()) if len(ticks) else 0.0
        return float(ticks[column].sum()) / seconds if seconds > 0 else None

    return value


def _worst_level(evidence: Evidence) -> float | None:
    worst = evidence.ticks["degradation_level"].max()
    return None if worst != worst else float(worst)


def _middle(interval: Interval | None) -> float | None:
    return None if interval is None else interval.value


_ENDED = ("decided", "rejected", "failed")
OF_RUN: dict[str, OfRun] = {
    **{
        name: OfRun("count", f"journal: {column}", _journal(column), journal=True)
        for name, column in (
            ("lost", "missing"),
            ("duplicated", "duplicated"),
            ("unacknowledged", "unacknowledged"),
        )
    },
    **{name: _count(name) for name in ("due", "decided", "rejected", "failed", "dropped")},
    **{name: _sum(name) for name in ("dead_lettered", "redriven", "redrive_failed", "stranded")},
    **{f"{name}_latency_ms": _latency(name) for name in ("p50", "p90", "p95", "p99", "p99_9")},
    "mean_latency_ms": _latency("mean"),
    "max_latency_ms": _latency("max"),
    "error_rate": OfRun(
        "ratio", "failed ÷ (decided + rejected + failed)", _share("failed", _ENDED)
    ),
    "timeout_rate": OfRun("ratio", "timeouts ÷ attempts", _share("outcome_timeout", ("attempts",))),
    "achieved_tps": OfRun("tps", "decided ÷ run clock", _rate("decided"), absolute_rate=True),
    "offered_tps": OfRun("tps", "due ÷ run clock", _rate("due"), absolute_rate=True),
    "recall": OfRun(
        "ratio",
        "fraud flagged ÷ fraud decided",
        lambda evidence: _middle(recall(confusion(evidence.confusion))),
    ),
    "false_positive_rate": OfRun(
        "ratio",
        "legitimate flagged ÷ legitimate decided",
        lambda evidence: _middle(false_positive_rate(confusion(evidence.confusion))),
    ),
    "degradation_level": OfRun("count", "worst of any tick, 0 none to 3 critical", _worst_level),
    "degradation_events": _resilience("degradation_events", "count"),
    "uptime_percentage": _resilience("uptime_percentage", "count"),
    "downtime_seconds": _resilience("downtime_seconds", "seconds"),
    "circuit_breaker_trips": _resilience("circuit_breaker_trips", "count"),
    "retries_refused": _resilience("retries_refused", "count"),
}


def _card(read: Callable[[Scorecard], float | None]) -> Callable[[FaultRecord], float | None]:
    return lambda fault: None if fault.scorecard is None else read(fault.scorecard)


def _of_card(name: str, unit: str = "count", journal: bool = False) -> OfFault:
    return OfFault(
        unit,
        f"{name} of the fault's scorecard",
        _card(lambda card: getattr(card, name)),
        journal=journal,
    )


OF_FAULT: dict[str, OfFault] = {
    "recovery_seconds": OfFault(
        "seconds",
        "back within criteria − onset",
        lambda fault: fault.recovery_from_onset_seconds,
        recovery=True,
    ),
    "recovery_from_clear_seconds": OfFault(
        "seconds",
        "back within criteria − clear",
        lambda fault: fault.recovery_from_clear_seconds,
        recovery=True,
    ),
    "detected_seconds": OfFault(
        "seconds",
        "first window outside the criteria − onset",
        lambda fault: fault.detected_after_seconds,
    ),
    **{name: _of_card(name) for name in ("failed", "retried", "redriven")},
    **{name: _of_card(name, journal=True) for name in ("lost", "duplicated", "unacknowledged")},
    "missed_fraud": _of_card("missed_fraud"),
    "false_declines": _of_card("false_declines"),
    "backlog_drained_seconds": _of_card("backlog_drained_seconds", "seconds"),
    "recall": OfFault(
        "ratio",
        "fraud flagged ÷ fraud decided from onset to clear",
        _card(lambda card: _middle(card.recall_during)),
    ),
    "false_positive_rate": OfFault(
        "ratio",
        "legitimate flagged ÷ legitimate decided from onset to clear",
        _card(lambda card: _middle(card.false_positive_rate_during)),
    ),
}
