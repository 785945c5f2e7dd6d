"""The flow's figures: rates and latencies of every node, from its newest report."""

from __future__ import annotations

from engine.model.figure import Figure
from engine.model.presentation import TransactionFlowNode
from engine.model.tick import Tick
from engine.report.make import ONE_MACHINE, Number, derived, known, measured

OUTCOMES = (
    ("approve", "approved", "Approved"),
    ("review", "review", "Review"),
    ("decline", "declined", "Declined"),
)
TICK_SECONDS = 0.25
REPORT = "mean over the platform's latest report"
REPORTED = "difference of the platform's latest two reports"
SENT = "in the latest tick"
BATCH = "per batch: every transaction in it waits for it"


def flow_figures(
    nodes: list[TransactionFlowNode], tick: Tick, totals: dict[str, float]
) -> list[Figure]:
    """Figures `flow.*`, of the nodes there are and of the outcomes."""
    by_id = {node.node_id: node for node in nodes}
    source, edge = by_id.get("source"), by_id.get("edge")
    journal = by_id.get("journal")
    return [
        _rate("flow.source.tps", "Sent", source.throughput if source else None, SENT),
        _rate("flow.edge.tps", "Edge", edge.throughput if edge else None, REPORTED),
        _latency("flow.edge.latency_ms", "Edge", edge.latency_ms if edge else None),
        _gauge("flow.scorers_up", "Scorers up", tick.scorers_up_now),
        _gauge("flow.scorers_asked", "Scorers", tick.scorers_asked),
        _down(tick),
        *_scorers(nodes),
        *_agents(nodes),
        _rate("flow.journal.tps", "Journal", journal.throughput if journal else None, REPORTED),
        _latency(
            "flow.journal.commit_ms", "Journal commit", journal.latency_ms if journal else None
        ),
        _gauge("flow.queue_depth", "Queue", tick.queue_depth_now),
        *_outcomes(by_id, tick, totals),
    ]


def _down(tick: Tick) -> Figure:
    asked, up = known(tick.scorers_asked), known(tick.scorers_up_now)
    return derived(
        "flow.scorers_down",
        "Scorers down",
        None if asked is None or up is None else asked - up,
        "count",
        formula="scorers there are − scorers up, at the end of the latest tick",
        inputs={"scorers": asked, "up": up},
    )


def _scorers(nodes: list[TransactionFlowNode]) -> list[Figure]:
    return [
        figure
        for node in nodes
        if node.node_type == "scorer"
        for figure in (
            _rate(f"flow.{node.node_id}.tps", "Scorer", node.throughput, REPORTED),
            _latency(f"flow.{node.node_id}.latency_ms", "Scorer", node.latency_ms),
        )
    ]


def _agents(nodes: list[TransactionFlowNode]) -> list[Figure]:
    return [
        _latency(
            f"flow.{node.node_id}.latency_ms",
            f"{node.node_name}, a batch",
            node.latency_ms,
            f"{BATCH}; {REPORT}; {ONE_MACHINE}",
        )
        for node in nodes
        if node.node_type == "agent"
    ]


def _outcomes(
    by_id: dict[str, TransactionFlowNode], tick: Tick, totals: dict[str, float]
) -> list[Figure]:
    decided = totals.get("decided", 0.0)
    figures = []
    for name, column, label in OUTCOMES:
        node, total = by_id.get(f"outcome.{name}"), totals.get(column, 0.0)
        share = derived(
            f"flow.outcome.{name}.share",
            label,
            total / decided if decided else None,
            "ratio",
            formula=f"{column} ÷ decided since Start",
            inputs={column: total, "decided": decided},
        )
        rate, note = node.throughput if node else None, f"{column} in the latest tick"
        figures += [share, _rate(f"flow.outcome.{name}.tps", label, rate, note)]
    failed = derived(
        "flow.failed.tps",
        "Failed",
        tick.failed / TICK_SECONDS if known(tick.t_seconds) is not None else None,
        "tps",
        formula="failed in the latest tick ÷ tick length in seconds",
        inputs={"failed": known(tick.failed), "tick length": TICK_SECONDS},
    )
    return [*figures, failed]


def _rate(figure_id: str, label: str, value: Number, note: str) -> Figure:
    return measured(figure_id, label, value, "tps", window=TICK_SECONDS, note=note)


def _latency(
    figure_id: str, label: str, value: Number, note: str = f"{REPORT}; {ONE_MACHINE}"
) -> Figure:
    return measured(figure_id, label, value, "ms", window=TICK_SECONDS, note=note)


def _gauge(figure_id: str, label: str, value: Number) -> Figure:
    number = known(value)
    return measured(
        figure_id, label, None if number is None else int(number), "count", window=TICK_SECONDS
    )
