"""One row of the shared buffer: everything measured in one 250 ms tick.

The same fields are the columns of the live buffer and of the store, so a number on a screen, in the
store and in a snapshot is one and the same float. Times in seconds since Start on the app's
monotonic clock; `nan` means not measured.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Tick:
    """Counts are of this tick; names ending `_now` are gauges at its end."""

    tick: float = NAN
    t_seconds: float = NAN
    schedule_seconds: float = NAN
    plan_tps: float = NAN
    # over the latest second
    offered_tps: float = NAN
    achieved_tps: float = NAN
    error_rate: float = NAN
    timeout_rate: float = NAN
    # load, summed over workers
    due: float = 0
    sent: float = 0
    dropped: float = 0
    decided: float = 0
    rejected: float = 0
    failed: float = 0
    backlog_now: float = 0
    in_flight_now: float = 0
    attempts: float = 0
    answer_mismatches: float = 0
    not_offered: float = 0
    # what failed, and became of it: failed = dead_lettered = redriven + stranded + dead_letters_now
    dead_lettered: float = 0
    redriven: float = 0
    redrive_failed: float = 0
    stranded: float = 0
    dead_letters_now: float = 0
    retries_refused: float = 0
    breaker_trips: float = 0
    breaker_recoveries: float = 0
    breakers_open_now: float = 0
    breakers_half_open_now: float = 0
    # attempts by outcome class
    outcome_ok: float = 0
    outcome_rejected: float = 0
    outcome_http_4xx: float = 0
    outcome_http_5xx: float = 0
    outcome_throttled: float = 0
    outcome_timeout: float = 0
    outcome_connect: float = 0
    outcome_reset: float = 0
    outcome_protocol: float = 0
    outcome_invalid_decision: float = 0
    # decisions, and their truth
    approved: float = 0
    review: float = 0
    declined: float = 0
    fraud_flagged: float = 0
    fraud_missed: float = 0
    legitimate_flagged: float = 0
    legitimate_passed: float = 0
    legitimate_declined: float = 0
    fraud_flagged_usd: float = 0
    fraud_missed_usd: float = 0
    # latency over the latest window that holds enough samples
    response_p50_ms: float = NAN
    response_p95_ms: float = NAN
    response_p99_ms: float = NAN
    response_max_ms: float = NAN
    response_samples: float = 0
    response_window_seconds: float = NAN
    service_p50_ms: float = NAN
    service_p95_ms: float = NAN
    service_p99_ms: float = NAN
    queue_p50_ms: float = NAN
    queue_p95_ms: float = NAN
    queue_p99_ms: float = NAN
    # the generator itself
    lateness_p50_ms: float = NAN
    lateness_p99_ms: float = NAN
    lateness_max_ms: float = NAN
    rate_factor: float = 1
    reports_missing: float = 0
    workers_up_now: float = 0
    workers_asked: float = 0
    worker_cpu_cores: float = NAN
    busiest_worker_cpu_cores: float = NAN
    worker_loop_lag_ms: float = NAN
    worker_rss_mb: float = NAN
    connections_now: float = NAN
    app_cpu_cores: float = NAN
    machine_cpu_percentage: float = NAN
    machine_memory_percentage: float = NAN
    # the platform, where the target has one
    platform_cpu_cores: float = NAN
    platform_rss_mb: float = NAN
    edge_up: float = NAN
    edge_tps: float = NAN
    edge_latency_ms: float = NAN
    queue_depth_now: float = NAN
    queue_age_ms: float = NAN
    shed: float = NAN
    commit_ms: float = NAN
    journal_rows: float = NAN
    scorers_up_now: float = NAN
    scorers_asked: float = NAN
    scorer_utilisation: float = NAN
    memory_share: float = NAN  # fullest scorer's resident memory ÷ what it may take
    agent_health: float = NAN  # mean over agents of scored ÷ (scored + decided without it)
    agent_trips: float = NAN  # of the agents' breakers, as told in this tick
    agent_recoveries: float = NAN
    reasoning_refused: float = NAN  # transactions that the reasoning tier answered 429
    faults_active_now: float = 0
    degradation_level: float = NAN  # 0 none … 3 critical: engine.analysis.degradation


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Tick))
