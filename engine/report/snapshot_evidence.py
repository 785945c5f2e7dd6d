"""The snapshot's evidence: faults, counts and their laws, and the journal."""

from __future__ import annotations

from engine.model.figure import Figure
from engine.model.results import FaultRecord, RunSummary
from engine.report.book import Book
from engine.report.figures_fault import fault_figures
from engine.report.html import Html, el, join
from engine.report.make import measured
from engine.report.record_figures import conservation_figures, count_figures, journal_figures
from engine.report.snapshot_resilience import scorecard, terms

__all__ = ["card", "counts", "faults", "journal", "terms"]


def card(title: str, note: str, *body: str, class_: str = "") -> Html:
    """A titled part of the report."""
    head = el("header", el("h2", title), el("span", note, class_="unit-note"))
    return el("section", head, *body, class_=f"card {class_}".strip())


def faults(book: Book, summary: RunSummary) -> Html:
    """The recovery scorecard of every fault."""
    if not summary.faults:
        return card("Faults and recovery", "", el("p", "No fault took place in this run."))
    figures = {figure.id: figure for figure in fault_figures(summary.faults)}
    cards = [_fault(book, index, f, figures) for index, f in enumerate(summary.faults)]
    return card("Faults and recovery", "real, time-boxed, proven on and proven off", *cards)


def _fault(book: Book, index: int, fault: FaultRecord, figures: dict[str, Figure]) -> Html:
    def show(part: str) -> Html:
        figure = figures[f"fault.{index}.{part}"]
        return book.show(figure)

    def words(part: str, said: str) -> Html:
        label = f"{fault.display_name}: {part}"
        return book.tell(measured(f"fault.{index}.{part}", label, said, "text", samples=1))

    rows = [
        ("onset", show("onset_seconds")),
        ("cleared", show("clear_seconds")),
        ("share hit", show("share")),
        ("seen after", show("detected_seconds")),
        ("recovered, from onset", show("recovery_seconds")),
        ("recovered, from clear", show("recovery_from_clear_seconds")),
        ("failed meanwhile", show("failed")),
    ]
    recovered = fault.recovered_at_seconds is not None
    state = "recovered" if recovered else "not recovered"
    if not fault.proven:
        state = "not proven: it was not seen to take effect"
    return el(
        "article",
        el(
            "h3",
            fault.display_name,
            el("span", " by hand" if fault.by_hand else " by plan", class_="unit-note"),
            el("span", state, class_="state good" if recovered else "state bad"),
        ),
        terms(rows),
        *scorecard(book, index, fault),
        el("p", words("proof", fault.proof)),
        el("p", words("finding", fault.explanation)),
        class_="fault",
    )


def counts(book: Book, summary: RunSummary) -> Html:
    """Both conservation laws with this run's counts."""
    figures = count_figures(summary)
    checked, held = conservation_figures(summary)
    totals = summary.counts
    due_kept = totals.due == totals.sent + totals.dropped + totals.backlog
    ended = totals.decided + totals.rejected + totals.failed + totals.in_flight
    return card(
        "Every transaction accounted for",
        "nothing appears or vanishes between two lines",
        _law(book, figures, "due", ("sent", "dropped", "backlog"), due_kept),
        _law(
            book,
            figures,
            "sent",
            ("decided", "rejected", "failed", "in_flight"),
            totals.sent == ended,
        ),
        el(
            "p",
            "Both laws held at the end of ",
            book.show(held),
            " of ",
            book.show(checked),
            " seconds.",
            class_="below",
        ),
        class_="counts",
    )


def _law(
    book: Book, figures: dict[str, Figure], left: str, right: tuple[str, ...], held: bool
) -> Html:
    def term(name: str) -> Html:
        label = el("span", name.replace("_", " "), class_="label")
        return el("span", book.show(figures[name]), label, class_="term")

    signs = ["=", *("+" for _ in right[1:])]
    parts = [join(el("span", s, class_="op"), term(n)) for s, n in zip(signs, right, strict=True)]
    verdict = el("span", "✓ holds" if held else "✕ broken", class_="good" if held else "bad")
    return el("p", term(left), *parts, verdict, class_="law")


def journal(book: Book, summary: RunSummary) -> Html:
    """Acknowledged transactions against the journal."""
    figures = journal_figures(summary)
    if figures:
        body = terms([(figure.label, book.show(figure)) for figure in figures])
        note = "distinct acknowledged ids against the journal's own rows, after the drain"
    elif summary.target.has_journal:
        body, note = el("p", "Not compared yet, or the journal could not be read."), ""
    else:
        body, note = el("p", "Not measured on this target: it has no journal."), ""
    return card("Journal", note, body)
