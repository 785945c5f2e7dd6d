"""What a scorer tells of its agents and its reasoning, once a tick."""

from __future__ import annotations

import time

from engine.platform.agents.seat import DEADLINE_SECONDS
from engine.platform.latencies import taken
from engine.platform.pipeline import Pipeline
from engine.platform.reasoning import ReasoningEngine
from engine.platform.wire import AgentCounters, ReasoningCounters


def agents_counters(pipeline: Pipeline) -> list[AgentCounters]:
    """Each agent's, in their order."""
    return [
        AgentCounters(
            scored=seat.cost.scored,
            batches=seat.cost.batches,
            busy_ns=seat.cost.busy_ns,
            errors=seat.cost.errors,
            timeouts=seat.cost.timeouts,
            fallbacks=seat.cost.fallbacks,
            bypassed=seat.cost.bypassed,
            delayed=seat.cost.delayed,
            trips=seat.breaker.trips,
            recoveries=seat.breaker.recoveries,
            breaker_now=seat.breaker.state,
            deadline_ms_now=DEADLINE_SECONDS * 1000.0,
            weight_now=weight,
            latency=taken(seat.cost.latencies_us),
        )
        for seat, weight in zip(pipeline.panel.seats, pipeline.policy.weights, strict=True)
    ]


def reasoning_counters(engine: ReasoningEngine) -> ReasoningCounters:
    """The second stage's; its limit only while one holds."""
    bucket = engine.bucket
    limited = bucket is not None and time.monotonic_ns() < bucket.limit.until_ns
    return ReasoningCounters(
        asked=engine.asked,
        explained=engine.explained,
        shed=engine.shed,
        refused=engine.refused,
        busy_ns=engine.busy_ns,
        limit_per_second_now=bucket.limit.per_second if bucket is not None and limited else None,
        latency=taken(engine.latencies_us),
    )
