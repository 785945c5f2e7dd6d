"""The snapshot's resilience: what each fault cost, and how the target took all of them."""

from __future__ import annotations

from engine.model.results import FaultRecord, RunSummary
from engine.report.book import Book
from engine.report.figures_resilience import COUNTS as TOTALS
from engine.report.figures_resilience import degradation_figures, resilience_figures
from engine.report.figures_scorecard import COUNTS, RATES, card_figures
from engine.report.html import Html, el, join


def terms(rows: list[tuple[str, Html]], class_: str | None = None) -> Html:
    """Names and values, one pair a line."""
    pairs = (el("div", el("dt", name), el("dd", value)) for name, value in rows)
    return el("dl", *pairs, class_=class_)


def scorecard(book: Book, index: int, fault: FaultRecord) -> list[Html]:
    """The rows of one fault's card; nothing for a fault that was not scored."""
    figures = {figure.id.rsplit(".", 1)[1]: figure for figure in card_figures(index, fault)}
    if not figures:
        return []
    rows = [(label, book.show(figures[name])) for name, (label, _) in COUNTS.items()]
    rows.append(("value of the missed fraud", book.show(figures["missed_fraud_usd"])))
    rows.append(("backlog drained after", book.show(figures["backlog_drained_seconds"])))
    for name, (label, _, _) in RATES.items():
        value = book.show(figures[name])
        if figures[name].value is not None:
            ends = (book.show(figures[f"{name}_{end}"]) for end in ("low", "high"))
            low, high = ends
            between = join(" between ", low, " and ", high)
            value = join(value, el("span", between, class_="unit-note"))
        rows.append((label, value))
    return [el("h4", "What it cost"), terms(rows, "columns")]


def resilience(book: Book, summary: RunSummary) -> Html:
    """Uptime, recoveries, levels of degradation, breakers and dead letters of the whole run."""
    head = el("header", el("h2", "Resilience"), el("span", "whole run", class_="unit-note"))
    if summary.resilience is None:
        body = el("p", "Not summed up in this record.")
        return el("section", head, body, class_="card resilience")
    seconds = summary.duration_seconds
    found = {f.id: f for f in resilience_figures(summary.resilience, seconds)}
    levels = degradation_figures(summary.degradation, seconds)
    parts = ("uptime", "downtime_seconds", "recovery_time_avg_seconds", *TOTALS)
    shown = [found[f"resilience.{part}"] for part in parts]
    rows = [(figure.label, book.show(figure)) for figure in [*shown, *levels]]
    return el("section", head, terms(rows, "columns"), class_="card resilience")
