"""The figures of a whole run, made from its record: what the snapshot shows beside the hero row."""

from __future__ import annotations

from engine.metrics.record import RunRecord
from engine.model.figure import Figure, Source
from engine.model.results import CriterionResult, LatencySummary, RunSummary
from engine.report.figures import preset_source
from engine.report.make import ONE_MACHINE, Value, derived, measured, stated

RECORD = Source(publisher="Limelight", title="record of this run")
RULES = Source(publisher="Limelight", title="written rules of success")
COUNTS = {
    "due": "due",
    "sent": "sent",
    "dropped": "dropped: due and never sent",
    "backlog": "backlog: due, not yet sent",
    "decided": "decided",
    "rejected": "rejected, as an invalid transaction should be",
    "failed": "failed: no decision after its retries",
    "in_flight": "in flight",
}
PERCENTILES = ("p50", "p90", "p95", "p99", "p99_9", "max", "mean")
JOURNAL = ("acknowledged", "found", "missing", "duplicated", "unacknowledged")
LOSS = frozenset({"zero_data_loss", "no_transaction_loss"})
DELIVERY = frozenset({"error_rate", "success_rate", "all_transactions_queued"})


def identity_figures(summary: RunSummary) -> dict[str, Figure]:
    """Run id, seed, instants, duration and marks, by the last part of their ids."""
    ended = summary.ended_at.strftime("%Y-%m-%d %H:%M:%S UTC") if summary.ended_at else None
    started = summary.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return {
        "id": stated("run.id", "Run", summary.run_id, "text", RECORD),
        "seed": stated("run.seed", "Seed", str(summary.seed), "text", RECORD),
        "started": measured("run.started_at", "Started", started, "text", samples=1),
        "ended": measured("run.ended_at", "Ended", ended, "text", samples=1),
        "duration": measured(
            "run.duration", "Length", summary.duration_seconds, "clock", samples=1
        ),
        "speed": stated("run.speed", "Speed", summary.speed, "factor", RECORD),
        "rate_scale": stated("run.rate_scale", "Rate scale", summary.rate_scale, "ratio", RECORD),
    }


def environment_figures(summary: RunSummary) -> list[Figure]:
    """Where it was measured."""
    machine = summary.environment
    rows: list[tuple[str, str, Value, str]] = [
        ("cpu_count", "Processor cores", machine.cpu_count, "count"),
        ("memory_gb", "Memory", machine.memory_gb, "gb"),
        ("system", "System", machine.system, "text"),
        ("python", "Python", machine.python, "text"),
        ("limelight", "Limelight", machine.limelight, "text"),
    ]
    return [
        measured(f"environment.{key}", label, value, unit, samples=1)
        for key, label, value, unit in rows
    ]


def count_figures(summary: RunSummary) -> dict[str, Figure]:
    """Every count of transactions, by name."""
    return {
        name: measured(
            f"counts.{name}",
            label,
            getattr(summary.counts, name),
            "count",
            window=summary.duration_seconds,
        )
        for name, label in COUNTS.items()
    }


def conservation_figures(summary: RunSummary) -> list[Figure]:
    """Seconds of the run, and those at whose end both conservation laws held."""
    seconds, held = _seconds_conserved(summary)
    formula = (
        "seconds s with Σ offered = Σ sent + Σ dropped + backlog and "
        "Σ sent = Σ decided + Σ rejected + Σ failed + in flight, sums up to s"
    )
    return [
        measured("law.seconds", "Seconds checked", seconds, "count", samples=seconds),
        derived(
            "law.seconds_held",
            "Seconds in which both laws held",
            held,
            "count",
            formula=formula,
            inputs={"seconds": seconds},
        ),
    ]


def _seconds_conserved(summary: RunSummary) -> tuple[int, int]:
    series, sums, held = summary.per_second, dict.fromkeys(COUNTS, 0), 0
    for second in range(len(series.offered)):
        sums["due"] += series.offered[second]
        for name in ("sent", "dropped", "decided", "rejected", "failed"):
            sums[name] += getattr(series, name)[second]
        due_kept = sums["due"] == sums["sent"] + sums["dropped"] + series.backlog[second]
        ended = sums["decided"] + sums["rejected"] + sums["failed"]
        held += due_kept and sums["sent"] == ended + series.in_flight[second]
    return len(series.offered), held


def latency_figures(name: str, label: str, latency: LatencySummary) -> dict[str, Figure]:
    """Percentiles of `response_ms` or `service_ms`, by percentile."""
    return {
        part: measured(
            f"{name}.{part}",
            f"{label}, {part.replace('_', '.')}",
            getattr(latency, part),
            "ms",
            samples=latency.count,
            note=ONE_MACHINE if getattr(latency, part) is not None else "too few samples",
        )
        for part in PERCENTILES
    } | {"count": measured(f"{name}.count", f"{label}, samples", latency.count, "count", samples=1)}


def journal_figures(summary: RunSummary) -> list[Figure]:
    """Acknowledged ids against the journal's rows; empty where it was not reconciled."""
    if summary.journal is None:
        return []
    samples = summary.journal.acknowledged
    return [
        measured(
            f"journal.{name}",
            name.capitalize(),
            getattr(summary.journal, name),
            "count",
            samples=samples,
        )
        for name in JOURNAL
    ]


def criterion_figures(record: RunRecord, result: CriterionResult) -> dict[str, Figure]:
    """What one criterion asked, measured and found, by part."""
    key = f"criterion.{result.key}"
    label = result.key.replace("_", " ")
    threshold = result.threshold if not isinstance(result.threshold, bool) else None
    return {
        "threshold": stated(
            f"{key}.threshold",
            f"{label}: threshold",
            threshold,
            result.unit,
            preset_source(record.scenario),
        ),
        "measured": derived(
            f"{key}.measured",
            f"{label}: measured",
            result.measured,
            result.unit,
            formula=result.formula,
            inputs=criterion_inputs(record, result.key),
        ),
        "formula": stated(f"{key}.formula", f"{label}: formula", result.formula, "text", RULES),
        "explanation": derived(
            f"{key}.explanation",
            f"{label}: finding",
            result.explanation,
            "text",
            formula=result.formula,
            inputs=criterion_inputs(record, result.key),
        ),
    }


def criterion_inputs(record: RunRecord, key: str) -> dict[str, Value]:
    """The evidence that a criterion was decided from."""
    summary = record.summary
    if key in LOSS and summary.journal is not None:
        return {"journal " + name: getattr(summary.journal, name) for name in JOURNAL}
    if key in DELIVERY:
        return {name: getattr(summary.counts, name) for name in COUNTS}
    if key.endswith("_latency_ms"):
        return {"samples": summary.response_ms.count}
    proven = sum(fault.proven for fault in summary.faults)
    return {"ticks": len(record.ticks), "faults proven": proven}


def confusion_figures(summary: RunSummary) -> dict[str, dict[str, Figure]]:
    """Decisions by kind of traffic and decision, kinds in alphabetical order."""
    table: dict[str, dict[str, Figure]] = {}
    for key in sorted(summary.confusion):
        kind, _, decision = key.partition(":")
        table.setdefault(kind, {})[decision] = measured(
            f"confusion.{kind}.{decision.lower()}",
            f"{kind.replace('_', ' ')}: {decision.lower()}",
            summary.confusion[key],
            "count",
            window=summary.duration_seconds,
        )
    return table
