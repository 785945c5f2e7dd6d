"""Agents and scorers: load, latency, health, breakers, and how evenly the work is spread."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from engine.analysis.balance import IMBALANCE, Imbalance, imbalance
from engine.model.control import AgentTelemetry, PlatformReport, ScorerTelemetry, SparseHistogram
from engine.model.figure import Figure
from engine.model.parts import Part
from engine.report.make import ONE_MACHINE, Number, derived, measured
from engine.report.parts_processes import process_rows
from engine.report.parts_reports import Span, latest_window

BATCH = f"time of one batch, which every transaction in it waits for; {ONE_MACHINE}"
PASSAGE = f"from the request at the edge to the scorer's decision; {ONE_MACHINE}"
LOAD = "busy seconds ÷ (seconds × scorers)"
SCORER_LOAD = "busy seconds ÷ seconds"
HEALTH = "scored ÷ (scored + decided without it), latest second"
SINCE = "over the life of the platform"
PERCENTILES = (("p50", 50), ("p95", 95), ("p99", 99))
COUNTS = ("errors", "timeouts", "fallbacks", "bypassed", "trips", "recoveries")
KINDS = {
    "transaction_analyzer": "rules: amount, velocity, travel",
    "pattern_detector": "statistics: the customer's own habits",
    "risk_assessor": "learned: gradient-boosted trees",
    "compliance_agent": "rules: limits, structuring, corridors",
}
BREAKERS = {"closed": "closed", "half_open": "half open", "open": "open"}


def agent_rows(span: Span | None) -> list[Part]:
    """One row an agent; its status is the worst state of its breakers."""
    agents = span.now.agents if span else []
    return [
        Part(
            key=f"agent.{one.name}",
            name=one.name.replace("_", " ").capitalize(),
            status=BREAKERS.get(one.breaker, one.breaker),
            note=KINDS.get(one.name, ""),
        )
        for one in agents
    ]


def scorer_rows(span: Span | None) -> list[Part]:
    """One row a scorer."""
    rows = process_rows(span)
    return [row.model_copy(update={"note": ""}) for row in rows if row.key.startswith("scorer.")]


def agent_figures(reports: Sequence[PlatformReport], span: Span | None) -> list[Figure]:
    """Figures `part.agent.<name>.*` and `part.scorer.<index>.*` beyond those of its process."""
    if span is None:
        return []
    return [
        *(figure for one in span.now.agents for figure in _agent(one, reports, span)),
        *(figure for one in span.now.scorers for figure in _scorer(one, reports, span)),
        *_spread("agents", agent_loads(span)),
        *_spread("scorers", scorer_loads(span)),
    ]


def _agent(agent: AgentTelemetry, reports: Sequence[PlatformReport], span: Span) -> list[Figure]:
    key, name = f"part.agent.{agent.name}", agent.name.replace("_", " ")
    rate = span.rate(partial(_of_agent, name=agent.name, column="scored"))
    without = span.rate(partial(_of_agent, name=agent.name, column="fallbacks"))
    health = rate / (rate + without) if rate is not None and without and rate + without else None
    healthy = 1.0 if rate and not without else health
    read = partial(_agent_latency, name=agent.name)
    return [
        derived(
            f"{key}.tps",
            f"{name}: scored",
            rate,
            "tps",
            formula="scored ÷ seconds",
            inputs={"seconds": round(span.seconds, 3)},
        ),
        _load(key, name, agent_loads(span).get(agent.name), LOAD, span),
        *_percentiles(key, name, reports, read, BATCH),
        derived(
            f"{key}.health",
            f"{name}: health",
            healthy,
            "ratio",
            formula=HEALTH,
            inputs={"scored a second": rate, "without it a second": without},
        ),
        *(_count(key, name, column, getattr(agent, column)) for column in COUNTS),
        _count(key, name, "breakers_open", agent.breakers_open, "scorers that do not ask it now"),
        measured(
            f"{key}.deadline_ms",
            f"{name}: deadline",
            agent.deadline_ms,
            "ms",
            samples=1,
            note="after which the vote goes on without it",
        ),
        measured(f"{key}.weight", f"{name}: weight in the vote", agent.weight, "ratio", samples=1),
    ]


def _scorer(scorer: ScorerTelemetry, reports: Sequence[PlatformReport], span: Span) -> list[Figure]:
    key, name = f"part.scorer.{scorer.index}", f"Scorer {scorer.index + 1}"
    rate = span.rate(partial(_of_scorer, index=scorer.index, column="scored"))
    read = partial(_scorer_latency, index=scorer.index)
    return [
        derived(
            f"{key}.tps",
            f"{name}: scored",
            rate,
            "tps",
            formula="scored ÷ seconds",
            inputs={"seconds": round(span.seconds, 3)},
        ),
        _load(key, name, scorer_loads(span).get(scorer.index), SCORER_LOAD, span),
        *_percentiles(key, name, reports, read, PASSAGE),
        measured(f"{key}.depth", f"{name}: queue", scorer.queue_depth, "count", samples=1),
        measured(
            f"{key}.customers", f"{name}: customers in memory", scorer.customers, "count", samples=1
        ),
    ]


def agent_loads(span: Span) -> dict[str, float]:
    """Each agent's share of the scorers' time in the latest second."""
    scorers = max(1, len(span.now.scorers))
    rates = {
        one.name: span.rate(partial(_of_agent, name=one.name, column="busy_seconds"))
        for one in span.now.agents
    }
    return {name: rate / scorers for name, rate in rates.items() if rate is not None}


def scorer_loads(span: Span) -> dict[int, float]:
    """The share of the latest second in which each scorer that is up was at work."""
    rates = {
        one.index: span.rate(partial(_of_scorer, index=one.index, column="busy_seconds"))
        for one in span.now.scorers
        if one.status == "up"
    }
    return {index: rate for index, rate in rates.items() if rate is not None}


def _spread(key: str, loads: dict[str, float] | dict[int, float]) -> list[Figure]:
    named = {_named(name): load for name, load in loads.items()}
    found: Imbalance | None = imbalance(named)
    label = f"Imbalance between {key}"
    inputs = {name: round(load, 4) for name, load in named.items()}
    return [
        derived(
            f"part.imbalance.{key}",
            label,
            found.share if found else None,
            "ratio",
            formula=IMBALANCE,
            inputs={**inputs},
            note="flagged above 30 %",
        ),
        derived(
            f"part.imbalance.{key}.most",
            f"{label}: the most",
            found.name if found else None,
            "text",
            formula="the one with the highest load",
            inputs={**inputs},
        ),
    ]


def _named(name: str | int) -> str:
    return f"scorer {name + 1}" if isinstance(name, int) else name.replace("_", " ")


def _load(key: str, name: str, load: Number, formula: str, span: Span) -> Figure:
    inputs = {"seconds": round(span.seconds, 3), "scorers": len(span.now.scorers)}
    return derived(
        f"{key}.load", f"{name}: load", load, "ratio", formula=formula, inputs={**inputs}
    )


def _percentiles(
    key: str,
    name: str,
    reports: Sequence[PlatformReport],
    read: partial[SparseHistogram | None],
    note: str,
) -> list[Figure]:
    histogram, seconds = latest_window(reports, read)
    return [
        measured(
            f"{key}.{column}",
            f"{name}: {column}",
            histogram.percentile_ms(q),
            "ms",
            window=seconds,
            samples=histogram.count,
            note=note,
        )
        for column, q in PERCENTILES
    ]


def _count(key: str, name: str, column: str, value: int, note: str = SINCE) -> Figure:
    words = f"{name}: {column.replace('_', ' ')}"
    return measured(f"{key}.{column}", words, value, "count", samples=1, note=note)


def _of_agent(report: PlatformReport, name: str, column: str) -> float | None:
    return next((float(getattr(one, column)) for one in report.agents if one.name == name), None)


def _of_scorer(report: PlatformReport, index: int, column: str) -> float | None:
    return next((float(getattr(o, column)) for o in report.scorers if o.index == index), None)


def _agent_latency(report: PlatformReport, name: str) -> SparseHistogram | None:
    return next((one.latency for one in report.agents if one.name == name), None)


def _scorer_latency(report: PlatformReport, index: int) -> SparseHistogram | None:
    return next((one.latency for one in report.scorers if one.index == index), None)
