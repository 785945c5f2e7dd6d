"""What each tick gives reason to say: limits crossed, doubts, and changes of the target's level."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from engine.analysis.alerts import Level, Watch
from engine.analysis.cost import vcpu_hour_usd
from engine.analysis.degradation import LEVELS, signals, worst
from engine.analysis.uptime import ResilienceTally
from engine.model.event import EventKind
from engine.model.metrics import ResilienceMetrics
from engine.model.results import FaultRecord
from engine.model.tick import Tick
from engine.run.plan import TICK_SECONDS


class Announcer:
    """Looks at every tick of a run once, in order, and logs what is new.

    Args:
        max_cost_per_hour: The budget in USD that alerts hold the modelled cost against.
        log: Adds an event to the timeline.
    """

    def __init__(self, max_cost_per_hour: float, log: Callable[..., None]) -> None:
        self._watch = Watch(max_cost_per_hour, float(vcpu_hour_usd().value or 0))
        self._tally = ResilienceTally(TICK_SECONDS)
        self._log = log

    @property
    def doubts(self) -> tuple[str, ...]:
        """What the generator doubts of itself now."""
        return self._watch.doubts

    def look(self, tick: Tick) -> None:
        """Say what this tick gives reason to say."""
        for alert in self._watch.look(tick):
            critical = alert.level is Level.CRITICAL
            self._log(EventKind.ALERT if critical else EventKind.WARNING, alert.message)
        before = self._tally.levels.now or 0
        self._tally.add(tick)
        now = self._tally.levels.now or 0
        if now != before:
            self._tell(LEVELS[before], LEVELS[now], tick)

    def _tell(self, before: str, now: str, tick: Tick) -> None:
        found = signals(tick, os.cpu_count() or 1)
        values = {signal.name.replace(" ", "_"): signal.value for signal in found}
        cause = worst(found)
        why = f", by {cause.name}" if cause is not None and cause.level else ""
        self._log(EventKind.LEVEL, f"degradation {before} → {now}{why}", **values)

    def resilience(self, faults: Sequence[FaultRecord]) -> ResilienceMetrics:
        """How the target took what was done to it, so far."""
        return self._tally.metrics(faults)
