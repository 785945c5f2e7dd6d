"""The rows a snapshot carries: every tick of a short run, rows of whole seconds of a long one.

A file that is sent around has to stay small, so above `MAX_TICKS` ticks each row stands for as many
whole seconds as it takes: counts are summed, times and percentiles are the largest in it, what was
up is the fewest, and everything else is its newest value. The file says so.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd

from engine.metrics.record import RunRecord
from engine.report.views import CHART_COLUMNS, TICK_SECONDS, chart_frame

MAX_TICKS = 2_400
MAX_ROWS = 1_500
TICKS_A_SECOND = round(1 / TICK_SECONDS)
COUNTS = (
    "due",
    "sent",
    "dropped",
    "decided",
    "rejected",
    "failed",
    "attempts",
    "outcome_timeout",
    "approved",
    "review",
    "declined",
    "not_offered",
    "reports_missing",
    "redriven",
    "fraud_flagged",
    "fraud_missed",
    "legitimate_flagged",
    "legitimate_passed",
    "legitimate_declined",
)
LARGEST_TICK = (
    "service_p50_ms",
    "edge_latency_ms",
    "commit_ms",
    "lateness_p99_ms",
    "queue_p99_ms",
    "worker_loop_lag_ms",
    "degradation_level",
    "busiest_worker_cpu_cores",
)
LARGEST = ("response_p50_ms", "response_p95_ms", "response_p99_ms", *LARGEST_TICK)
FEWEST = ("scorers_up_now", "edge_up", "workers_up_now")
GAUGES = (
    "tick",
    "backlog_now",
    "in_flight_now",
    "response_samples",
    "queue_depth_now",
    "scorers_asked",
    "platform_cpu_cores",
    "platform_rss_mb",
    "machine_cpu_percentage",
    "faults_active_now",
    "workers_asked",
    "rate_factor",
)
TICK_COLUMNS = (*GAUGES, *COUNTS, *FEWEST, *LARGEST_TICK)


def seconds_a_row(record: RunRecord) -> int:
    """How many whole seconds a row stands for; 0 where each row is a tick."""
    size = len(record.ticks)
    return 0 if size <= MAX_TICKS else ceil(size / TICKS_A_SECOND / MAX_ROWS)


def carried_rows(record: RunRecord) -> pd.DataFrame:
    """The columns of charts, counts, flow and criteria: a row a tick, or one for some seconds."""
    ticks = record.ticks[list(TICK_COLUMNS)]
    frame = pd.concat([chart_frame(record)[list(CHART_COLUMNS)], ticks], axis="columns")
    seconds = seconds_a_row(record)
    if seconds == 0:
        return frame
    rows = frame.groupby(np.arange(len(frame)) // (seconds * TICKS_A_SECOND))
    thin = rows.last()
    thin[list(COUNTS)] = rows[list(COUNTS)].sum()
    thin[list(LARGEST)] = rows[list(LARGEST)].max()
    thin[list(FEWEST)] = rows[list(FEWEST)].min()
    thin["failed_tps"] = rows["failed_tps"].mean()
    return thin[list(frame.columns)]
