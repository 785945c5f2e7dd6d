"""Faults that are on and over, orders the platform says it holds, its level, and the log."""

from __future__ import annotations

from collections.abc import Sequence

from engine.metrics.view import RunView
from engine.model.control import FaultState
from engine.model.event import EventKind, RunEvent
from engine.model.figure import Figure
from engine.model.parts import LogLine, Part
from engine.model.results import FaultRecord
from engine.report.make import Number, derived, measured
from engine.report.parts_reports import Span

OVER_SHOWN = 8
OPERATOR_SHOWN = 100
OTHERS_SHOWN = 30
RECORDED = "recorded by the engine at the instant it says, in seconds since Start"
TOLD = "as the platform itself says of the orders it holds; not the proof"
PROOF = "an independent probe, which does not believe the order"
STRATEGIES = {
    "explanations_shed": "explanations shed",
    "fast_path": "fast path: fewer agents",
    "admission_control": "admission control: less at once",
}
ORDERS = {
    "hold_down": "Scorers held down",
    "agent_delay": "Agent slowed",
    "reasoning_limit": "Reasoning tier limited",
    "journal_limit": "Journal's capacity cut",
    "connection_delay": "Connections delayed",
    "intake_stall": "Intake stalled",
    "ballast": "Memory taken",
}
SIGNALS = {
    "queue_age_seconds": ("Oldest in a queue", "seconds"),
    "in_flight_share": ("Under way, of what may be", "ratio"),
    "commit_seconds": ("Mean commit", "seconds"),
    "cpu_share": ("Edge's core in use", "ratio"),
    "memory_share": ("Fullest scorer's memory", "ratio"),
    "error_share": ("Errors", "ratio"),
}
_OF_FAULTS = frozenset(
    {
        EventKind.FAULT_APPLIED,
        EventKind.FAULT_PROVEN,
        EventKind.FAULT_CLEARED,
        EventKind.FAULT_REMOVED,
        EventKind.FAULT_REFUSED,
        EventKind.RECOVERED,
    }
)


def fault_rows(faults: Sequence[FaultRecord]) -> tuple[list[Part], list[Part]]:
    """Those that are on and those that are over, the newest first."""
    rows = [(_row(index, fault), fault) for index, fault in enumerate(faults)]
    rows.reverse()
    on = [row for row, fault in rows if fault.clear_seconds is None]
    return on, [row for row, fault in rows if fault.clear_seconds is not None][:OVER_SHOWN]


def _row(index: int, fault: FaultRecord) -> Part:
    status = "proven" if fault.proven else "unproven"
    if fault.clear_seconds is not None and fault.proven:
        status = "recovered" if fault.recovered_at_seconds is not None else "cleared"
    return Part(
        key=f"fault.{index}",
        name=fault.display_name,
        status=status,
        note="by hand" if fault.by_hand else "as planned",
    )


def fault_part_figures(faults: Sequence[FaultRecord]) -> list[Figure]:
    """Figures `part.fault.<index>.*` of every fault of the run."""
    return [figure for index, fault in enumerate(faults) for figure in _fault(index, fault)]


def _fault(index: int, fault: FaultRecord) -> list[Figure]:
    key, name = f"part.fault.{index}", fault.display_name
    return [
        _text(f"{key}.share", f"{name}: share hit", fault.share or None, PROOF),
        _text(f"{key}.proof", f"{name}: proof", fault.proof, PROOF),
        measured(f"{key}.severity", f"{name}: severity", fault.severity, "ratio", samples=1),
        measured(f"{key}.onset", f"{name}: onset", fault.onset_seconds, "clock", samples=1),
        measured(f"{key}.clear", f"{name}: clear", fault.clear_seconds, "clock", samples=1),
        _seconds(f"{key}.recovery", f"{name}: back after", fault.recovery_from_onset_seconds),
        measured(
            f"{key}.failed", f"{name}: failed during", fault.failed_during, "count", samples=1
        ),
    ]


def order_rows(span: Span | None) -> list[Part]:
    """Orders that hold now, as the platform says."""
    held = span.now.faults if span else []
    return [Part(key=f"order.{one.tag}", name=_order(one.tag), status="on") for one in held]


def order_figures(span: Span | None) -> list[Figure]:
    """Figures `part.order.<tag>.left` and `.did`."""
    held = span.now.faults if span else []
    return [
        figure
        for one in held
        for figure in (
            _seconds(f"part.order.{one.tag}.left", f"{_order(one.tag)}: left", one.seconds_left),
            _text(f"part.order.{one.tag}.did", f"{_order(one.tag)}: so far", _did(one), TOLD),
        )
    ]


def _did(state: FaultState) -> str:
    return ", ".join(f"{_words(name)} {value:,.0f}" for name, value in state.did.items())


def level_figures(span: Span | None) -> list[Figure]:
    """Figures `part.level`, `part.level.since` and `part.signal.*` of the edge's degradation."""
    told = span.now.degradation if span else None
    since = None
    if span and told and told.since_ns:
        since = max(0.0, (span.now.at_ns - told.since_ns) / 1e9)
    worst = SIGNALS.get(told.worst, (told.worst, ""))[0] if told else ""
    values = told.signals if told else {}
    return [
        derived(
            "part.level",
            "Degradation, as the platform has it",
            told.level if told else None,
            "text",
            formula="the level of the worst of the edge's own signals",
            inputs={**values},
            note=f"worst: {worst}" if worst else None,
        ),
        _seconds("part.level.since", "At this level for", since),
        *(
            measured(f"part.signal.{name}", label, values.get(name), unit, samples=1)
            for name, (label, unit) in SIGNALS.items()
        ),
    ]


def strategies(span: Span | None) -> list[str]:
    """What the edge does about its level, in words."""
    used = span.now.degradation.strategies if span else []
    return [STRATEGIES.get(name, _words(name)) for name in used]


def log_lines(view: RunView) -> list[LogLine]:
    """What operators did and what came of it, the newest first; operators' own are kept longest."""
    events = list(enumerate(view.events))
    own = [one for one in events if by_operator(one[1])][-OPERATOR_SHOWN:]
    others = [one for one in events if not by_operator(one[1])][-OTHERS_SHOWN:]
    return [
        LogLine(
            key=str(place),
            t_seconds=event.t_seconds,
            kind="operator" if by_operator(event) else event.kind.value,
            message=event.message,
        )
        for place, event in sorted([*own, *others], key=lambda one: one[0], reverse=True)
    ]


def by_operator(event: RunEvent) -> bool:
    """Whether a person did it: a command, or a fault by hand and what was refused of it."""
    by_hand = event.kind in _OF_FAULTS and "by hand" in event.message
    return event.kind is EventKind.OPERATOR or by_hand


def log_figures(lines: Sequence[LogLine]) -> list[Figure]:
    """Figures `log.<place>`, so that every line says whose it is."""
    return [_text(f"log.{line.key}", "What was done", line.message, RECORDED) for line in lines]


def _order(tag: str) -> str:
    kind, _, whom = tag.partition(":")
    named = ORDERS.get(kind, _words(kind))
    return f"{named}: {_words(whom)}" if whom else named


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(figure_id: str, label: str, words: str | None, note: str) -> Figure:
    return measured(figure_id, label, words, "text", samples=1, note=note)


def _seconds(figure_id: str, label: str, value: Number) -> Figure:
    return measured(figure_id, label, value, "seconds", samples=1)
