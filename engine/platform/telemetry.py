"""Telemetry: from the counters of child processes to one report of the platform a tick.

A child counts from its own beginning. A slot (the edge, scorer i) outlives its processes: the
counts of dead ones are kept and added, so what a report says never goes back; what one did after
its last note (a tick at most) dies with it. Interval means are
differences of two reports.
"""

from __future__ import annotations

import msgspec

from engine.model.control import DegradationTelemetry, EdgeTelemetry
from engine.platform.buckets import BUCKETS, Times
from engine.platform.wire import EdgeCounters

MS_NS = 1e6

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
    "journal_refused",
    "journal_waited_ns",
    "delayed",
    "delayed_ns",
    "stalls",
    "stalled_ns",
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

    def reported(self) -> None:
        """The next report's means and newest latencies begin here."""
        self.tally.reported()

    def died(self, cpu_seconds: float) -> None:
        """The process ended, having used this much CPU in its life."""
        self.status = "down"
        self.cpu_of_dead += cpu_seconds
        self.cpu_now = 0.0
        self.rss_bytes = 0
        self.tally.died()


def _buckets(counters: EdgeCounters) -> dict[str, list[int]]:
    return {"response": counters.response_buckets, "commit": counters.commit_buckets}


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
        counts["degradation_changes"] = float(counters.degradation.changes)
        for name, buckets in _buckets(counters).items():
            counts |= {f"{name}.{index}": float(hits) for index, hits in enumerate(buckets)}
        self.tally.update(counts)

    def times(self, of: str) -> Times:
        """Of `response` (received → answered, decided ones) or `commit`, over the slot's life."""
        times = Times()
        counts = [int(self.tally.total(f"{of}.{index}")) for index in range(BUCKETS)]
        total = {"response": "latency_ns", "commit": "commit_ns"}[of]
        times.add(counts, self.tally.total(total) / 1e9)
        return times

    @property
    def gauges(self) -> EdgeCounters | None:
        """The newest note of a process that lives."""
        return self.last if self.status != "down" else None

    @property
    def lagging(self) -> int:
        """Connections whose answers leave late by order."""
        return self.gauges.lagging_now if self.gauges else 0

    def degradation(self, fast_decided: int) -> DegradationTelemetry:
        """The edge's level; changes are counted over the slot's life."""
        if self.gauges is None:
            return DegradationTelemetry(fast_decided=fast_decided)
        changes = int(self.tally.total("degradation_changes"))
        return msgspec.structs.replace(
            self.gauges.degradation, changes=changes, fast_decided=fast_decided
        )

    def depth_of(self, index: int) -> int:
        """Transactions waiting for or at a scorer."""
        links = self.gauges.links if self.gauges is not None else []
        return links[index].depth if index < len(links) else 0

    def telemetry(self) -> EdgeTelemetry:
        """The edge's part of a report."""
        tally, last, gauges = self.tally, self.last, self.gauges
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
            queue_age_ms=gauges.queue_age_ns_now / MS_NS if gauges else 0.0,
            commits=int(tally.total("commits")),
            commit_ms=tally.mean("commit_ns", "commits", MS_NS),
            journal_rows=last.journal_rows_now if last else 0,
            latency_ms=tally.mean("latency_ns", "answered", MS_NS),
            cpu_seconds=self.cpu_seconds,
            rss_bytes=self.rss_bytes,
            journal_depth=gauges.journal_depth_now if gauges else 0,
            journal_age_ms=gauges.journal_age_ns_now / MS_NS if gauges else 0.0,
        )
