"""The figures of one document: each number is shown through it, so each has its provenance."""

from __future__ import annotations

import re

from engine.model.figure import Figure, Provenance
from engine.report.format import text
from engine.report.html import Html, el, escape, join

NUMBER = re.compile(r"(?<![A-Za-z_\d])\d")  # "p99" is a name
PARTS = re.compile(r"^([^\dA-Za-z]*\d[\d.,:]*)(\D*)$", re.DOTALL)


class Book:
    """Collects every figure that a document shows, in the order of its first showing."""

    def __init__(self) -> None:
        self.figures: dict[str, Figure] = {}

    def add(self, figure: Figure) -> Figure:
        """Register a figure; raises ValueError if another one has its id."""
        if self.figures.setdefault(figure.id, figure) != figure:
            msg = f"two different figures have the id {figure.id}"
            raise ValueError(msg)
        return figure

    def show(self, figure: Figure, class_: str = "") -> Html:
        """A figure's text, leading to its line in the provenance table."""
        self.add(figure)
        return el(
            "a",
            _typeset(text(figure)),
            class_=f"figure {class_}".strip(),
            href=f"#from-{figure.id}",
            title=f"{figure.label}: {origin(figure)}",
            data_figure=figure.id,
            data_value=exact_text(figure),
        )

    def tell(self, figure: Figure) -> Html:
        """Words in running text: a figure if there is a number in them, plain otherwise."""
        words = str(figure.value or "")
        if not NUMBER.search(words):
            return escape(words)
        self.add(figure)
        return el("span", words, data_figure=figure.id, data_value=words)


def exact_text(figure: Figure) -> str | None:
    """The value to the last digit, as the store and the embedded data have it."""
    if figure.value is None:
        return None
    return figure.value if isinstance(figure.value, str) else repr(figure.value)


def origin(figure: Figure) -> str:
    """Where a figure's number came from, in one line."""
    if figure.value is None:
        return figure.note or "not measured"
    given = figure.provenance is Provenance.ASSUMED
    parts = [] if given else [str(figure.provenance)]
    if figure.provenance is Provenance.MEASURED:
        if figure.window_seconds is not None:
            parts.append(f"over {figure.window_seconds:,.4g} s")
        if figure.sample_size is not None and figure.sample_size > 1:
            parts.append(f"{figure.sample_size:,} samples")
    if figure.formula:
        parts.append(figure.formula)
    if figure.source:
        said = (figure.source.publisher, figure.source.title, figure.source.date)
        parts.append(("given by " if given else "") + ", ".join(filter(None, said)))
    if figure.note:
        parts.append(figure.note)
    return " · ".join(parts)


def _typeset(words: str) -> Html:
    match = PARTS.match(words)
    if match is None or not match.group(2):
        return escape(words)
    return join(match.group(1), el("span", match.group(2), class_="unit"))
