"""The live protocol: the engine's newest state and rows in, JSON messages out.

`hello` tells a viewer everything; `tick` tells what is new since the previous message. A
`Transcript` knows what has been told so far. It says `hello` again whenever a tick could not bring
the viewers up to date: when a new run or selection begins, or when more rows are new than it read.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from dashboard.live.sentences import sentences
from engine.model.live import LiveState
from engine.model.parts import PartsState
from engine.report.format import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from engine.model.figure import Figure
    from engine.model.results import RunSummary

    Frames = Callable[[int | None], pd.DataFrame]

ROW_COLUMNS = (
    "t_seconds",
    "schedule_seconds",
    "plan_tps",
    "offered_tps",
    "achieved_tps",
    "response_p50_ms",
    "response_p95_ms",
    "response_p99_ms",
    "error_rate",
    "decided",
    "failed",
    "faults_active_now",
    "scorers_up_now",
    "queue_depth_now",
)
CHANGING = (
    "status",
    "clock_seconds",
    "act",
    "marks",
    "plan",
    "rate_factor",
    "faults",
    "degraded",
    "warnings",
    "doubts",
    "events",
    "nodes",
    "verdict",
    *(name for name in PartsState.model_fields if name not in LiveState.model_fields),
)
EVENTS_SHOWN = 20
ROWS_READ = 8
PING = '{"type":"ping"}'

Row = list[float]
Entry = dict[str, object]
_encode = msgspec.json.Encoder().encode  # writes nan as null


class Transcript:
    """What viewers who heard every message know."""

    def __init__(self) -> None:
        self._state: dict[str, object] = {}
        self._definitions: dict[str, Entry] = {}
        self._figures: dict[str, list[object]] = {}
        self._told_seconds = -math.inf  # of the newest row told

    def advance(self, state: LiveState, frame: Frames) -> list[str]:
        """The messages that bring those viewers up to date; none if nothing changed.

        `frame` gives the newest rows of the shared buffer, or all, as `Engine.frame` does.
        """
        told, known, quoted = self._state, self._definitions, self._figures
        self._state = _fields(state)
        shown = [*state.figures, *sentences(state, EVENTS_SHOWN)]
        self._definitions = {figure.id: _definition(figure) for figure in shown}
        self._figures = {figure.id: _quote(figure) for figure in shown}
        newest = _rows(frame(ROWS_READ))
        fresh = [row for row in newest if row[0] > self._told_seconds]
        if _begins_anew(told, self._state) or len(fresh) == ROWS_READ:
            rows = _rows(frame(None))
            self._told_seconds = rows[-1][0] if rows else -math.inf
            return [self.hello(frame)]
        tick = {
            "type": "tick",
            "state": {
                key: value
                for key, value in self._state.items()
                if key in CHANGING and value != told[key]
            },
            "definitions": _new_in(self._definitions, known),
            "figures": self._figures,
        }
        if fresh:
            self._told_seconds = fresh[-1][0]
            return [_text({**tick, "row": row}) for row in fresh]
        moved = tick["state"] or tick["definitions"] or self._figures != quoted
        return [_text(tick)] if moved else []

    def hello(self, frame: Frames) -> str:
        """Everything told so far, with the whole history of the run."""
        rows = [row for row in _rows(frame(None)) if row[0] <= self._told_seconds]
        return _text(
            {
                "type": "hello",
                "state": self._state,
                "definitions": self._definitions,
                "figures": self._figures,
                "columns": ROW_COLUMNS,
                "rows": rows,
            }
        )


def _new_in(now: dict[str, Entry], before: dict[str, Entry]) -> dict[str, Entry]:
    return {key: entry for key, entry in now.items() if before.get(key) != entry}


def _begins_anew(before: dict[str, object], now: dict[str, object]) -> bool:
    return not before or any(now[key] != before[key] for key in now if key not in CHANGING)


def _fields(state: LiveState) -> dict[str, object]:
    fields = state.model_dump(mode="json", exclude={"figures", "summary"})
    fields["events"] = fields["events"][-EVENTS_SHOWN:]
    fields["verdict"] = None if state.summary is None else _verdict(state.summary)
    return fields


def _verdict(summary: RunSummary) -> Entry:
    shown = {"key", "label", "formula", "outcome", "explanation"}
    return {
        "verdict": summary.verdict.value,
        "reason": summary.verdict_reason,
        "criteria": [each.model_dump(mode="json", include=shown) for each in summary.criteria],
    }


def _definition(figure: Figure) -> Entry:
    return {
        "label": figure.label,
        "unit": figure.unit,
        "provenance": figure.provenance.value,
        "formula": figure.formula,
        "inputs": figure.inputs,
        "source": None if figure.source is None else figure.source.model_dump(),
        "note": figure.note,
    }


def _quote(figure: Figure) -> list[object]:
    return [figure.value, text(figure), figure.window_seconds, figure.sample_size]


def _rows(frame: pd.DataFrame) -> list[Row]:
    rows: list[Row] = frame[list(ROW_COLUMNS)].to_numpy().tolist()
    return rows


def _text(message: Mapping[str, object]) -> str:
    return _encode(message).decode()
