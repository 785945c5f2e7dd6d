"""The snapshot's times and decisions: how fast, and how often right."""

from __future__ import annotations

from engine.analysis.benchmark import quoted_prevalences
from engine.analysis.quality import confusion
from engine.metrics.record import RunRecord
from engine.model.decision import Decision
from engine.model.figure import Figure
from engine.model.results import RunSummary
from engine.report.book import Book
from engine.report.figures_quality import (
    enriched,
    is_own,
    precision_figures,
    prevalence_figure,
    quality_figures,
)
from engine.report.html import Html, el, join
from engine.report.record_figures import PERCENTILES, confusion_figures, latency_figures
from engine.report.snapshot_evidence import card, terms
from engine.report.snapshot_instrument import rates_without_ramps, rows_without_ramps


def latencies(book: Book, summary: RunSummary) -> Html:
    """Response, service and queue time and the generator's own lateness; then without ramps."""
    rows = (
        ("response_ms", "Response time", "from the due instant", summary.response_ms),
        (
            "service_ms",
            "Service time",
            "from the last attempt's written request",
            summary.service_ms,
        ),
        (
            "lateness_ms",
            "Lateness",
            "from the due instant to the generator's turn",
            summary.lateness_ms,
        ),
        (
            "queue_ms",
            "Queue time",
            "from the due instant to the first written request",
            summary.queue_ms,
        ),
    )
    heads = [
        el("th", part.replace("_", "."), scope="col", data_figure=f"response_ms.{part}")
        for part in PERCENTILES
    ]
    heads.append(el("th", "samples", scope="col"))
    body = []
    for key, name, note, latency in rows:
        figures = latency_figures(key, name, latency)
        head = el("th", name, el("span", f" {note}", class_="unit-note"), scope="row")
        cells = [
            el("td", book.show(figures[part]), class_="number") for part in (*PERCENTILES, "count")
        ]
        body.append(el("tr", head, *cells))
    body += rows_without_ramps(book, summary)
    table = el("table", el("thead", el("tr", el("td", ""), *heads)), el("tbody", *body))
    steady = rates_without_ramps(book, summary)
    return card("Times, whole run", "this machine, no network", table, steady, class_="wide")


def quality(book: Book, record: RunRecord) -> Html:
    """Recall and false-positive rate with intervals, decisions by kind, and how much was fraud."""
    decisions = record.summary.confusion
    recall, false_positives = quality_figures(decisions)[:3], quality_figures(decisions)[3:]
    traffic = record.summary.traffic
    if is_own(traffic) and traffic is not None and not traffic.labelled:
        return card("Decision quality", "", el("p", "Not measured: the own data has no labels."))
    if recall[0].value is None and false_positives[0].value is None:
        return card("Decision quality", "", el("p", "Not measured in this run."))
    prevalence = quoted_prevalences()[0]
    precision = precision_figures(decisions, prevalence)
    rows = [
        ("Recall", _interval(book, recall)),
        ("False-positive rate", _interval(book, false_positives)),
        ("Precision, at the first of the quoted shares of fraud", _interval(book, precision)),
    ]
    note = "flagged is declined or sent to review; labels never leave the load generator"
    parts = (terms(rows), _kinds(book, record), _prevalence(book, record))
    return card("Decision quality", note, *parts)


def _interval(book: Book, figures: list[Figure]) -> Html:
    value, low, high = figures
    if value.value is None:
        return book.show(value)
    between = join(" between ", book.show(low), " and ", book.show(high))
    return join(book.show(value), el("span", between, class_="unit-note"))


def _kinds(book: Book, record: RunRecord) -> Html:
    table = confusion_figures(record.summary)
    heads = [el("th", str(decision).lower(), scope="col") for decision in Decision]
    body = []
    for kind, row in table.items():
        cells = [
            el("td", book.show(row[d]) if d in row else "–", class_="number") for d in Decision
        ]
        body.append(el("tr", el("th", kind.replace("_", " "), scope="row"), *cells))
    return el("table", el("thead", el("tr", el("td", ""), *heads)), el("tbody", *body))


def _prevalence(book: Book, record: RunRecord) -> Html:
    """How much of this traffic was fraud, beside the cited shares of real payments."""
    counts = confusion(record.summary.confusion)
    real = [
        join(book.show(figure), f" ({figure.source.publisher if figure.source else ''}, quoted)")
        for figure in quoted_prevalences()
    ]
    traffic = record.summary.traffic
    on_purpose = enriched(counts) and not is_own(traffic)
    return el(
        "p",
        "Fraud is enriched in this traffic: " if on_purpose else "Fraud in this traffic: ",
        book.show(prevalence_figure(record.summary.confusion, traffic)),
        " of decisions here, beside ",
        join(*(join(" and " if index else "", words) for index, words in enumerate(real))),
        " of real payments. Precision is computed for the first of these, not taken from this "
        "traffic.",
        class_="below",
    )
