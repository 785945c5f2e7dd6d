"""The platform's processes, queues, journal and resources as rows and figures."""

from __future__ import annotations

from engine.metrics.view import RunView
from engine.model.control import EdgeTelemetry, PlatformReport, ScorerTelemetry
from engine.model.figure import Figure
from engine.model.parts import Part
from engine.model.tick import Tick
from engine.report.make import Number, derived, known, measured, whole
from engine.report.parts_reports import Span

REPORTED = "as the platform's newest report has it"
GROWN = "growth between two reports ÷ seconds between them"
REST = "all processes of the platform − edge − scorers, never below 0"
DEATHS = "how often it was started again after it had died"
SINCE = "since Start"

Process = EdgeTelemetry | ScorerTelemetry


def process_rows(span: Span | None) -> list[Part]:
    """Supervisor, edge and scorers; none while the platform tells nothing."""
    if span is None:
        return []
    now = span.now
    held = set(now.held_down)
    return [
        Part(key="supervisor", name="Supervisor", status="up", note="starts and replaces the rest"),
        Part(key="edge", name="Edge", status=now.edge.status, note="HTTP, dedupe, journal"),
        *(
            Part(
                key=f"scorer.{one.index}",
                name=f"Scorer {one.index + 1}",
                status="held" if one.index in held and one.status != "up" else one.status,
            )
            for one in now.scorers
        ),
    ]


def process_figures(span: Span | None, *, ended: bool) -> list[Figure]:
    """Figures `part.<process>.*`, one row a process, and how many are up unless all have ended."""
    if span is None:
        return []
    now = span.now
    parts: list[tuple[str, str, Process]] = [("edge", "Edge", now.edge)]
    parts += [(f"scorer.{one.index}", f"Scorer {one.index + 1}", one) for one in now.scorers]
    up = None if ended else sum(one.status == "up" for _, _, one in parts) + 1
    return [
        measured("part.processes.up", "Processes up", up, "count", samples=1, note=REPORTED),
        measured("part.processes.all", "Processes", len(parts) + 1, "count", samples=1),
        _pid("supervisor", "Supervisor", now.supervisor_pid),
        _supervisor_cpu(span),
        *(figure for part in parts for figure in _process(*part, span)),
    ]


def _process(key: str, name: str, one: Process, span: Span) -> list[Figure]:
    alive = one.status != "down"
    cpu = span.rate(lambda report: _cpu(report, key))
    return [
        measured(f"part.{key}", "Process", name, "text", samples=1, note=REPORTED),
        _pid(key, name, one.pid if alive else None),
        derived(
            f"part.{key}.cpu",
            f"{name}: CPU",
            cpu,
            "cores",
            formula=GROWN,
            inputs={"seconds between": round(span.seconds, 3)},
            note="user and system time, in cores",
        ),
        measured(
            f"part.{key}.rss",
            f"{name}: resident memory",
            one.rss_bytes / 1e6 if alive and one.rss_bytes else None,
            "mb",
            samples=1,
            note=REPORTED,
        ),
        measured(
            f"part.{key}.restarts",
            f"{name}: restarts",
            one.restarts,
            "count",
            samples=1,
            note=DEATHS,
        ),
    ]


def _pid(key: str, name: str, pid: int | None) -> Figure:
    shown = None if not pid else str(pid)
    return measured(f"part.{key}.pid", f"{name}: process id", shown, "count", samples=1)


def _supervisor_cpu(span: Span) -> Figure:
    rest = span.rate(_rest)
    return derived(
        "part.supervisor.cpu",
        "Supervisor: CPU",
        rest,
        "cores",
        formula=f"({REST}), {GROWN}",
        inputs={"seconds between": round(span.seconds, 3)},
    )


def _rest(report: PlatformReport) -> float:
    own = report.edge.cpu_seconds + sum(one.cpu_seconds for one in report.scorers)
    return report.cpu_seconds - own


def _cpu(report: PlatformReport, key: str) -> float | None:
    if key == "edge":
        return report.edge.cpu_seconds
    return next(
        (one.cpu_seconds for one in report.scorers if f"scorer.{one.index}" == key),
        None,
    )


QUEUES = (
    ("backlog", "Due, not yet sent", "at the load generator"),
    ("in_flight", "Sent, not yet answered", "at the load generator"),
    ("scoring", "Waiting for or at a scorer", "at the edge"),
    ("journal", "Handed to the journal", "at the edge"),
    ("letters", "Dead letters", "at the load generator, to be sent again"),
)


def queue_rows(view: RunView) -> list[Part]:
    """Where transactions wait, in the order in which they pass."""
    inside = bool(view.reports)
    return [
        Part(key=f"queue.{key}", name=name, note=note)
        for key, name, note in QUEUES
        if inside or key not in {"scoring", "journal"}
    ]


def queue_figures(tick: Tick, span: Span | None) -> list[Figure]:
    """Figures `part.queue.<key>.depth` and `.age`, and the journal's own."""
    edge = span.now.edge if span else None
    return [
        _depth("backlog", tick.backlog_now),
        _depth("in_flight", tick.in_flight_now),
        _depth("letters", tick.dead_letters_now),
        _depth("scoring", edge.queue_depth if edge else None),
        _age("scoring", edge.queue_age_ms if edge else None),
        _depth("journal", edge.journal_depth if edge else None),
        _age("journal", edge.journal_age_ms if edge else None),
        *_journal(edge, span),
    ]


def _journal(edge: EdgeTelemetry | None, span: Span | None) -> list[Figure]:
    rate = span.rate(lambda report: float(report.edge.journal_rows)) if span else None
    commits = span.rate(lambda report: float(report.edge.commits)) if span else None
    inputs = {"seconds between": round(span.seconds, 3) if span else None}
    return [
        measured(
            "part.journal.commit_ms",
            "Commit",
            edge.commit_ms if edge else None,
            "ms",
            samples=1,
            note="mean of the commits in the platform's latest report",
        ),
        measured(
            "part.journal.rows",
            "Rows in the journal",
            edge.journal_rows if edge else None,
            "count",
            samples=1,
            note="counted by the journal itself",
        ),
        derived(
            "part.journal.tps", "Rows committed", rate, "tps", formula=GROWN, inputs={**inputs}
        ),
        derived(
            "part.journal.commits",
            "Commits",
            commits,
            "tps",
            formula=GROWN,
            inputs={**inputs},
            note="a commit holds many rows",
        ),
    ]


def _depth(key: str, value: Number) -> Figure:
    name = next(name for k, name, _ in QUEUES if k == key)
    return measured(f"part.queue.{key}.depth", name, whole(value), "count", samples=1)


def _age(key: str, value: Number) -> Figure:
    name = next(name for k, name, _ in QUEUES if k == key)
    figure_id, label = f"part.queue.{key}.age", f"{name}: the oldest has waited"
    return measured(figure_id, label, known(value), "ms", samples=1, note=REPORTED)
