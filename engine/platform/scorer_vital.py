"""What the supervisor knows of the scorers, their agents and their reasoning, over all restarts."""

from __future__ import annotations

from engine.model.control import AgentTelemetry, ReasoningTelemetry, ScorerTelemetry
from engine.platform.answer import AGENTS
from engine.platform.buckets import Latency, recent
from engine.platform.telemetry import MS_NS, EdgeVital, Vital
from engine.platform.wire import AgentCounters, ReasoningCounters, ScorerCounters

_SECOND_NS = 1e9
_BREAKERS = ("closed", "half_open", "open")
SCORER_COUNTS = ("scored", "busy_ns", "evictions", "rebuilds", "fast_decided")
AGENT_COUNTS = (
    *("scored", "batches", "busy_ns", "errors", "timeouts", "fallbacks", "bypassed", "delayed"),
    *("trips", "recoveries"),
)
REASONING_COUNTS = ("asked", "explained", "shed", "refused", "busy_ns")


class ScorerVital(Vital):
    """A scorer's slot; `last` is its newest note."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index
        self.last: ScorerCounters | None = None
        self.latency = Latency()
        self.reasoning = Latency()
        self.agents = [Latency() for _ in AGENTS]

    def heard(self, counters: ScorerCounters) -> None:
        """A note with counters came."""
        self.last = counters
        self.cpu_now = counters.cpu_seconds
        self.rss_bytes = counters.rss_bytes_now
        self.latency.add(counters.latency)
        self.reasoning.add(counters.reasoning.latency)
        counts = {name: float(getattr(counters, name)) for name in SCORER_COUNTS}
        counts |= _named("reasoning", REASONING_COUNTS, counters.reasoning)
        for index, agent in enumerate(counters.agents):
            self.agents[index].add(agent.latency)
            counts |= _named(f"agent.{index}", AGENT_COUNTS, agent)
        self.tally.update(counts)

    def reported(self) -> None:
        """The next report's means and newest latencies begin here."""
        super().reported()
        for latency in (self.latency, self.reasoning, *self.agents):
            latency.recent = {}

    @property
    def ballast_bytes(self) -> int:
        """Memory taken and touched by order."""
        return self.last.ballast_bytes_now if self.last and self.status != "down" else 0

    def telemetry(self, edge: EdgeVital) -> ScorerTelemetry:
        """This scorer's part of a report; latency and depth are the edge's view."""
        index, last, tally = self.index, self.last, self.tally
        return ScorerTelemetry(
            index=index,
            pid=self.pid,
            status=self.status,
            restarts=self.restarts,
            scored=int(tally.total("scored")),
            busy_seconds=tally.total("busy_ns") / _SECOND_NS,
            cpu_seconds=self.cpu_seconds,
            rss_bytes=self.rss_bytes,
            queue_depth=edge.depth_of(index),
            latency_ms=edge.tally.mean(f"latency_ns.{index}", f"answered.{index}", MS_NS),
            customers=last.customers_now if last and self.status == "up" else 0,
            evictions=int(tally.total("evictions")),
            memory_bytes=last.memory_bytes_now if last and self.status == "up" else 0,
            ballast_bytes=self.ballast_bytes,
            rebuilds=int(tally.total("rebuilds")),
            rebuilt_customers=last.rebuilt_customers_now if last else 0,
            rebuilt_rows=last.rebuilt_rows_now if last else 0,
            rebuild_seconds=last.rebuilt_ns_now / _SECOND_NS if last else 0.0,
            latency=recent([self.latency]),
        )


def _named(
    prefix: str, names: tuple[str, ...], counters: AgentCounters | ReasoningCounters
) -> dict[str, float]:
    return {f"{prefix}.{name}": float(getattr(counters, name)) for name in names}


def agents_telemetry(scorers: list[ScorerVital]) -> list[AgentTelemetry]:
    """Each agent over all scorers; latency is the mean over all their batches."""
    return [_agent(scorers, index, name) for index, name in enumerate(AGENTS)]


def _agent(scorers: list[ScorerVital], index: int, name: str) -> AgentTelemetry:
    total = {
        count: sum(scorer.tally.total(f"agent.{index}.{count}") for scorer in scorers)
        for count in AGENT_COUNTS
    }
    batches = sum(scorer.tally.grown(f"agent.{index}.batches") for scorer in scorers)
    busy_ns = sum(scorer.tally.grown(f"agent.{index}.busy_ns") for scorer in scorers)
    now = [scorer.last.agents[index] for scorer in scorers if scorer.last and scorer.status == "up"]
    breakers = [agent.breaker_now for agent in now]
    return AgentTelemetry(
        name=name,
        busy_seconds=total["busy_ns"] / _SECOND_NS,
        latency_ms=busy_ns / batches / MS_NS if batches > 0 else None,
        breaker=max(breakers, key=_BREAKERS.index, default="closed"),
        breakers_open=sum(state != "closed" for state in breakers),
        deadline_ms=now[0].deadline_ms_now if now else 0.0,
        weight=now[0].weight_now if now else 0.0,
        latency=recent([scorer.agents[index] for scorer in scorers]),
        **{key: int(total[key]) for key in AGENT_COUNTS if key not in {"busy_ns", "batches"}},
    )


def reasoning_telemetry(scorers: list[ScorerVital]) -> ReasoningTelemetry:
    """The second stage over all scorers."""
    total = {
        name: sum(scorer.tally.total(f"reasoning.{name}") for scorer in scorers)
        for name in REASONING_COUNTS
    }
    limits = [
        limit
        for scorer in scorers
        if scorer.last and (limit := scorer.last.reasoning.limit_per_second_now) is not None
    ]
    return ReasoningTelemetry(
        busy_seconds=total["busy_ns"] / _SECOND_NS,
        limit_per_second=sum(limits) if limits else None,
        latency=recent([scorer.reasoning for scorer in scorers]),
        **{key: int(total[key]) for key in REASONING_COUNTS if key != "busy_ns"},
    )


def fast_decided(scorers: list[ScorerVital]) -> int:
    """Transactions decided on the fast path, over all scorers."""
    return int(sum(scorer.tally.total("fast_decided") for scorer in scorers))
