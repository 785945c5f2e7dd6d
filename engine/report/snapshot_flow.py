"""The snapshot's flow: the way of a transaction through the target, with whole-run values."""

from __future__ import annotations

from engine.metrics.record import RunRecord
from engine.model.figure import Figure
from engine.report.book import Book
from engine.report.figures import summary_hero
from engine.report.figures_flow import OUTCOMES
from engine.report.html import Html, el
from engine.report.make import ONE_MACHINE, derived, known, measured
from engine.report.snapshot_evidence import card

FAN = (14.0, 38.0, 62.0, 86.0)
ENDS = (17.0, 50.0, 83.0)
KINDS = {"approve": "good", "review": "warn", "decline": "bad"}
WIDEST = 16.0


def flow(book: Book, record: RunRecord) -> Html:
    """Load generator, edge, scorers with their agents, journal and outcomes."""
    hero = {figure.id: figure for figure in summary_hero(record.summary)}
    source = _node("Load generator", book.show(hero["hero.offered_tps"]), "offered, whole run")
    outcomes = _outcomes(record)
    shares = [float(f.value) if isinstance(f.value, float) else 0.0 for f in outcomes.values()]
    if record.summary.target.has_telemetry:
        middle = _platform(book, record)
    else:
        achieved = book.show(hero["hero.achieved_tps"])
        middle = [_ribbon([(50.0, 50.0)], ["flow"]), _node("Target", achieved, "decided")]
    ends = [_outcome(book, record, name, figure) for name, figure in outcomes.items()]
    widths = [max(1.5, WIDEST * share) for share in shares]
    return card(
        "The way of a transaction",
        "whole run; widths of the outcomes are their shares",
        el(
            "div",
            source,
            *middle,
            _ribbon([(50.0, end) for end in ENDS], list(KINDS.values()), widths),
            el("div", *ends, class_="stack"),
            class_="flow",
        ),
    )


def _platform(book: Book, record: RunRecord) -> list[Html]:
    edge = _median(record, "edge_latency_ms", "flow.edge.latency_ms", "Edge, median")
    commit = _median(record, "commit_ms", "flow.journal.commit_ms", "Journal commit, median")
    agents = [node for node in record.nodes if node.node_type == "agent"]
    rows = [el("li", plain_name(node.node_name)) for node in agents]
    asked, fewest = _gauges(record)
    fan = FAN[: max(1, len(rows))] if rows else (50.0,)
    return [
        _ribbon([(50.0, 50.0)], ["flow"]),
        _node("Edge", book.show(edge), "request to answer, median"),
        _ribbon([(50.0, end) for end in fan], ["flow"] * len(fan)),
        el(
            "div",
            el("p", "Scorers", class_="label"),
            el("p", book.show(asked), " up as asked, ", book.show(fewest), " at the fewest"),
            el("ul", *rows, class_="agents"),
            el("p", "each scorer holds every agent", class_="below"),
            class_="node scorers",
        ),
        _ribbon([(start, 50.0) for start in fan], ["good"] * len(fan)),
        _node("Journal", book.show(commit), "median commit, before the answer"),
    ]


def plain_name(name: str) -> str:
    """`risk_assessor` as people write it: Risk assessor."""
    return name.replace("_", " ").capitalize() if "_" in name else name


def _median(record: RunRecord, column: str, figure_id: str, label: str) -> Figure:
    values = record.ticks[column].dropna()
    return derived(
        figure_id,
        label,
        known(float(values.median())) if len(values) else None,
        "ms",
        formula=f"median of {column} over ticks",
        inputs={"ticks": len(values)},
        note=ONE_MACHINE,
    )


def _gauges(record: RunRecord) -> tuple[Figure, Figure]:
    asked, up = record.ticks["scorers_asked"].dropna(), record.ticks["scorers_up_now"].dropna()
    return (
        measured(
            "flow.scorers_asked",
            "Scorers asked for",
            int(asked.iloc[-1]) if len(asked) else None,
            "count",
            samples=len(asked),
        ),
        measured(
            "flow.scorers_fewest",
            "Scorers up, fewest in any tick",
            int(up.min()) if len(up) else None,
            "count",
            samples=len(up),
        ),
    )


def _outcomes(record: RunRecord) -> dict[str, Figure]:
    decided = record.summary.counts.decided
    return {
        name: derived(
            f"flow.outcome.{name}.share",
            label,
            float(record.ticks[column].sum()) / decided if decided else None,
            "ratio",
            formula=f"{column} ÷ decided, whole run",
            inputs={column: int(record.ticks[column].sum()), "decided": decided},
        )
        for name, column, label in OUTCOMES
    }


def _outcome(book: Book, record: RunRecord, name: str, share: Figure) -> Html:
    column = next(column for key, column, _ in OUTCOMES if key == name)
    count = measured(
        f"flow.outcome.{name}.count",
        f"{share.label}, transactions",
        int(record.ticks[column].sum()),
        "count",
        window=record.summary.duration_seconds,
    )
    return el(
        "div",
        el("p", share.label, class_="label"),
        el("p", book.show(share), " ", el("span", book.show(count), class_="unit-note")),
        class_=f"node {KINDS[name]}",
    )


def _node(name: str, value: Html, below: str) -> Html:
    return el(
        "div",
        el("p", name, class_="label"),
        el("p", value, class_="value"),
        el("p", below, class_="below"),
        class_="node",
    )


def _ribbon(
    lines: list[tuple[float, float]], kinds: list[str], widths: list[float] | None = None
) -> Html:
    """Curves between two columns of a 100 × 100 canvas; widths in pixels."""
    widths = widths or [3.0] * len(lines)
    paths = [
        el(
            "path",
            d=f"M0 {start:g} C50 {start:g} 50 {end:g} 100 {end:g}",
            class_=kind,
            stroke_width=f"{width:g}",
            vector_effect="non-scaling-stroke",
        )
        for (start, end), kind, width in zip(
            lines, kinds, widths or [3.0] * len(lines), strict=True
        )
    ]
    return el(
        "svg",
        *paths,
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        class_="ribbon",
        aria_hidden="true",
    )
