"""A scripted run for the stage's tests: the shape of a feed, and measured by nobody.

Every value here is made up from the run clock by a fixed rule, so that a test knows which phase it
is in. The target line and the name say so on the page. Nothing of this is imported by the app.
"""

from __future__ import annotations

import math
import random

DURATION = 180.0
TICK = 0.25
PEAK = 6_000.0
CRASH, CLEARED, RECOVERED = 70.0, 85.0, 90.5
PHASES = {
    "idle": 0.0,
    "starting": 0.0,
    "ramp": 14.0,
    "steady": 50.0,
    "doubtful": 60.0,
    "crash": 76.0,
    "recovery": 87.5,
    "recovered": 108.0,
    "finished": DURATION,
}
PLAN = [(0.0, 0.0), (20.0, PEAK), (DURATION, PEAK)]
LOWERED_AT, LOWERED_TO = 55.0, 0.8
LOWERED_PLAN = [
    *PLAN[:-1],
    (LOWERED_AT, PEAK),
    (LOWERED_AT, PEAK * LOWERED_TO),
    (DURATION, PEAK * LOWERED_TO),
]
DOUBTS = [
    "A load worker was lost: look for what ended it and run again",
    "Arrivals are sent late: lower the rate or close other programs",
]
GAP = {
    "share": 1,
    "shares": 2,
    "reason": "killed",
    "from_seconds": 40.0,
    "to_seconds": 41.75,
}
COLUMNS = (
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


def plan_tps(t: float) -> float:
    return PEAK * min(1.0, t / 20.0)


def row(t: float) -> list[float | None]:
    """The row of one tick at run clock `t`, the same at every call."""
    chance = random.Random(int(t * 4))
    plan = plan_tps(t)
    shaken = CRASH <= t < CLEARED
    warming = CLEARED <= t < RECOVERED
    failed = plan * TICK * (0.012 if shaken else 0.0)
    share = 0.76 if shaken else 1.04 if warming else 1.0
    achieved = max(0.0, plan * share + chance.gauss(0, 12 + plan * 0.004))
    settled = t > 1.5
    p50 = 1.1 + 0.5 * chance.random() + (24 if shaken else 4 if warming else 0)
    p95 = p50 * (2.2 + chance.random() * 0.5) + (260 if shaken else 60 if warming else 0)
    p99 = p95 * (1.8 + chance.random() * 0.6)
    return [
        t,
        t,
        plan,
        plan,
        achieved,
        p50 if settled else None,
        p95 if settled else None,
        p99 if settled else None,
        failed / max(1.0, plan * TICK),
        round(achieved * TICK),
        round(failed),
        1.0 if shaken else 0.0,
        3.0 if shaken else 4.0,
        round(plan * 0.05) if shaken else round(chance.random() * 6),
    ]


def rows_until(t: float) -> list[list[float | None]]:
    return [row(TICK * k) for k in range(math.floor(t / TICK) + 1)]


def fault(t: float) -> list[dict[str, object]]:
    status = (
        "planned"
        if t < CRASH
        else "active"
        if t < CLEARED
        else "cleared"
        if t < RECOVERED
        else "recovered"
    )
    return [
        {
            "name": "Worker crash",
            "start_seconds": CRASH,
            "end_seconds": CLEARED,
            "status": status,
            "recovered_seconds": RECOVERED if t >= RECOVERED else None,
            "proven": t >= CRASH,
        }
    ]


EVENTS = [
    (0.0, "state", "Running against four scorers"),
    (20.0, "state", "Planned peak reached: 6,000 per second"),
    (70.1, "fault_applied", "Worker crash: 1 of 4 scorers killed"),
    (70.4, "fault_proven", "Proven: process 4711 is gone"),
    (85.0, "fault_cleared", "Worker crash cleared"),
    (90.5, "recovered", "Back to steady state 20.5 s after onset"),
    (180.0, "state", "Drained, reconciled with the journal"),
]


def act(t: float) -> str:
    if t < CRASH:
        return "It carries the load" if t >= 20 else "It ramps up"
    return "One worker dies" if t < RECOVERED else "It comes back by itself"


def nodes(t: float, latest: list[float | None]) -> list[dict[str, object]]:
    shaken, warming = CRASH <= t < CLEARED, CLEARED <= t < CLEARED + 2
    achieved = latest[4] or 0.0
    plan = latest[2] or 0.0

    def node(
        node_id: str, kind: str, tps: float, ms: float | None, status: str = "up"
    ) -> dict[str, object]:
        return {
            "node_id": node_id,
            "node_type": kind,
            "node_name": node_id,
            "status": status,
            "throughput": tps,
            "latency_ms": ms,
            "error_rate": None,
            "queue_depth": None,
            "process_id": None,
        }

    out = [node("source", "source", plan, None), node("edge", "edge", plan, 1.3)]
    for k in range(4):
        dark = k == 2 and (shaken or warming)
        state = "down" if dark and shaken else "starting" if dark else "up"
        out.append(
            node(f"scorer.{k}", "scorer", 0.0 if dark else achieved / 4, 0.6 + k / 20, state)
        )
    for k, name in enumerate(AGENTS):
        out.append({**node(f"agent.{name}", "agent", achieved, 0.05 + k / 30), "node_name": name})
    out.append(node("aggregator", "aggregator", achieved, 0.02))
    out.append(node("journal", "journal", achieved, 1.1))
    for name, share in SHARES.items():
        out.append(node(f"outcome.{name}", "outcome", achieved * share, None))
    return out


AGENTS = ("TransactionAnalyzer", "PatternDetector", "RiskAssessor", "ComplianceAgent")
SHARES = {"approve": 0.962, "review": 0.029, "decline": 0.009}
