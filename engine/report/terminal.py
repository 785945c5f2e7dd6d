"""A run, the presets and the list of runs as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from engine.measure.histogram import samples_needed
from engine.model.calibration import Calibration
from engine.model.results import (
    CriterionResult,
    LatencySummary,
    MeasurementWindow,
    RateChange,
    RunSummary,
)
from engine.model.run import RunRow
from engine.model.scenario import TestScenario
from engine.report import format as words
from engine.report.figures_calibration import fitting_share
from engine.report.terminal_faults import fault_lines, resilience_lines

TOO_FEW = "too few"
PERCENTILES = (("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p99_9", 99.9))


def run_lines(summary: RunSummary) -> list[str]:
    """The final report of a run, the verdict first."""
    lines = [f"{summary.verdict.upper()}: {summary.verdict_reason}", ""]
    lines += [summary.target.line]
    lines += [summary.traffic.line] if summary.traffic else []
    lines += [f"Marks: {', '.join(summary.marks)}"] if summary.marks else []
    lines += [_identity(summary), ""]
    lines += [*_criteria(summary.criteria), "", *_counts(summary), "", *_latencies(summary)]
    lines += [*_without_ramps(summary.measured), ""]
    lines += [*fault_lines(summary.faults), ""]
    told = resilience_lines(summary.resilience, summary.degradation)
    lines += [*told, ""] if told else []
    lines += _journal(summary)
    for title, texts in (
        ("Warnings", summary.warnings),
        ("Issues", summary.issues_detected),
        ("What to do", summary.recommendations),
    ):
        lines += ["", title, *(f"  {text}" for text in texts)] if texts else []
    return lines


def preset_lines(presets: Iterable[TestScenario], known: Calibration | None = None) -> list[str]:
    """The presets, each with its promise, its length, highest rate and faults.

    Where it is known what this machine holds, the rate stands against that.
    """
    lines = []
    for index, preset in enumerate(presets):
        faults = ", ".join(fault.display_name for fault in preset.failure_scenarios)
        peak = f"{words.rate(preset.load_profile.max_tps)}{_against(preset, known)}"
        length = words.clock(preset.duration_seconds)
        default = " (the default)" if index == 0 else ""
        lines += [
            f"{preset.scenario_id}{default}",
            f"    {preset.description}",
            f"    {length}, up to {peak}, {faults or 'no fault'}",
        ]
    return lines


def _against(preset: TestScenario, known: Calibration | None) -> str:
    held = None if known is None else known.sustained_tps
    if held is None:
        return ""
    if preset.load_profile.max_tps <= held:
        return f" (this machine held {words.rate(held)})"
    fits = words.percentage(fitting_share(preset, held))
    return f" (this machine held {words.rate(held)}: it fits at {fits})"


def run_row_lines(rows: list[RunRow]) -> list[str]:
    """One line a run, newest first as given."""
    if not rows:
        return ["No run is in the store yet."]
    width = max(len(row.run_id) for row in rows)
    return [
        f"{row.run_id:<{width}}  {row.started_at:%Y-%m-%d %H:%M:%S}  "
        f"{row.verdict or row.status:<12}  {row.name}{_marks(row.marks)}  {row.target_line}"
        for row in rows
    ]


def _identity(summary: RunSummary) -> str:
    machine = summary.environment
    return (
        f"Run {summary.run_id}, seed {summary.seed}, {words.seconds(summary.duration_seconds)} "
        f"from {summary.started_at:%Y-%m-%d %H:%M:%S} UTC, on {machine.cpu_count} cores, "
        f"{words.FORMATS['gb'](machine.memory_gb)}, {machine.system}"
    )


def _criteria(results: list[CriterionResult]) -> list[str]:
    if not results:
        return ["Criteria: the scenario asks for none"]
    lines = ["Criteria"]
    for result in results:
        label = result.label
        lines += [
            f"  {result.outcome}: {label}{_measured(result)}",
            f"      {result.formula}",
            f"      {result.explanation}",
        ]
    return lines


def _measured(result: CriterionResult) -> str:
    show = words.FORMATS.get(result.unit, words.plain)
    parts = [] if result.measured is None else [f"measured {show(result.measured)}"]
    if not isinstance(result.threshold, bool):
        parts.append(f"threshold {show(result.threshold)}")
    return f" ({', '.join(parts)})" if parts else ""


def _counts(summary: RunSummary) -> list[str]:
    c = summary.counts
    due_law = c.due == c.sent + c.dropped + c.backlog
    sent_law = c.sent == c.decided + c.rejected + c.failed + c.in_flight
    return [
        "Counts",
        f"  due {c.due:,} = sent {c.sent:,} + dropped {c.dropped:,} + backlog {c.backlog:,}"
        f"{_law(due_law)}",
        f"  sent {c.sent:,} = decided {c.decided:,} + rejected {c.rejected:,} + "
        f"failed {c.failed:,} + in flight {c.in_flight:,}{_law(sent_law)}",
        f"  {summary.attempts:,} attempts, offered {_rate(summary.offered_tps)}, "
        f"achieved {_rate(summary.achieved_tps)}",
        *_changes(summary.rate_changes),
        *_degraded(summary),
    ]


def _changes(changes: list[RateChange]) -> list[str]:
    return [
        f"  rate changed live: {words.percentage(change.factor)} of the plan from "
        f"{words.seconds(change.schedule_seconds)} of the run clock"
        for change in changes
    ]


def _degraded(summary: RunSummary) -> list[str]:
    """What was offered by nobody while a load worker was lost, and when."""
    lines = [
        f"  degraded: load worker {gap.share + 1} of {gap.shares} lost ({gap.reason}), its share "
        f"offered by nobody from {words.seconds(gap.from_seconds)} to {_end(gap.to_seconds)}"
        for gap in summary.degraded
    ]
    if summary.not_offered or lines:
        lines.append(f"  not offered {summary.not_offered:,}, besides what was due")
    return lines


def _end(seconds: float | None) -> str:
    return "the end" if seconds is None else words.seconds(seconds)


def _without_ramps(window: MeasurementWindow) -> list[str]:
    """The measurement window: rates and percentiles of the plan's steady spans."""
    if not window.seconds:
        return ["Without ramps: nothing, the plan did not hold a rate for a tick"]
    spans = ", ".join(f"{words.seconds(a)} to {words.seconds(b)}" for a, b in window.spans)
    return [
        f"Without ramps ({words.seconds(window.seconds)} within {spans} of the run clock): offered "
        f"{_rate(window.offered_tps)}, achieved {_rate(window.achieved_tps)}",
        _latency("response", window.response_ms),
        _latency("service", window.service_ms),
    ]


def _law(holds: bool) -> str:
    return "" if holds else "  DOES NOT HOLD"


def _rate(value: float | None) -> str:
    return words.NOT_MEASURED if value is None else words.rate(value)


def _latencies(summary: RunSummary) -> list[str]:
    names = [name.replace("_", ".") for name, _ in PERCENTILES]
    head = "".join(f"{name:>12}" for name in [*names, "max", "mean", "samples"])
    rows = (
        ("response", summary.response_ms),
        ("service", summary.service_ms),
        ("lateness", summary.lateness_ms),
        ("queue", summary.queue_ms),
    )
    lines = [f"Latency     {head}", *(_latency(name, values) for name, values in rows)]
    lines.append("  response: due to decision; service: written to decision;")
    lines.append("  lateness: from due to the generator's turn; queue: from due to written")
    lacking = {
        name.replace("_", "."): samples_needed(q)
        for name, q in PERCENTILES
        if any(values.count and getattr(values, name) is None for _, values in rows)
    }
    if lacking:
        needs = ", ".join(f"{name} needs {count:,}" for name, count in lacking.items())
        lines.append(f"  {TOO_FEW}: fewer samples than the percentile takes ({needs})")
    return lines


def _latency(name: str, values: LatencySummary) -> str:
    missing = TOO_FEW if values.count else words.DASH
    cells = [getattr(values, percentile) for percentile, _ in PERCENTILES]
    cells += [values.max, values.mean]
    texts = [missing if cell is None else words.milliseconds(cell) for cell in cells]
    return f"  {name:<10}" + "".join(f"{text:>12}" for text in [*texts, f"{values.count:,}"])


def _journal(summary: RunSummary) -> list[str]:
    journal = summary.journal
    if journal is None:
        has = summary.target.has_journal
        why = "could not be checked" if has else "not measured on this target: it has none"
        return [f"Journal: {why}"]
    return [
        f"Journal: acknowledged {journal.acknowledged:,}, found {journal.found:,}, "
        f"missing {journal.missing:,}, duplicated {journal.duplicated:,}, "
        f"unacknowledged {journal.unacknowledged:,}; failed {summary.counts.failed:,}"
    ]


def _marks(marks: Iterable[str]) -> str:
    text = ", ".join(marks)
    return f" [{text}]" if text else ""
