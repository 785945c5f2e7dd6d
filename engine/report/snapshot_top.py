"""The snapshot's first page: what was tested, how it came out, and the whole run at a glance."""

from __future__ import annotations

from engine.metrics.record import RunRecord
from engine.model.results import CriterionOutcome, CriterionResult, RunSummary, Verdict
from engine.report.book import Book
from engine.report.figures import summary_hero
from engine.report.figures_fault import recovery_figures
from engine.report.html import Html, el, join
from engine.report.make import stated
from engine.report.record_figures import RECORD, criterion_figures, identity_figures

SIGNS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✕",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ABORTED: "■",
}
OUTCOME_SIGNS = {CriterionOutcome.HELD: "✓", CriterionOutcome.DID_NOT_HOLD: "✕"}
NOT_FINISHED = "NOT FINISHED"
INCONCLUSIVE = "INCONCLUSIVE"
SEPARATOR = el("span", " · ", class_="separator")


def all_marks(summary: RunSummary) -> list[str]:
    """Every mark the run must carry wherever it is shown."""
    marks = [mark for mark in summary.marks if mark != INCONCLUSIVE]
    if not summary.status.final:
        return [*marks, NOT_FINISHED]
    return [*marks, INCONCLUSIVE] if summary.verdict is Verdict.INCONCLUSIVE else marks


def verdict_word(summary: RunSummary) -> str:
    """The verdict in a word or two; a run under way has none."""
    return str(summary.verdict).capitalize() if summary.status.final else "Still running"


def header(book: Book, record: RunRecord) -> Html:
    """Target line and marks, name, verdict, and which run this is."""
    summary, facts = record.summary, identity_figures(record.summary)
    marks = [
        el("span", book.tell(stated(f"mark.{index}", "Mark", mark, "text", RECORD)), class_="mark")
        for index, mark in enumerate(all_marks(summary))
    ]
    target = stated("run.target", "Target", summary.target.line, "text", RECORD)
    name = stated("run.name", "Scenario", summary.name, "text", RECORD)
    told = [
        el("span", label, " ", book.show(facts[key]))
        for label, key in (
            ("started", "started"),
            ("length", "duration"),
            ("seed", "seed"),
            ("run", "id"),
        )
    ]
    return el(
        "header",
        el("div", el("p", book.tell(target), class_="target"), *marks, class_="band"),
        el(
            "div",
            el("div", el("h1", book.tell(name)), el("p", *told, class_="facts")),
            verdict_pill(book, summary),
            class_="title",
        ),
    )


def verdict_pill(book: Book, summary: RunSummary) -> Html:
    """The verdict in a word, with its reason."""
    word = verdict_word(summary)
    sign = SIGNS[summary.verdict] if summary.status.final else "…"
    reason = stated("verdict.reason", "Verdict", summary.verdict_reason, "text", RECORD)
    kind = str(summary.verdict) if summary.status.final else "running"
    return el(
        "div",
        el("strong", el("span", sign, aria_hidden="true", class_="sign"), word),
        el("p", book.tell(reason)),
        class_=f"verdict {kind}",
    )


def hero(book: Book, record: RunRecord) -> Html:
    """Decided; achieved of offered; p99; failed and lost; recovery."""
    summary = record.summary
    row = {figure.id: figure for figure in summary_hero(summary)}
    lost = row["hero.lost"]
    return el(
        "section",
        _tile("Decided", book.show(row["hero.decided"]), "since the first arrival", "lead"),
        _tile(
            "Achieved rate",
            book.show(row["hero.achieved_tps"]),
            join("of ", book.show(row["hero.offered_tps"]), " offered, whole run"),
        ),
        _tile(
            "Response time, p99",
            book.show(row["hero.response_p99_ms"]),
            "from the due instant, this machine, no network",
        ),
        _tile(
            "Failed · lost",
            join(book.show(row["hero.failed"]), SEPARATOR, book.show(lost)),
            _loss(summary),
        ),
        _tile("Recovery", *_recovery(book, summary)),
        class_="hero",
        aria_label="Result",
    )


def _loss(summary: RunSummary) -> str:
    if not summary.target.has_journal:
        return "failed: no decision · lost: not measured, the target has no journal"
    if summary.journal is None:
        return "failed: no decision · lost: not checked against the journal yet"
    return "failed: no decision · lost: acknowledged, not in the journal"


def _recovery(book: Book, summary: RunSummary) -> tuple[Html, str]:
    """Value and words of one and the same fault: one that is still open before any other."""
    proven = [fault for fault in summary.faults if fault.proven]
    if not proven:
        return _words("no fault"), "no fault took place in this run"
    still_open = [fault for fault in proven if fault.recovery_from_onset_seconds is None]
    if still_open:
        return _words("not recovered"), f"after: {still_open[-1].display_name.lower()}"
    recovery, _ = recovery_figures(proven[-1:], None)
    return book.show(recovery), f"from the onset of: {proven[-1].display_name.lower()}"


def _words(said: str) -> Html:
    return el("span", said, class_="words")


def _tile(label: str, value: Html, below: str, class_: str = "") -> Html:
    return el(
        "div",
        el("p", label, class_="label"),
        el("p", value, class_="value"),
        el("p", below, class_="below"),
        class_=f"card tile {class_}".strip(),
    )


def charts() -> Html:
    """Where the two charts are drawn, from the data further down."""
    return el(
        "section",
        _chart("timeline", "The whole run", "transactions per second"),
        _chart("response", "Response time", "milliseconds, from the due instant"),
        class_="charts",
    )


def _chart(name: str, title: str, unit: str) -> Html:
    empty = "The charts need a browser that runs the scripts in this file."
    return el(
        "figure",
        el("figcaption", el("h2", title), el("span", unit, class_="unit-note")),
        el("div", el("noscript", empty), id=f"chart-{name}", class_="chart"),
        class_="card",
    )


def criteria(book: Book, record: RunRecord) -> Html:
    """Every criterion: outcome, measured, threshold, formula and finding."""
    rows = [_criterion(book, record, result) for result in record.summary.criteria]
    heads = ("Outcome", "Criterion", "Measured", "Threshold", "Rule and finding")
    body = (
        el(
            "table",
            el("thead", el("tr", *(el("th", head, scope="col") for head in heads))),
            el("tbody", *rows),
        )
        if rows
        else el("p", "This run was held to no criterion.")
    )
    return el(
        "section", el("h2", "What was asked, and what was found"), body, class_="card criteria"
    )


def _criterion(book: Book, record: RunRecord, result: CriterionResult) -> Html:
    parts = criterion_figures(record, result)
    kind = {CriterionOutcome.HELD: "held", CriterionOutcome.DID_NOT_HOLD: "broken"}
    name = result.label
    decided = parts["measured"].value is not None
    asked = not isinstance(result.threshold, bool)
    return el(
        "tr",
        el(
            "td",
            el("span", OUTCOME_SIGNS.get(result.outcome, "–"), class_="sign", aria_hidden="true"),
            str(result.outcome),
            class_=f"outcome {kind.get(result.outcome, 'open')}",
        ),
        el("th", name, scope="row"),
        el("td", book.show(parts["measured"]) if decided else "–", class_="number"),
        el("td", book.show(parts["threshold"]) if asked else "–", class_="number"),
        el(
            "td",
            el("p", book.tell(parts["explanation"])),
            el("p", book.tell(parts["formula"]), class_="formula"),
        ),
    )
