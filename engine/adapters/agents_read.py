"""The agents as the platform's metrics page shows them.

Counts and percentiles are since the first scrape, load and mean time of the latest interval. A
percentile is interpolated within its bucket, as Prometheus's `histogram_quantile` does, and is None
below the samples it needs.

    success_rate = scored / (scored + decided without it)
    current_load = busy seconds / (seconds × scorers)
"""

from __future__ import annotations

from datetime import UTC, datetime

from engine.adapters.prometheus import Scrape, Scraper
from engine.measure.histogram import samples_needed
from engine.model.metrics import AgentMetrics

_BATCH = "limelight_agent_batch_seconds"


def agents_read(scraper: Scraper) -> tuple[AgentMetrics, ...]:
    """Each agent, in the page's order; none before two scrapes."""
    first, before, latest = scraper.first, scraper.before, scraper.latest
    if first is None or before is None or latest is None:
        return ()
    names = [dict(labels)["agent"] for labels in latest.each("limelight_agent_scored_total")]
    return tuple(_agent(name, first, before, latest) for name in names)


def _agent(name: str, first: Scrape, before: Scrape, latest: Scrape) -> AgentMetrics:
    def grown(metric: str, since: Scrape) -> float:
        now, then = latest.value(metric, agent=name), since.value(metric, agent=name)
        return (now or 0.0) - (then or 0.0)

    scored = grown("limelight_agent_scored_total", first)
    without = grown("limelight_agent_fallbacks_total", first)
    batches = grown(f"{_BATCH}_count", before)
    seconds = (latest.at_ns - before.at_ns) / 1e9
    scorers = len(latest.each("limelight_scored_total"))
    buckets = _buckets(name, first, latest)
    open_now = latest.value("limelight_agent_breakers_open", agent=name)
    return AgentMetrics(
        agent_id=name,
        agent_name=name,
        timestamp=datetime.now(UTC),
        requests_processed=int(scored),
        avg_response_time_ms=grown(f"{_BATCH}_sum", before) / batches * 1e3 if batches else None,
        p95_response_time_ms=percentile_ms(buckets, 95),
        p99_response_time_ms=percentile_ms(buckets, 99),
        success_rate=scored / (scored + without) if scored + without else None,
        error_count=int(grown("limelight_agent_errors_total", first)),
        timeout_count=int(grown("limelight_agent_timeouts_total", first)),
        current_load=grown("limelight_agent_busy_seconds_total", before) / seconds / scorers
        if seconds > 0 and scorers
        else None,
        health_score=latest.value("limelight_agent_health", agent=name),
        status="up" if not open_now else "degraded",
    )


def _buckets(name: str, first: Scrape, latest: Scrape) -> list[tuple[float, float]]:
    """(upper bound in seconds, how many below it) since the first scrape, ascending."""
    then = first.each(f"{_BATCH}_bucket")
    found = [
        (float(dict(labels)["le"]), below - then.get(labels, 0.0))
        for labels, below in latest.each(f"{_BATCH}_bucket").items()
        if dict(labels)["agent"] == name
    ]
    return sorted(found)


def percentile_ms(buckets: list[tuple[float, float]], q: float) -> float | None:
    """Percentile `q` in ms; None with too few samples, or where it lies beyond the last bound."""
    count = buckets[-1][1] if buckets else 0.0
    if count < samples_needed(q):
        return None
    rank = q / 100 * count
    lower, before = 0.0, 0.0
    for bound, below in buckets:
        if below >= rank and bound != float("inf"):
            return 1e3 * (lower + (bound - lower) * (rank - before) / (below - before))
        lower, before = bound, below
    return None
