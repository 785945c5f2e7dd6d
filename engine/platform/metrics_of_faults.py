"""The metrics page's part on degradation and on the faults that hold."""

from __future__ import annotations

from engine.model.control import DegradationTelemetry, FaultState
from engine.platform.degradation import LEVELS, STRATEGIES
from engine.platform.exposition import Page


def degradation(page: Page, now: DegradationTelemetry) -> None:
    """The edge's level, what it does about it, and the signals it is taken from."""
    page.gauge(
        "degradation_level",
        "1 for the edge's level of degradation.",
        [({"level": level}, float(level == now.level)) for level in LEVELS],
    )
    page.gauge(
        "degradation_strategy",
        "1 while the edge uses it.",
        [({"strategy": name}, float(name in now.strategies)) for name in STRATEGIES],
    )
    page.gauge(
        "degradation_signal",
        "What the level is taken from: shares of 1, or seconds.",
        [({"signal": name}, value) for name, value in now.signals.items()],
    )
    page.counter("degradation_changes", "Changes of the level.", [({}, now.changes)])
    page.counter("fast_decided", "Transactions decided on the fast path.", [({}, now.fast_decided)])


def faults(page: Page, now: list[FaultState]) -> None:
    """The orders that hold: when each ends, and what it did."""
    page.gauge(
        "fault_seconds_left",
        "Until this fault ends by itself.",
        [({"fault": one.tag}, one.seconds_left) for one in now],
    )
    page.gauge(
        "fault_did",
        "What this fault did so far.",
        [({"fault": one.tag, "what": what}, did) for one in now for what, did in one.did.items()],
    )
