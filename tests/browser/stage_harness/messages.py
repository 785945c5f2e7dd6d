"""The scripted run as messages of the live protocol."""

from __future__ import annotations

import json

from tests.browser.stage_harness import script
from tests.browser.stage_harness.figures import definitions, figures

CRITERIA = [
    {"key": "p99_latency_ms", "label": "Response p99 at most", "value": 1_000.0, "unit": "ms"},
]
VERDICT = {
    "verdict": "passed",
    "verdict_reason": "every criterion held",
    "criteria": [
        {
            "key": "zero_data_loss",
            "outcome": "held",
            "explanation": "every acknowledged decision is in the journal, none twice",
            "formula": "missing = 0 and duplicated = 0",
        },
        {
            "key": "recovery_demonstrated",
            "outcome": "held",
            "explanation": "back to steady state 20.5 s after onset",
            "formula": "recovered after every fault",
        },
        {
            "key": "p99_latency_ms",
            "outcome": "held",
            "explanation": "p99 over the whole run was 664 ms",
            "formula": "response p99 ≤ threshold",
        },
    ],
}


def status(t: float, phase: str) -> str:
    if phase in {"idle", "starting"}:
        return "not_started" if phase == "idle" else "initializing"
    return "completed" if t >= script.DURATION else "running"


def changing(t: float, phase: str) -> dict[str, object]:
    began = phase != "idle"
    latest = script.row(t)
    return {
        "status": status(t, phase),
        "clock_seconds": t,
        "act": script.act(t) if began else None,
        "marks": marks(began, phase),
        **doubtful(phase == "doubtful"),
        "faults": script.fault(t),
        "warnings": ["The machine is shared: 2 late arrivals in the last second"]
        if phase == "recovery"
        else [],
        "events": [
            {"t_seconds": at, "kind": kind, "message": message, "data": {}}
            for at, kind, message in script.EVENTS
            if began and at <= t
        ],
        "nodes": script.nodes(t, latest) if began else [],
        "verdict": VERDICT if t >= script.DURATION else None,
    }


def marks(began: bool, phase: str) -> list[str]:
    own = ["RATE CHANGED LIVE TO 64 %", "DEGRADED"] if phase == "doubtful" else []
    return ["SCALED 33 %", *own] if began else []


def doubtful(doubted: bool) -> dict[str, object]:
    return {
        "doubts": script.DOUBTS if doubted else [],
        "degraded": [script.GAP] if doubted else [],
        "rate_factor": script.LOWERED_TO if doubted else 1.0,
        "plan": script.LOWERED_PLAN if doubted else script.PLAN,
    }


def hello(t: float, phase: str) -> str:
    rows = [] if phase in {"idle", "starting"} else script.rows_until(t)
    state = {
        "run_id": None if phase == "idle" else "harness",
        "target_line": "Target: scripted test feed on 127.0.0.1 (a harness, not a measurement)",
        "preset": "pitch",
        "name": "Harness: three minutes, one crash",
        "promise": "6,000 payments a second, one worker killed, nothing lost.",
        "duration_seconds": script.DURATION,
        "criteria": CRITERIA,
        **changing(t, phase),
    }
    message = {
        "type": "hello",
        "state": state,
        "definitions": definitions(),
        "figures": figures(t, rows, status(t, phase)),
        "columns": script.COLUMNS,
        "rows": rows,
    }
    return json.dumps(message)


def tick(t: float, phase: str, *, fresh: bool) -> str:
    rows = script.rows_until(t)
    message: dict[str, object] = {
        "type": "tick",
        "state": changing(t, phase),
        "definitions": {},
        "figures": figures(t, rows, status(t, phase)),
    }
    if fresh:
        message["row"] = rows[-1]
    return json.dumps(message)
