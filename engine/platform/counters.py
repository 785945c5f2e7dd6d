"""What children count and tell the supervisor; part of `wire`."""

from __future__ import annotations

import msgspec

from engine.model.telemetry import DegradationTelemetry, SparseHistogram


class LinkCounters(msgspec.Struct, frozen=True):
    """The edge's view of one scorer: cumulative but for `depth`."""

    answered: int
    latency_ns: int
    depth: int


class EdgeCounters(msgspec.Struct, frozen=True, kw_only=True, tag="edge_counters"):
    """Cumulative since this edge began; names ending `_now` are gauges. Times in ns.

    `response_buckets` (received → answered, of decided ones) and `commit_buckets` are counts by
    `engine.platform.buckets`. `journal_refused` commits had to wait for capacity, for
    `journal_waited_ns`; `delayed` answers left `delayed_ns` later by order, on `lagging_now`
    connections; the intake was stalled so often and for so long.
    """

    requests: int
    decided: int
    invalid: int
    shed: int
    replayed: int
    answered: int
    latency_ns: int
    commits: int
    commit_ns: int
    journal_rows_now: int
    in_flight_now: int
    connections_now: int
    queue_depth_now: int
    queue_age_ns_now: int
    links: list[LinkCounters]
    cpu_seconds: float
    rss_bytes_now: int
    journal_depth_now: int = 0
    journal_age_ns_now: int = 0
    journal_refused: int = 0
    journal_waited_ns: int = 0
    delayed: int = 0
    delayed_ns: int = 0
    lagging_now: int = 0
    stalls: int = 0
    stalled_ns: int = 0
    degradation: DegradationTelemetry = DegradationTelemetry()
    response_buckets: list[int] = []
    commit_buckets: list[int] = []


class AgentCounters(msgspec.Struct, frozen=True):
    """One agent in one scorer, cumulative but for gauges (`_now`) and `latency`; time in ns.

    `scored`, `fallbacks` and `bypassed` count transactions: with it, without it, and without it on
    the fast path. `batches` were asked of it
    and waited for, `busy_ns` until its answer or until it was given up; `timeouts` of them were
    given up at the deadline, `errors` counts the transactions of those it failed on. `delayed`
    calls were slowed down by order. `latency`: µs of each batch since the previous note, in the
    layout of `engine.measure.histogram`, to within 1.6 %; a timeout counts with its deadline.
    """

    scored: int
    batches: int
    busy_ns: int
    errors: int
    timeouts: int = 0
    fallbacks: int = 0
    bypassed: int = 0
    delayed: int = 0
    trips: int = 0
    recoveries: int = 0
    breaker_now: str = "closed"  # closed | half_open | open
    deadline_ms_now: float = 0.0
    weight_now: float = 0.0
    latency: SparseHistogram = SparseHistogram()


class ReasoningCounters(msgspec.Struct, frozen=True):
    """The second stage of one scorer: transactions, cumulative but for `latency`; time in ns.

    Of those `asked` of it, `explained` were; `shed` under load or for want of time, `refused` by
    its rate limit. `latency`: µs of each explanation since the previous note.
    """

    asked: int = 0
    explained: int = 0
    shed: int = 0
    refused: int = 0
    busy_ns: int = 0
    limit_per_second_now: float | None = None
    latency: SparseHistogram = SparseHistogram()


class ScorerCounters(msgspec.Struct, frozen=True, kw_only=True, tag="scorer_counters"):
    """Cumulative since this scorer began; names ending `_now` are gauges. Times in ns.

    `evictions`: customers forgotten because others came. `memory_bytes_now`: what the remembered
    ones take, as the memory counts. `rebuilt_*_now` is of the last reading of the journal.
    `latency`: µs from the edge's receipt of a transaction to its decision, of those decided since
    the previous note. `fast_decided` of the scored ones went the fast path.
    """

    scored: int
    busy_ns: int
    agents: list[AgentCounters]
    customers_now: int
    cpu_seconds: float
    rss_bytes_now: int
    fast_decided: int = 0
    evictions: int = 0
    memory_bytes_now: int = 0
    ballast_bytes_now: int = 0
    rebuilds: int = 0
    rebuilt_customers_now: int = 0
    rebuilt_rows_now: int = 0
    rebuilt_ns_now: int = 0
    reasoning: ReasoningCounters = ReasoningCounters()
    latency: SparseHistogram = SparseHistogram()
