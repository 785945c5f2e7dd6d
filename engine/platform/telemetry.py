"""Telemetry: from the counters of child processes to one report of the platform a tick.

A child counts from its own beginning. A slot (the edge, scorer i) outlives its processes: the
counts of dead ones are kept and added, so what a report says never goes back; what one did after
its last note (a tick at most) dies with it. Interval means are
differences of two reports.
"""

from __future__ import annotations

from engine.model.control import AgentTelemetry, EdgeTelemetry, ScorerTelemetry
from engine.platform.answer import AGENTS
from engine.platform.wire import EdgeCounters, ScorerCounters

_SECOND_NS = 1e9
_MS_NS = 1e6

EDGE_COUNTS = (
    "requests",
    "decided",
    "invalid",
    "shed",
    "replayed",
    "answered",
    "latency_ns",
    "commits",
    "commit_ns",
)


class Tally:
    """Named counts over the life of a slot, and what they were at the last report."""

    def __init__(self) -> None:
        self._past: dict[str, float] = {}
        self._now: dict[str, float] = {}
        self._reported: dict[str, float] = {}

    def update(self, counts: dict[str, float]) -> None:
        """The living process's counts since its own beginning."""
        self._now = counts

    def died(self) -> None:
        """The process ended; the next one counts from 0."""
        for name, value in self._now.items():
            self._past[name] = self._past.get(name, 0.0) + value
        self._now = {}

    def total(self, name: str) -> float:
        """Over all processes of the slot."""
        return self._past.get(name, 0.0) + self._now.get(name, 0.0)

    def mean(self, total: str, count: str, scale: float) -> float | None:
        """Growth of one count for each unit of another since the last report; None without."""
        grown = self.grown(count)
        return self.grown(total) / grown / scale if grown > 0 else None

    def grown(self, name: str) -> float:
        """Growth since the last report."""
        return self.total(name) - self._reported.get(name, 0.0)

    def reported(self) -> None:
        """The next means begin here."""
        names = self._past.keys() | self._now.keys()
        self._reported = {name: self.total(name) for name in names}


class Vital:
    """What the supervisor knows of a slot's process."""

    def __init__(self) -> None:
        self.pid = 0
        self.status = "starting"
        self.restarts = 0
        self.cpu_of_dead = 0.0
        self.cpu_now = 0.0
        self.rss_bytes = 0
        self.tally = Tally()

    @property
    def cpu_seconds(self) -> float:
        """Over all processes of the slot."""
        return self.cpu_of_dead + self.cpu_now

    def died(self, cpu_seconds: float) -> None:
        """The process ended, having used this much CPU in its life."""
        self.status = "down"
        self.cpu_of_dead += cpu_seconds
        self.cpu_now = 0.0
        self.rss_bytes = 0
        self.tally.died()


class EdgeVital(Vital):
    """The edge's slot, with the edge's view of each scorer."""

    def __init__(self) -> None:
        super().__init__()
        self.last: EdgeCounters | None = None

    def heard(self, counters: EdgeCounters) -> None:
        """A note with counters came."""
        self.last = counters
        self.cpu_now = counters.cpu_seconds
        self.rss_bytes = counters.rss_bytes_now
        counts = {name: float(getattr(counters, name)) for name in EDGE_COUNTS}
        for index, link in enumerate(counters.links):
            counts[f"answered.{index}"] = float(link.answered)
            counts[f"latency_ns.{index}"] = float(link.latency_ns)
        self.tally.update(counts)

    def depth_of(self, index: int) -> int:
        """Transactions waiting for or at a scorer."""
        alive = self.last is not None and self.status != "down"
        return self.last.links[index].depth if alive and self.last is not None else 0

    def telemetry(self) -> EdgeTelemetry:
        """The edge's part of a report."""
        tally, last = self.tally, self.last
        gauges = last if self.status != "down" else None
        return EdgeTelemetry(
            pid=self.pid,
            status=self.status,
            restarts=self.restarts,
            requests=int(tally.total("requests")),
            decided=int(tally.total("decided")),
            invalid=int(tally.total("invalid")),
            shed=int(tally.total("shed")),
            replayed=int(tally.total("replayed")),
            in_flight=gauges.in_flight_now if gauges else 0,
            connections=gauges.connections_now if gauges else 0,
            queue_depth=gauges.queue_depth_now if gauges else 0,
            queue_age_ms=gauges.queue_age_ns_now / _MS_NS if gauges else 0.0,
            commits=int(tally.total("commits")),
            commit_ms=tally.mean("commit_ns", "commits", _MS_NS),
            journal_rows=last.journal_rows_now if last else 0,
            latency_ms=tally.mean("latency_ns", "answered", _MS_NS),
            cpu_seconds=self.cpu_seconds,
            rss_bytes=self.rss_bytes,
        )


class ScorerVital(Vital):
    """A scorer's slot."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index
        self._customers = 0

    def heard(self, counters: ScorerCounters) -> None:
        """A note with counters came."""
        self.cpu_now = counters.cpu_seconds
        self.rss_bytes = counters.rss_bytes_now
        self._customers = counters.customers_now
        counts = {"scored": float(counters.scored), "busy_ns": float(counters.busy_ns)}
        for index, agent in enumerate(counters.agents):
            counts[f"agent_scored.{index}"] = float(agent.scored)
            counts[f"agent_batches.{index}"] = float(agent.batches)
            counts[f"agent_busy_ns.{index}"] = float(agent.busy_ns)
            counts[f"agent_errors.{index}"] = float(agent.errors)
        self.tally.update(counts)

    def telemetry(self, edge: EdgeVital) -> ScorerTelemetry:
        """This scorer's part of a report; latency and depth are the edge's view."""
        index = self.index
        return ScorerTelemetry(
            index=index,
            pid=self.pid,
            status=self.status,
            restarts=self.restarts,
            scored=int(self.tally.total("scored")),
            busy_seconds=self.tally.total("busy_ns") / _SECOND_NS,
            cpu_seconds=self.cpu_seconds,
            rss_bytes=self.rss_bytes,
            queue_depth=edge.depth_of(index),
            latency_ms=edge.tally.mean(f"latency_ns.{index}", f"answered.{index}", _MS_NS),
            customers=self._customers if self.status == "up" else 0,
        )


def agents_telemetry(scorers: list[ScorerVital]) -> list[AgentTelemetry]:
    """Each agent over all scorers; latency is the mean over all their batches."""
    found = []
    for index, name in enumerate(AGENTS):
        tallies = [scorer.tally for scorer in scorers]
        batches = sum(tally.grown(f"agent_batches.{index}") for tally in tallies)
        busy_ns = sum(tally.grown(f"agent_busy_ns.{index}") for tally in tallies)
        found.append(
            AgentTelemetry(
                name=name,
                scored=int(sum(tally.total(f"agent_scored.{index}") for tally in tallies)),
                busy_seconds=sum(tally.total(f"agent_busy_ns.{index}") for tally in tallies)
                / _SECOND_NS,
                latency_ms=busy_ns / batches / _MS_NS if batches > 0 else None,
                errors=int(sum(tally.total(f"agent_errors.{index}") for tally in tallies)),
            )
        )
    return found
