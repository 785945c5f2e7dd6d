"""The snapshot's appendix: where every shown number came from, and the data with its digests."""

from __future__ import annotations

from engine.model.figure import Figure
from engine.report.book import Book, exact_text, origin
from engine.report.format import text
from engine.report.html import Html, el
from engine.report.make import derived
from engine.report.snapshot_data import Part
from engine.report.snapshot_evidence import card

WHAT = {
    "summary": "counts, rates, times, faults, journal, criteria and verdict",
    "figures": "every figure shown above, with its provenance",
    "ticks": "one entry a row in each column: charts, counts, flow and criteria rest on them",
    "events": "what happened, in order",
    "scenario": "what was planned, as its preset holds it",
    "config": "the limits the run was held to",
}


def provenance(book: Book) -> Html:
    """One line for every figure shown, with its value to the last digit."""
    heads = ("Figure", "Shown as", "Exact value", "Where it came from")
    rows = [_line(figure) for figure in book.figures.values()]
    table = el(
        "table",
        el("thead", el("tr", *(el("th", head, scope="col") for head in heads))),
        el("tbody", *rows),
    )
    note = "every number in this file, and how it came to be"
    return card("Provenance", note, table, class_="provenance wide")


def _line(figure: Figure) -> Html:
    inputs = [f"{name} = {_exact(value)}" for name, value in (figure.inputs or {}).items()]
    address = figure.source.address if figure.source else ""
    return el(
        "tr",
        el("th", figure.label, el("code", figure.id), scope="row"),
        el("td", text(figure)),
        el("td", el("code", exact_text(figure) or "–")),
        el(
            "td",
            el("p", origin(figure)),
            *([el("p", "; ".join(inputs), class_="below")] if inputs else []),
            *([el("p", address, class_="address")] if address else []),
        ),
        id=f"from-{figure.id}",
        data_figure=figure.id,
    )


def _exact(value: float | int | str | None) -> str:
    return "not measured" if value is None else value if isinstance(value, str) else repr(value)


def digests(parts: list[Part]) -> list[Figure]:
    """The digest of each part, as a figure."""
    return [
        derived(
            f"data.{part.name}.sha256",
            f"Digest of the {part.name}",
            f"sha256:{part.sha256}",
            "text",
            formula="SHA-256 of the part's JSON text in UTF-8",
            inputs={"bytes": len(part.text.encode())},
        )
        for part in parts
    ]


def data(book: Book, parts: list[Part], figures: list[Figure]) -> Html:
    """The parts with their digests; the script checks them and can save each."""
    rows = [
        el(
            "tr",
            el("th", part.name, scope="row"),
            el("td", WHAT[part.name]),
            el("td", el("code", book.show(figure)), class_="digest"),
            el("td", "", class_="check", data_part=part.name),
            el("td", el("button", "Save", type="button", data_save=part.name)),
        )
        for part, figure in zip(parts, figures, strict=True)
    ]
    note = "take it out, compute counts, rates, shares and costs again"
    limit = "Percentiles of the whole run come from every answer; the file carries their values."
    table = el("table", el("tbody", *rows))
    return card("Data", note, table, el("p", limit, class_="below"), class_="data wide")
