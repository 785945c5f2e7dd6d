"""What the embedded platform says of its parts, once a tick; read as part of `control`."""

from __future__ import annotations

import msgspec


class SparseHistogram(msgspec.Struct, frozen=True):
    """Non-zero buckets of one histogram: int32 indices and int64 counts as raw bytes."""

    indices: bytes = b""
    counts: bytes = b""


class ScorerTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """One scorer process; counts are cumulative over the life of its slot."""

    index: int
    pid: int
    status: str  # up | starting | down
    restarts: int
    scored: int
    busy_seconds: float
    cpu_seconds: float
    rss_bytes: int
    queue_depth: int
    latency_ms: float | None  # mean edge → scorer → edge in this report's interval
    customers: int
    evictions: int = 0  # customers forgotten because others came
    memory_bytes: int = 0  # of the customers remembered, as the memory counts
    ballast_bytes: int = 0  # taken and touched by order
    rebuilds: int = 0
    rebuilt_customers: int = 0  # by the last rebuild from the journal
    rebuilt_rows: int = 0
    rebuild_seconds: float = 0.0
    latency: SparseHistogram = SparseHistogram()  # received → decided, of this interval


class AgentTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """One agent over all scorers; counts are cumulative, latency is of this interval.

    `breaker` is the worst over the scorers, `breakers_open` how many are not closed. `fallbacks`
    counts transactions decided without it because it did not answer or was not asked, `bypassed`
    those that the fast path decided without it, `timeouts` batches in which it missed its deadline.
    """

    name: str
    scored: int
    busy_seconds: float
    latency_ms: float | None  # mean time of one batch
    errors: int
    timeouts: int = 0
    fallbacks: int = 0
    bypassed: int = 0
    delayed: int = 0  # calls slowed down by an injected fault
    trips: int = 0
    recoveries: int = 0
    breaker: str = "closed"  # closed | half_open | open
    breakers_open: int = 0
    deadline_ms: float = 0.0
    weight: float = 0.0
    latency: SparseHistogram = SparseHistogram()  # time of one batch; a timeout: its deadline


class ReasoningTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """The second stage over all scorers: transactions; counts cumulative, latency of this interval.

    Of those `asked` of it, `explained` were; `shed` under load, `refused` by its rate limit.
    """

    asked: int = 0
    explained: int = 0
    shed: int = 0
    refused: int = 0
    busy_seconds: float = 0.0
    limit_per_second: float | None = None  # while a limit is injected
    latency: SparseHistogram = SparseHistogram()  # of one explanation


class ScalingTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the number of scorers that have customers; instants on the shared clock.

    `seconds`: from the instant the cause began to hold (utilisation crossed its limit and stayed
    beyond it, or the order came) until the customers had moved. Of the platform's 64 `shards` so
    many moved; their transactions were held for `held_ms`, `held` of them.
    """

    number: int
    at_ns: int
    from_scorers: int
    to_scorers: int
    cause: str  # utilisation | order
    utilisation: float | None
    seconds: float
    shards: int
    held: int
    held_ms: float


class DegradationTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """The level that the edge takes from its own signals, and what it does about it.

    `strategies` are those in use: `explanations_shed` (from moderate on), `fast_path` (severe),
    `admission_control` (critical); empty at any level where they are switched off. `since_ns` on
    the shared clock; 0 before the first look. `signals` are the newest readings by name, in the
    units of `engine.platform.degradation`; `worst` names the one that makes the level, if any.
    Counts are cumulative: `changes` of the level, `fast_decided` transactions on the fast path.
    """

    level: str = "none"  # none | moderate | severe | critical
    strategies: list[str] = []
    since_ns: int = 0
    worst: str = ""
    signals: dict[str, float] = {}
    changes: int = 0
    fast_decided: int = 0


class EdgeTelemetry(msgspec.Struct, frozen=True, kw_only=True):
    """The edge process; counts are cumulative over the life of the platform.

    `journal_depth` transactions were handed to the journal and are not committed, the oldest of
    them for `journal_age_ms`.
    """

    pid: int
    status: str  # up | starting | down
    restarts: int
    requests: int
    decided: int
    invalid: int
    shed: int
    replayed: int  # answered from journal or pending: a retry of a known id
    in_flight: int
    connections: int
    queue_depth: int
    queue_age_ms: float
    commits: int
    commit_ms: float | None  # mean of this interval
    journal_rows: int
    latency_ms: float | None  # mean request received → answer written in this interval
    cpu_seconds: float
    rss_bytes: int
    journal_depth: int = 0
    journal_age_ms: float = 0.0
