"""The figures of a run's resilience and degradation, live and of the whole run."""

from __future__ import annotations

from engine.model.figure import Figure
from engine.model.metrics import DegradationSummary, ResilienceMetrics
from engine.report.make import Number, Value, derived, known, measured

DOWN = "seconds in which something waited and nothing was answered, or the edge was down"
COUNTS = {
    "failures_injected": "Faults proven on",
    "failures_recovered": "Faults recovered from",
    "degradation_events": "Rises of the level above none",
    "circuit_breaker_trips": "Circuit breakers opened",
    "circuit_breaker_recoveries": "Circuit breakers closed again",
    "dead_lettered": "Dead letters",
    "redriven": "Redriven: decided when sent again",
    "redrive_failed": "Redrives that failed",
    "stranded": "Stranded: never decided",
    "retries_refused": "Retries refused by budget or breaker",
}
LEVEL = "the level of the worst of errors, p99, CPU, memory, timeouts and agent health"


def resilience_figures(found: ResilienceMetrics | None, seconds: Number) -> list[Figure]:
    """Figures `resilience.*` over so many seconds since Start; all None before the first tick."""
    now = ResilienceMetrics() if found is None or known(seconds) is None else found
    uptime = now.uptime_percentage
    level: Value = None if now.degradation_level is None else str(now.degradation_level)
    return [
        derived(
            "resilience.uptime",
            "Uptime",
            None if uptime is None else uptime / 100,
            "ratio",
            formula="1 − downtime ÷ time in which anything was asked",
            inputs={"downtime": now.downtime_seconds},
        ),
        measured(
            "resilience.downtime_seconds",
            "Downtime",
            now.downtime_seconds,
            "seconds",
            window=seconds,
            note=DOWN,
        ),
        derived(
            "resilience.recovery_time_avg_seconds",
            "Mean recovery",
            now.recovery_time_avg_seconds,
            "seconds",
            formula="mean over the faults recovered from of recovered − onset",
            inputs={"faults recovered from": now.failures_recovered},
        ),
        derived(
            "resilience.degradation_level",
            "Degradation, as seen from outside",
            level,
            "text",
            formula=LEVEL,
            inputs={"rises above none": now.degradation_events},
        ),
        *(
            measured(f"resilience.{name}", label, getattr(now, name), "count", window=seconds)
            for name, label in COUNTS.items()
        ),
    ]


def degradation_figures(found: DegradationSummary | None, seconds: Number) -> list[Figure]:
    """Figures `degradation.*` of a whole run: the worst level and the seconds at each."""
    if found is None:
        return []
    worst: Value = None if found.worst is None else str(found.worst)
    inputs: dict[str, Value] = {str(level): spent for level, spent in found.seconds.items()}
    return [
        derived("degradation.worst", "Worst level", worst, "text", formula=LEVEL, inputs=inputs),
        *(
            measured(
                f"degradation.{level}_seconds",
                f"At level {level}",
                spent,
                "seconds",
                window=seconds,
                note=LEVEL,
            )
            for level, spent in found.seconds.items()
        ),
    ]
