"""The snapshot's instrument: what the load generator measured of itself, and the run without ramps.

Signals with a limit are shown beside it, so that a reader sees how far from doubt the run was.
"""

from __future__ import annotations

from engine.analysis import honesty
from engine.metrics.record import RunRecord
from engine.model.figure import Figure, Source
from engine.model.results import RunSummary
from engine.report.book import Book
from engine.report.figures_instrument import (
    run_counts,
    run_peaks,
    run_times,
    window_figures,
)
from engine.report.html import Html, el, join
from engine.report.make import Number, derived, measured, stated
from engine.report.record_figures import PERCENTILES, latency_figures
from engine.report.snapshot_evidence import card

LIMITS = Source(publisher="Limelight", title="limits of the generator's doubts")
OPERATOR = Source(publisher="operator", title="rate set by hand while the run went on")

MEAN = "the highest short mean of"
HOW = {
    "instrument.late_spell_ms": (
        "the same over the worst span, or over all of a run that is shorter"
    ),
    "instrument.loop_lag_ms": f"{MEAN} the longest that a load worker's turn came late in a tick",
    "instrument.worker_cores": f"{MEAN} the busiest load worker's processor time",
}
LIMIT_OF = {
    "instrument.late_spell_ms": ("late_spell_ms", honesty.MAX_LATENESS_P99_MS, "ms"),
    "instrument.loop_lag_ms": ("loop_lag_ms", honesty.MAX_LOOP_LAG_MS, "ms"),
    "instrument.worker_cores": ("worker_cores", honesty.MAX_WORKER_CPU_CORES, "cores"),
}
Row = tuple[str, Figure, Figure | None]


def instrument(book: Book, record: RunRecord) -> Html:
    """Each signal with its limit, then what was changed by hand and what was lost."""
    rows = [
        el(
            "tr",
            el("th", figure.label, scope="row"),
            el("td", book.show(figure), class_="number"),
            el("td", book.show(limit) if limit else "–", class_="number"),
            el("td", meaning),
        )
        for meaning, figure, limit in _signals(record)
    ]
    heads = ("What", "Measured", "In doubt above", "How it is taken")
    head = el("thead", el("tr", *(el("th", each, scope="col") for each in heads)))
    body = el("table", head, el("tbody", *rows))
    told = [*_changes(book, record.summary), *_gaps(book, record.summary)]
    happened = [el("ul", *told, class_="below")] if told else []
    note = "what the load generator measured of itself"
    return card("The instrument", note, body, *happened, class_="wide")


def _signals(record: RunRecord) -> list[Row]:
    summary = record.summary
    lateness, queue = run_times(summary)
    dropped, not_offered = run_counts(summary)
    return [
        (
            "from the due instant to the generator's turn, over the whole run",
            lateness,
            _limit("lateness_p99_ms", honesty.MAX_LATENESS_P99_MS, "ms"),
        ),
        *((HOW[figure.id], figure, _limit(*LIMIT_OF[figure.id])) for figure in run_peaks(summary)),
        (
            "reports that were not in their tick's row",
            _missing(record),
            _limit("reports_missing", honesty.MAX_MISSING_SHARE, "ratio"),
        ),
        (
            "due and never sent, in ticks before which the target had been quick for a while",
            _dropped(summary),
            _limit("dropped_share", honesty.MAX_DROPPED_SHARE, "ratio"),
        ),
        (
            "due while their load worker was lost and nobody had taken them over",
            not_offered,
            _limit("not_offered", 0, "count"),
        ),
        ("due and never sent, whatever the target did", dropped, None),
        ("from the due instant to the first written request", queue, None),
    ]


def _missing(record: RunRecord) -> Figure:
    missing = float(record.ticks["reports_missing"].sum())
    asked = float(record.ticks["workers_asked"].sum())
    return derived(
        "instrument.reports_missing",
        "Reports missing",
        missing / asked if asked else None,
        "ratio",
        formula="Σ reports missing ÷ Σ load workers asked for, over all ticks",
        inputs={"missing": missing, "asked for": asked},
    )


def _dropped(summary: RunSummary) -> Figure:
    due = summary.counts.due
    while_quick = None if summary.instrument is None else summary.instrument.dropped_while_quick
    return derived(
        "instrument.dropped_share",
        "Dropped while the target was quick",
        while_quick / due if due and while_quick is not None else None,
        "ratio",
        formula="dropped while the target was quick ÷ due",
        inputs={"dropped while quick": while_quick, "due": due},
    )


def _limit(key: str, value: Number, unit: str) -> Figure:
    return stated(f"instrument.{key}.limit", "In doubt above", value, unit, LIMITS)


def _changes(book: Book, summary: RunSummary) -> list[Html]:
    lines = []
    for index, change in enumerate(summary.rate_changes):
        key = f"rate_change.{index}"
        share = stated(f"{key}.factor", "Rate, of the plan", change.factor, "ratio", OPERATOR)
        at = measured(f"{key}.at", "From", change.schedule_seconds, "clock", samples=1)
        lines.append(
            el(
                "li",
                "Rate changed live to ",
                book.show(share),
                " of the plan, from ",
                book.show(at),
            )
        )
    return lines


def _gaps(book: Book, summary: RunSummary) -> list[Html]:
    lines = []
    for index, gap in enumerate(summary.degraded):
        key = f"degraded.{index}"
        begin = measured(f"{key}.from", "Degraded from", gap.from_seconds, "seconds", samples=1)
        end = measured(f"{key}.to", "Degraded to", gap.to_seconds, "seconds", samples=1)
        why = measured(f"{key}.reason", "Why", gap.reason, "text", samples=1)
        until = book.show(end) if gap.to_seconds is not None else "the end"
        between = join(" from ", book.show(begin), " to ", until, " of the run clock: ")
        lines.append(
            el("li", "A load worker's share was offered by nobody", between, book.tell(why))
        )
    return lines


def rows_without_ramps(book: Book, summary: RunSummary) -> list[Html]:
    """A row of times for each of response and service, of the plan's steady spans."""
    window = summary.measured
    rows = []
    for name, latency in (("response", window.response_ms), ("service", window.service_ms)):
        label = f"{name.capitalize()} time"
        parts = latency_figures(f"measured.{name}_ms", f"{label} without ramps", latency)
        cells = [
            el("td", book.show(parts[part]), class_="number") for part in (*PERCENTILES, "count")
        ]
        head = el("th", label, el("span", " without ramps", class_="unit-note"), scope="row")
        rows.append(el("tr", head, *cells))
    return rows if window.seconds else []


def rates_without_ramps(book: Book, summary: RunSummary) -> Html:
    """Rates of the plan's steady spans; says so where the plan only ramped."""
    figures = window_figures(summary.measured)
    if not summary.measured.seconds:
        return el("p", "Without ramps: the plan held no rate for long enough.", class_="below")
    return el(
        "p",
        "Without ramps, pauses and drain, over ",
        book.show(figures["seconds"]),
        ": offered ",
        book.show(figures["offered"]),
        ", achieved ",
        book.show(figures["achieved"]),
        ".",
        class_="below",
    )
