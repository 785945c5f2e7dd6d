"""Criteria on staying the same: health, memory, rate and response time over a long run."""

from __future__ import annotations

import pandas as pd

from engine.analysis.evidence import Evidence, Finding, compare, not_exercised, not_measured

SECOND_TICKS = 4  # in one second, for which a gauge stands when a report is late
LONG_ENOUGH_SECONDS = 300.0
MINIMUM_SECONDS = 60.0
KEPT_UP = 0.95
DRIFT_FLOOR_MS = 5.0
DRIFT_LIMIT = 1.2
ERROR_LIMIT, TIMEOUT_LIMIT, P99_LIMIT_MS = 0.01, 0.02, 5_000.0


def _quarters(series: pd.Series) -> tuple[float, float] | None:
    """Medians of the second and of the last quarter, or None where either is empty."""
    size = len(series)
    second, last = series.iloc[size // 4 : size // 2].dropna(), series.iloc[-(size // 4) :].dropna()
    if size < 8 or second.empty or last.empty:
        return None
    return float(second.median()), float(last.median())


def all_agents_healthy(evidence: Evidence, _threshold: float) -> Finding:
    """Share of ticks with the edge and every scorer (each holds all four agents) up = 1."""
    if not evidence.target.has_telemetry:
        return not_measured("The target does not report on its agents.")
    gauges = evidence.ticks[["edge_up", "scorers_up_now", "scorers_asked"]]
    reported = gauges["scorers_asked"].notna().to_numpy()
    if not reported.any():
        return not_exercised("The target sent no report on its agents.")
    gauges = gauges.iloc[int(reported.argmax()) :].ffill(limit=SECOND_TICKS)
    healthy = (gauges["edge_up"] >= 1) & (gauges["scorers_up_now"] >= gauges["scorers_asked"])
    share = float(healthy.mean())
    return compare(
        bool(healthy.all()),
        share,
        f"The edge and every scorer were up in {int(healthy.sum()):,} of {len(healthy):,} ticks.",
    )


def no_memory_leaks(evidence: Evidence, threshold: float) -> Finding:
    """Median platform memory, last quarter ÷ second quarter − 1 ≤ threshold."""
    if not evidence.target.has_telemetry:
        return not_measured("The target does not report its memory.")
    if evidence.seconds < LONG_ENOUGH_SECONDS:
        return not_exercised(f"A leak needs a run of {LONG_ENOUGH_SECONDS:.0f} s to show.")
    quarters = _quarters(evidence.ticks["platform_rss_mb"])
    if quarters is None or not quarters[0] > 0:
        return not_exercised("There are too few reports of the target's memory.")
    growth = quarters[1] / quarters[0] - 1
    return compare(
        growth <= threshold,
        growth,
        f"Memory went from {quarters[0]:,.0f} to {quarters[1]:,.0f} MB.",
    )


def consistent_performance(evidence: Evidence, threshold: float) -> Finding:
    """Share of ticks with decided + rejected ≥ 95 % of due, over the second each ends, ≥ threshold.

    The first second is not judged, nor is a second in which nothing was due.
    """
    counts = evidence.ticks[["due", "decided", "rejected"]]
    sums = counts.rolling(SECOND_TICKS, min_periods=1).sum()
    steady = sums[(evidence.ticks["t_seconds"] > 1.0) & (sums["due"] > 0)]
    if evidence.seconds < MINIMUM_SECONDS or steady.empty:
        return not_exercised(f"Consistency needs a run of {MINIMUM_SECONDS:.0f} s to show.")
    kept = steady["decided"] + steady["rejected"] >= KEPT_UP * steady["due"]
    return compare(
        float(kept.mean()) >= threshold,
        float(kept.mean()),
        f"What was answered kept up with what was due in {int(kept.sum()):,} of {len(kept):,} "
        "ticks.",
    )


def no_degradation(evidence: Evidence, threshold: float) -> Finding:
    """Median p95, last quarter ÷ second quarter ≤ threshold, and no tick past a limit."""
    if evidence.seconds < MINIMUM_SECONDS:
        return not_exercised(f"Degradation needs a run of {MINIMUM_SECONDS:.0f} s to show.")
    quarters = _quarters(evidence.ticks["response_p95_ms"])
    if quarters is None:
        return not_exercised("There are too few response times.")
    ratio = max(quarters[1], DRIFT_FLOOR_MS) / max(quarters[0], DRIFT_FLOOR_MS)
    ticks = evidence.ticks
    past = (
        (ticks["error_rate"] > ERROR_LIMIT)
        | (ticks["timeout_rate"] > TIMEOUT_LIMIT)
        | (ticks["response_p99_ms"] > P99_LIMIT_MS)
    )
    return compare(
        ratio <= threshold and not bool(past.any()),
        ratio,
        f"p95 went from {quarters[0]:.4g} to {quarters[1]:.4g} ms; {int(past.sum()):,} of "
        f"{len(past):,} ticks were past a limit.",
    )
