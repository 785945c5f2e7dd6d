"""The snapshot's context: quoted facts, cost, method, events and the machine it was measured on."""

from __future__ import annotations

from engine.analysis.benchmark import quoted_latencies
from engine.analysis.cost import cost_figures, vcpu_hour_usd
from engine.metrics.record import RunRecord
from engine.model.event import RunEvent
from engine.model.figure import Figure
from engine.model.results import RunSummary
from engine.report.book import Book
from engine.report.html import Html, el, join
from engine.report.make import derived, measured, stated
from engine.report.record_figures import RECORD, environment_figures, identity_figures
from engine.report.snapshot_evidence import card, terms
from engine.report.snapshot_rows import MAX_ROWS, seconds_a_row

SHOWN_EVENTS = 40
METHOD = (
    "The load is an open loop: arrivals follow the plan, whether or not the target keeps up.",
    "Response time runs from the instant a transaction was due until its decision was received, so "
    "a stall counts against every transaction that had to wait; service time runs from the "
    "written request.",
    "A transaction that fails is tried again under the same id; it counts as failed when no "
    "attempt brought a decision.",
    "Lost means acknowledged and not in the journal; it is counted after the last answer, by "
    "comparing the distinct acknowledged ids with the journal's rows.",
    "Every fault was really applied, and seen to take effect, before it counts as one.",
    "Labels stay in the load generator; the platform never sees which transactions are fraud.",
    "A percentile is shown only where there are enough samples for it.",
    "Load generator and target shared one machine, over loopback, without a network.",
)
JOURNAL = "The journal survives the death of any process; the loss of power is not claimed."


def benchmarks(book: Book) -> Html:
    """What others published about themselves: quoted, apart from anything measured here."""
    facts = [_fact(book, figure) for figure in quoted_latencies()]
    caution = (
        "They describe other systems, on other machines, doing other work. No comparison with "
        "the figures measured here follows from them."
    )
    return card(
        "What others publish",
        "quoted, not measured by us",
        el("ul", *facts, class_="quotes"),
        el("p", caution, class_="below"),
    )


def _fact(book: Book, figure: Figure) -> Html:
    source = figure.source
    said = [source.publisher, source.title, source.date] if source else []
    words = el(
        "span",
        ", ".join(filter(None, said)),
        " ",
        el("span", source.address if source else "", class_="address"),
        data_figure=figure.id,
        class_="below",
    )
    note = el("span", figure.note or "", data_figure=figure.id, class_="below")
    return el("li", el("p", figure.label, " ", book.show(figure)), words, note)


def cost(book: Book, summary: RunSummary) -> Html:
    """CPU seconds at one dated price, with formula."""
    price = vcpu_hour_usd()
    figures = cost_figures(
        summary.cpu_seconds.get("platform"), summary.counts.decided, summary.achieved_tps, price
    )
    if figures[1].value is None:
        note = "Not measured on this target: it does not report its processor time."
        return card("What a decision costs", "", el("p", note))
    rows = [(figure.label, book.show(figure)) for figure in figures[1:]]
    rows.append((price.label, book.show(price)))
    formulas = [
        el("p", f"{figure.label} = {figure.formula}", data_figure=figure.id, class_="formula")
        for figure in figures[1:]
    ]
    source = price.source
    said = ", ".join((source.publisher, source.title, source.date)) if source else ""
    return card(
        "What a decision costs",
        "modelled from own counters, not billed",
        terms(rows),
        *formulas,
        el("p", f"Price: {said}", data_figure=price.id, class_="below"),
        el("p", figures[2].note or "", class_="below"),
    )


def method(book: Book, record: RunRecord) -> Html:
    """How it was measured, and the generator's doubts about itself."""
    doubts = [
        el("li", book.tell(measured(f"doubt.{index}", "Doubt", said, "text", samples=1)))
        for index, said in enumerate(record.summary.warnings)
    ]
    doubt = (
        join(el("h3", "Doubts"), el("ul", *doubts))
        if doubts
        else el("p", "The load generator found no reason to doubt itself.")
    )
    told = (*METHOD, JOURNAL) if record.summary.target.has_journal else METHOD
    sentences = el("ul", *(el("li", sentence) for sentence in told), *_thinned(book, record))
    return card("How it was measured", "", sentences, doubt, class_="method")


def _thinned(book: Book, record: RunRecord) -> list[Html]:
    """What each row of a long run's data stands for."""
    seconds = seconds_a_row(record)
    if seconds == 0:
        return []
    span = derived(
        "data.row_seconds",
        "Time that a row of the carried data stands for",
        seconds,
        "seconds",
        formula="the fewest whole seconds that keep the rows of a long run within the most carried",
        inputs={"ticks": len(record.ticks), "most rows carried": MAX_ROWS},
    )
    said = (
        " of this long run: counts summed, times and percentiles the largest, scorers up the "
        "fewest, everything else the newest; so are the charts. Figures shown were made from "
        "every tick, before that."
    )
    return [el("li", "A row of the data in this file stands for ", book.show(span), said)]


def environment(book: Book, summary: RunSummary) -> Html:
    """The machine, the settings and the seed."""
    facts = identity_figures(summary)
    rows = [(figure.label, book.show(figure)) for figure in environment_figures(summary)]
    rows += [(facts[k].label, book.show(facts[k])) for k in ("speed", "rate_scale", "seed", "id")]
    rows += [(facts[k].label, book.show(facts[k])) for k in ("started", "ended", "duration")]
    url = stated("run.target_url", "Endpoint", summary.target.url, "text", RECORD)
    rows.append(("Endpoint", book.tell(url)))
    if summary.traffic is not None:
        line = summary.traffic.line.removeprefix("Traffic: ")
        rows.append(("Traffic", book.tell(stated("run.traffic", "Traffic", line, "text", RECORD))))
    if summary.traffic is not None and summary.traffic.own:
        digest = stated(
            "run.traffic_sha256", "SHA-256 of the data", summary.traffic.sha256, "text", RECORD
        )
        rows.append((digest.label, book.tell(digest)))
    return card("Where it was measured", "", terms(rows))


def events(book: Book, shown: list[RunEvent]) -> Html:
    """What happened, in order; the file carries all of it as data."""
    rows = [_event(book, index, event) for index, event in enumerate(shown[:SHOWN_EVENTS])]
    more = "The rest is in the data of this file." if len(shown) > SHOWN_EVENTS else ""
    if not rows:
        return card("What happened", "", el("p", "No event was recorded."))
    return card("What happened", "run time", el("ol", *rows, class_="events"), el("p", more))


def _event(book: Book, index: int, event: RunEvent) -> Html:
    at = measured(f"event.{index}.at", "Event at", event.t_seconds, "clock", samples=1)
    said = measured(f"event.{index}.message", "Event", event.message, "text", samples=1)
    kind = str(event.kind).replace("_", " ")
    return el("li", book.show(at), el("span", kind, class_="kind"), el("span", book.tell(said)))
