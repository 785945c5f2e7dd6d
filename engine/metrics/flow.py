"""The platform's reports in, flow nodes and platform columns out.

Reports carry cumulative counts; rates are differences between two reports over the time between
them, on the clock both processes share.
"""

from __future__ import annotations

from collections import deque

from engine.model.control import AgentTelemetry, EdgeTelemetry, PlatformReport, ScorerTelemetry
from engine.model.presentation import TransactionFlowNode
from engine.model.tick import NAN

STALE_NS = 1_000_000_000
KEPT_REPORTS = 120


class PlatformFlow:
    """Keeps the latest two reports of one platform, and the `recent` ones for who looks inside.

    A report stands for the instant it was made: one older than a second says nothing of now.
    """

    def __init__(self) -> None:
        self._shed_told = 0
        self._trips_told = self._recoveries_told = 0
        self._refused_told = 0
        self.latest: PlatformReport | None = None
        self._before: PlatformReport | None = None
        self.recent: deque[PlatformReport] = deque(maxlen=KEPT_REPORTS)
        self.first_cpu_seconds: float | None = None

    def add(self, report: PlatformReport) -> None:
        """Take the newest report."""
        if self.first_cpu_seconds is None:
            self.first_cpu_seconds = report.cpu_seconds
        self._before, self.latest = self.latest, report
        self.recent.append(report)

    @property
    def cpu_seconds(self) -> float | None:
        """CPU seconds of all the platform's processes since the first report."""
        if self.latest is None or self.first_cpu_seconds is None:
            return None
        return self.latest.cpu_seconds - self.first_cpu_seconds

    def fresh(self, now_ns: int) -> bool:
        """Whether the newest report is of the latest second."""
        return self.latest is not None and now_ns - self.latest.at_ns <= STALE_NS

    def columns(self, alive: bool, now_ns: int) -> dict[str, float]:
        """The platform columns of one tick; nothing is carried over from a dead or silent one."""
        latest, before = self.latest, self._before
        if latest is None or (alive and not self.fresh(now_ns)):
            return {}
        if not alive:
            return {
                "edge_up": 0.0,
                "edge_tps": 0.0,
                "scorers_up_now": 0.0,
                "scorers_asked": float(len(latest.scorers)),
            }
        edge = latest.edge
        row = {
            "edge_up": float(edge.status == "up"),
            "edge_latency_ms": _number(edge.latency_ms),
            "queue_depth_now": float(edge.queue_depth),
            "queue_age_ms": edge.queue_age_ms,
            "commit_ms": _number(edge.commit_ms),
            "journal_rows": float(edge.journal_rows),
            "platform_rss_mb": (edge.rss_bytes + sum(s.rss_bytes for s in latest.scorers)) / 1e6,
            "scorers_up_now": float(sum(s.status == "up" for s in latest.scorers)),
            "scorers_asked": float(len(latest.scorers)),
            "scorer_utilisation": _number(latest.utilisation),
            "memory_share": latest.degradation.signals.get("memory_share", NAN),
        }
        if before is not None:
            seconds = (latest.at_ns - before.at_ns) / 1e9
            row["edge_tps"] = max(0, edge.decided - before.edge.decided) / seconds
            row["shed"] = float(max(0, edge.shed - self._shed_told))
            self._shed_told = edge.shed
            row["agent_health"] = _health(latest.agents, before.agents)
            row.update(self._breakers(latest.agents))
            refused = latest.reasoning.refused
            row["reasoning_refused"] = float(max(0, refused - self._refused_told))
            self._refused_told = refused
            row["platform_cpu_cores"] = (latest.cpu_seconds - before.cpu_seconds) / seconds
        return row

    def _breakers(self, agents: list[AgentTelemetry]) -> dict[str, float]:
        """What the agents' breakers did that was not told yet; a fall of the counts tells none."""
        trips, back = sum(a.trips for a in agents), sum(a.recoveries for a in agents)
        row = {
            "agent_trips": float(max(0, trips - self._trips_told)),
            "agent_recoveries": float(max(0, back - self._recoveries_told)),
        }
        self._trips_told, self._recoveries_told = trips, back
        return row

    def nodes(self, alive: bool, now_ns: int) -> list[TransactionFlowNode]:
        """Edge, scorers, agents and journal as they are now; of a silent platform, unknown."""
        latest = self.latest
        if latest is None:
            return []
        before = self._before or latest
        seconds = (latest.at_ns - before.at_ns) / 1e9
        nodes = [_edge(latest.edge, before.edge, seconds)]
        nodes += [
            _scorer(scorer, old, seconds)
            for scorer, old in zip(latest.scorers, before.scorers, strict=False)
        ]
        up = any(scorer.status == "up" for scorer in latest.scorers)
        nodes += [
            _agent(agent, old, seconds, up)
            for agent, old in zip(latest.agents, before.agents, strict=False)
        ]
        nodes.append(_journal(latest.edge, before.edge, seconds))
        if not alive:
            gone = {"status": "down", "throughput": 0.0, **_NOTHING}
            return [node.model_copy(update=gone) for node in nodes]
        if not self.fresh(now_ns):
            silent = {"status": "unknown", "throughput": None, **_NOTHING}
            return [node.model_copy(update=silent) for node in nodes]
        return nodes


def _health(now: list[AgentTelemetry], before: list[AgentTelemetry]) -> float:
    """Mean over the agents that were asked since `before` of scored ÷ asked; nan if none was."""
    grown = [
        (max(0, new.scored - old.scored), max(0, new.fallbacks - old.fallbacks))
        for new, old in zip(now, before, strict=False)
    ]
    health = [scored / (scored + without) for scored, without in grown if scored + without]
    return sum(health) / len(health) if health else NAN


_NOTHING = {"latency_ms": None, "error_rate": None, "queue_depth": None}


def _rate(now: int, before: int, seconds: float) -> float | None:
    return max(0, now - before) / seconds if seconds > 0 else None


def _edge(edge: EdgeTelemetry, before: EdgeTelemetry, seconds: float) -> TransactionFlowNode:
    return TransactionFlowNode(
        node_id="edge",
        node_type="edge",
        node_name="Edge",
        status=edge.status,
        throughput=_rate(edge.requests, before.requests, seconds),
        latency_ms=edge.latency_ms,
        queue_depth=edge.queue_depth,
        process_id=edge.pid,
    )


def _scorer(
    scorer: ScorerTelemetry, before: ScorerTelemetry, seconds: float
) -> TransactionFlowNode:
    return TransactionFlowNode(
        node_id=f"scorer.{scorer.index}",
        node_type="scorer",
        node_name=f"Scorer {scorer.index + 1}",
        status=scorer.status,
        throughput=_rate(scorer.scored, before.scored, seconds),
        latency_ms=scorer.latency_ms if scorer.status == "up" else None,
        queue_depth=scorer.queue_depth,
        process_id=scorer.pid,
    )


def _agent(
    agent: AgentTelemetry, before: AgentTelemetry, seconds: float, up: bool
) -> TransactionFlowNode:
    errors, scored = agent.errors - before.errors, agent.scored - before.scored
    return TransactionFlowNode(
        node_id=f"agent.{agent.name}",
        node_type="agent",
        node_name=agent.name,
        status="up" if up else "down",
        throughput=_rate(agent.scored, before.scored, seconds),
        latency_ms=agent.latency_ms,
        error_rate=errors / scored if scored > 0 else None,
    )


def _journal(edge: EdgeTelemetry, before: EdgeTelemetry, seconds: float) -> TransactionFlowNode:
    return TransactionFlowNode(
        node_id="journal",
        node_type="journal",
        node_name="Journal",
        status=edge.status,
        throughput=_rate(edge.journal_rows, before.journal_rows, seconds),
        latency_ms=edge.commit_ms,
    )


def _number(value: float | None) -> float:
    return NAN if value is None else value
