"""Which figures of the platform are on its metrics page."""

from __future__ import annotations

from engine.model.control import (
    AgentTelemetry,
    EdgeTelemetry,
    PlatformReport,
    ScorerTelemetry,
)
from engine.platform.buckets import together
from engine.platform.exposition import Labels, Page
from engine.platform.metrics_of_faults import degradation, faults
from engine.platform.scorer_vital import ScorerVital
from engine.platform.telemetry import EdgeVital

_OUTCOMES = ("decided", "invalid", "shed", "replayed")
_STATES = ("closed", "half_open", "open")
_NO: Labels = {}


class MetricsPage:
    """The page as of the last report; made only when somebody asks for it."""

    def __init__(self, edge: EdgeVital, scorers: list[ScorerVital]) -> None:
        self._edge, self._scorers = edge, scorers
        self._report: PlatformReport | None = None
        self._before: PlatformReport | None = None

    def told(self, report: PlatformReport) -> None:
        """The newest report."""
        self._before, self._report = self._report, report

    def text(self) -> bytes:
        """The page; empty before the first report."""
        page = Page()
        if self._report is not None:
            self._intake(page, self._report)
            _processes(page, self._report)
            self._of_scorers(page, self._report)
            self._agents(page, self._report)
            self._reasoning(page, self._report)
            degradation(page, self._report.degradation)
            faults(page, self._report.faults)
        return page.text()

    def _intake(self, page: Page, report: PlatformReport) -> None:
        edge = report.edge
        page.counter("requests", "HTTP requests the edge took.", [(_NO, edge.requests)])
        page.counter(
            "transactions",
            "Transactions by what became of them: decided, invalid (400), shed (503 or 500), "
            "replayed (a known id that came again).",
            [({"outcome": name}, getattr(edge, name)) for name in _OUTCOMES],
        )
        page.histogram(
            "response",
            "From the whole request at the edge to its answer, decided transactions.",
            [(_NO, self._edge.times("response"))],
        )
        page.histogram(
            "journal_commit", "One commit of the journal.", [(_NO, self._edge.times("commit"))]
        )
        page.gauge("journal_rows", "Rows in the journal.", [(_NO, edge.journal_rows)])
        page.gauge("in_flight", "Transactions taken and not answered.", [(_NO, edge.in_flight)])
        page.gauge("connections", "Open connections to the edge.", [(_NO, edge.connections)])
        page.gauge(
            "queue_depth", "Transactions waiting for or at a scorer.", [(_NO, edge.queue_depth)]
        )
        page.gauge(
            "queue_age_seconds", "Age of the oldest of them.", [(_NO, edge.queue_age_ms / 1000)]
        )
        page.gauge("journal_depth", "Handed to the journal.", [(_NO, edge.journal_depth)])
        page.gauge(
            "journal_age_seconds", "Age of the oldest of them.", [(_NO, edge.journal_age_ms / 1000)]
        )

    def _of_scorers(self, page: Page, report: PlatformReport) -> None:
        scorers = [({"scorer": str(one.index)}, one) for one in report.scorers]
        page.counter("scored", "Transactions a scorer scored.", _each(scorers, "scored"))
        page.counter("scorer_busy_seconds", "Time at work.", _each(scorers, "busy_seconds"))
        page.counter("evictions", "Customers forgotten for others.", _each(scorers, "evictions"))
        page.counter("rebuilds", "Rebuilds from the journal.", _each(scorers, "rebuilds"))
        page.gauge("rebuild_seconds", "The last rebuild.", _each(scorers, "rebuild_seconds"))
        page.gauge("customers", "Customers in memory.", _each(scorers, "customers"))
        page.gauge("customers_bytes", "What they take.", _each(scorers, "memory_bytes"))
        page.gauge("ballast_bytes", "Memory taken by a fault.", _each(scorers, "ballast_bytes"))
        page.gauge(
            "scorer_queue_depth", "Transactions waiting or there.", _each(scorers, "queue_depth")
        )
        page.gauge(
            "scorer_load",
            "Share of the last tick in which a scorer was at work.",
            [(labels, load) for labels, one in scorers if (load := self._load(one)) is not None],
        )
        page.histogram(
            "scorer_latency",
            "From the request at the edge to the scorer's decision.",
            [({"scorer": str(one.index)}, one.latency.times) for one in self._scorers],
        )

    def _load(self, scorer: ScorerTelemetry) -> float | None:
        before, now = self._before, self._report
        if before is None or now is None:
            return None
        for former in before.scorers:
            if former.index == scorer.index:
                seconds = (now.at_ns - before.at_ns) / 1e9
                return max(0.0, scorer.busy_seconds - former.busy_seconds) / seconds
        return None

    def _agents(self, page: Page, report: PlatformReport) -> None:
        agents = [({"agent": one.name}, one) for one in report.agents]
        for name, about in _AGENT_COUNTS.items():
            page.counter(f"agent_{name}", about, _each(agents, name))
        page.gauge("agent_weight", "Share in the vote.", _each(agents, "weight"))
        page.gauge(
            "agent_deadline_seconds",
            "How long it is waited for.",
            [(labels, one.deadline_ms / 1000) for labels, one in agents],
        )
        page.gauge(
            "agent_breakers_open", "Scorers that do not ask it.", _each(agents, "breakers_open")
        )
        page.gauge(
            "agent_breaker",
            "1 for the worst state of its breakers.",
            [
                ({**labels, "state": state}, float(one.breaker == state))
                for labels, one in agents
                for state in _STATES
            ],
        )
        page.gauge(
            "agent_health",
            "Transactions scored in the last tick / (scored + decided without it).",
            [(labels, one) for labels, agent in agents if (one := self._health(agent)) is not None],
        )
        page.histogram(
            "agent_batch",
            "Time of one batch; one that missed its deadline counts with the deadline.",
            [
                (labels, together([scorer.agents[index] for scorer in self._scorers]))
                for index, (labels, _) in enumerate(agents)
            ],
        )

    def _health(self, agent: AgentTelemetry) -> float | None:
        before = self._before.agents if self._before is not None else []
        for former in before:
            if former.name == agent.name:
                scored = agent.scored - former.scored
                without = agent.fallbacks - former.fallbacks
                return scored / (scored + without) if scored + without > 0 else None
        return None

    def _reasoning(self, page: Page, report: PlatformReport) -> None:
        tier = report.reasoning
        page.counter(
            "reasoning",
            "Transactions asked of the second stage, and what became of them.",
            [
                ({"outcome": name}, getattr(tier, name))
                for name in ("asked", "explained", "shed", "refused")
            ],
        )
        page.counter("reasoning_busy_seconds", "Its time at work.", [(_NO, tier.busy_seconds)])
        page.histogram(
            "reasoning_latency",
            "One explanation.",
            [(_NO, together([scorer.reasoning for scorer in self._scorers]))],
        )


_AGENT_COUNTS = {
    "scored": "Transactions an agent scored.",
    "busy_seconds": "Time until its answers, or until it was given up.",
    "errors": "Transactions it failed on.",
    "timeouts": "Batches in which it missed its deadline.",
    "fallbacks": "Transactions decided without it although it was wanted.",
    "bypassed": "Transactions that the fast path decided without it.",
    "delayed": "Calls slowed down by an injected fault.",
    "trips": "Times a breaker opened.",
    "recoveries": "Times a breaker closed again.",
}


def _each(
    parts: list[tuple[Labels, ScorerTelemetry]] | list[tuple[Labels, AgentTelemetry]], name: str
) -> list[tuple[Labels, float]]:
    return [(labels, getattr(one, name)) for labels, one in parts]


def _processes(page: Page, report: PlatformReport) -> None:
    parts: list[tuple[Labels, EdgeTelemetry | ScorerTelemetry]] = [
        ({"process": "edge"}, report.edge)
    ]
    parts += [({"process": f"scorer-{one.index}"}, one) for one in report.scorers]
    page.gauge(
        "process_up", "1 while it does its work.", [(a, float(b.status == "up")) for a, b in parts]
    )
    page.counter("process_restarts", "Its deaths.", [(a, b.restarts) for a, b in parts])
    page.counter(
        "process_cpu_seconds",
        "User and system time, dead ones included.",
        [(a, b.cpu_seconds) for a, b in parts],
    )
    page.gauge(
        "process_resident_memory_bytes", "Resident memory.", [(a, b.rss_bytes) for a, b in parts]
    )
    page.counter(
        "platform_cpu_seconds",
        "User and system time of all processes of the platform, the supervisor too.",
        [({}, report.cpu_seconds)],
    )
    page.gauge("held_down", "Scorers held down by a fault.", [({}, len(report.held_down))])
