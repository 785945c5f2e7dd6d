"""A run's record in, one HTML file out: what an investor keeps and a third party can check.

The file needs nothing outside itself. Its content security policy forbids every request and lets
run exactly three texts, each by its digest: the style sheet, the script, and the chart library,
which travels as gzip in base64 and is unpacked by the browser. Charts are drawn from the data the
file carries, so what is seen and what can be recomputed is the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from pathlib import Path

from engine.metrics.record import RunRecord
from engine.report import snapshot_context as context
from engine.report import snapshot_evidence as evidence
from engine.report import snapshot_quality as quality
from engine.report import snapshot_top as top
from engine.report.book import Book
from engine.report.html import Html, el, join
from engine.report.snapshot_appendix import data, digests, provenance
from engine.report.snapshot_data import pack, parts
from engine.report.snapshot_flow import flow
from engine.report.snapshot_instrument import instrument
from engine.report.snapshot_resilience import resilience
from engine.report.theme import DARK, LIGHT
from engine.report.views import response, timeline

ASSETS = Path(__file__).resolve().parents[2] / "assets"
FONT = ASSETS / "fonts" / "inter-latin-wght-normal.woff2"
CSS = ASSETS / "snapshot" / "snapshot.css"
SCRIPT = ASSETS / "snapshot" / "snapshot.js"
CHARTS = ASSETS / "vendor" / "plotly-basic.min.js"
VIEWS = {"timeline": timeline, "response": response}


def render(record: RunRecord) -> bytes:
    """The snapshot of a finished or running run, as one self-contained HTML file in UTF-8."""
    book = Book()
    body = _body(book, record)
    style = Html(_style(record))
    library, packed = _charts()
    script = Html(SCRIPT.read_text(encoding="utf-8"))
    policy = _policy(style, script, library)
    page = join(
        el(
            "head",
            el("meta", charset="utf-8"),
            el(
                "meta",
                http_equiv="Content-Security-Policy",
                content=policy,
            ),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="dark light"),
            el("title", _title(record)),
            el("style", style),
        ),
        el(
            "body",
            body,
            Html(f'<script type="application/json" id="views">{_views(record)}</script>'),
            Html(f'<script type="application/gzip" id="charts">{packed}</script>'),
            el("script", script),
        ),
    )
    return join(Html("<!doctype html>\n"), el("html", page, lang="en")).encode()


def _body(book: Book, record: RunRecord) -> Html:
    summary = record.summary
    sections = [
        top.header(book, record),
        top.hero(book, record),
        top.charts(),
        top.criteria(book, record),
        flow(book, record),
        evidence.faults(book, summary),
        resilience(book, summary),
        evidence.counts(book, summary),
        quality.latencies(book, summary),
        instrument(book, record),
        el("div", evidence.journal(book, summary), context.cost(book, summary), class_="pair"),
        el("div", quality.quality(book, record), context.benchmarks(book), class_="pair"),
        el("div", context.method(book, record), context.environment(book, summary), class_="pair"),
        context.events(book, record.events),
    ]
    carried = parts(record, list(book.figures.values()))
    carried_section = data(book, carried, digests(carried))
    blocks = [part.element() for part in carried]
    return join(el("main", *sections, carried_section, provenance(book)), *blocks)


def _title(record: RunRecord) -> str:
    marks = "".join(f" [{mark}]" for mark in top.all_marks(record.summary))
    return f"{record.summary.name}: {top.verdict_word(record.summary)}{marks} · Limelight"


def _views(record: RunRecord) -> str:
    """Both charts in both themes, without their points: those come from the data."""
    views: dict[str, dict[str, object]] = {}
    for theme in (DARK, LIGHT):
        for name, view in VIEWS.items():
            figure = json.loads(view(record, theme).to_json())
            for trace in figure["data"]:
                del trace["x"], trace["y"]
            views.setdefault(theme.name, {})[name] = figure
    return json.dumps(views, separators=(",", ":")).replace("<", "\\u003c")


def _style(record: RunRecord) -> str:
    """The style sheet with its font inside, and the target and marks on every printed page."""
    font = base64.b64encode(FONT.read_bytes()).decode()
    face = (
        "@font-face{font-family:Inter;font-weight:100 900;font-display:block;"
        f"src:url(data:font/woff2;base64,{font}) format('woff2')}}"
    )
    marks = " · ".join([record.summary.target.line, *top.all_marks(record.summary)])
    page = f"@page{{@top-left{{content:{_css_string(marks)}}}}}"
    return f"{face}\n{CSS.read_text(encoding='utf-8')}\n{page}\n"


def _css_string(words: str) -> str:
    """Words as a CSS string in which nothing can end the string or the style element."""
    safe = (c if c.isalnum() or c in " .,:;()·-×%" else f"\\{ord(c):x} " for c in words)
    return '"' + "".join(safe) + '"'


@lru_cache(maxsize=1)
def _charts() -> tuple[str, str]:
    """The chart library, and the same packed."""
    library = CHARTS.read_text(encoding="utf-8")
    return library, pack(library)


def _policy(style: str, script: str, library: str) -> str:
    """Nothing from anywhere, but three texts by digest and the font and images inside."""
    scripts = " ".join(f"'{_sha(text)}'" for text in (script, library))
    return (
        f"default-src 'none'; script-src {scripts}; style-src '{_sha(style)}' '{_sha('')}'; "
        "font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _sha(text: str) -> str:
    return f"sha256-{_digest(text)}"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
