"""What an operator is told in a run: limits crossed, once each until they are kept again.

The generator's doubts about itself are told as well, once each until they have gone.

critical: error rate > 1 %, p99 > 10 s, nothing answered of what is due, cost > budget + 50 %.
warning: error rate > 0.1 %, p99 > 5 s, utilisation of the target or CPU of this machine > 80 %,
cost (modelled) > budget + 20 %.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from engine.analysis.honesty import LIVE_TICKS, Doubt, live_doubts
from engine.model.tick import Tick


class Level(StrEnum):
    """How much an alert matters."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Alert:
    """One limit that was just crossed."""

    level: Level
    message: str


@dataclass(frozen=True)
class _Limit:
    column: str
    warning: float
    critical: float
    message: str


_LIMITS = (
    _Limit("error_rate", 0.001, 0.01, "Error rate"),
    _Limit("response_p99_ms", 5_000.0, 10_000.0, "Response p99"),
    _Limit("scorer_utilisation", 0.80, float("inf"), "The target's utilisation"),
    _Limit("machine_cpu_percentage", 80.0, float("inf"), "This machine's CPU use"),
)
STEADY_TICKS = 3
_UNAVAILABLE = "Target unavailable: nothing is answered"
_COST = "Modelled cost per hour"


class Watch:
    """Remembers which limits are crossed, so that each crossing is told once.

    A limit counts as crossed, and as kept again, after `STEADY_TICKS` ticks in a row, so that a
    value that flickers about it does not fill the timeline.

    Args:
        max_cost_per_hour: The budget in USD; the cost is modelled, so it never stops a run.
        vcpu_hour_usd: Price of one virtual CPU for one hour; cost = platform cores × price.
    """

    def __init__(self, max_cost_per_hour: float, vcpu_hour_usd: float) -> None:
        self._budget = max_cost_per_hour
        self._price = vcpu_hour_usd
        self._crossed: dict[str, tuple[Level | None, int]] = {}
        self._latest: deque[Tick] = deque(maxlen=LIVE_TICKS)
        self._doubted: list[Doubt] = []

    @property
    def doubts(self) -> tuple[str, ...]:
        """What the generator doubts of itself now: each says what, and what to do."""
        return tuple(doubt.live for doubt in self._doubted)

    def look(self, tick: Tick) -> list[Alert]:
        """The limits crossed as of this tick that had not been told yet."""
        found = [
            self._step(limit.message, float(getattr(tick, limit.column)), limit)
            for limit in _LIMITS
        ]
        found.append(self._step(_UNAVAILABLE, float(_unanswered(tick)), _Limit("", 0.5, 0.5, "")))
        cost = _Limit("", 1.2 * self._budget, 1.5 * self._budget, "")
        found.append(self._step(_COST, tick.platform_cpu_cores * self._price, cost))
        return [*self._doubt(tick), *(alert for alert in found if alert is not None)]

    def _doubt(self, tick: Tick) -> list[Alert]:
        self._latest.append(tick)
        before, self._doubted = self._doubted, live_doubts(tuple(self._latest))
        new = [doubt for doubt in self._doubted if doubt not in before]
        return [Alert(Level.WARNING, doubt.now) for doubt in new]

    def _step(self, what: str, value: float, limit: _Limit) -> Alert | None:
        now = _level(value, limit)
        told, ticks = self._crossed.get(what, (None, 0))
        if now is told or (told is Level.CRITICAL and now is Level.WARNING):
            self._crossed[what] = (told, 0)
            return None
        if ticks + 1 < STEADY_TICKS:
            self._crossed[what] = (told, ticks + 1)
            return None
        self._crossed[what] = (now, 0)
        if now is None:
            return None
        return Alert(now, what if what == _UNAVAILABLE else f"{what} past its limit")


def _unanswered(tick: Tick) -> bool:
    """Whether something asked for an answer in this tick and nothing got one."""
    asked = tick.due > 0 or tick.in_flight_now > 0
    return asked and tick.decided + tick.rejected == 0


def _level(value: float, limit: _Limit) -> Level | None:
    if value > limit.critical:
        return Level.CRITICAL
    return Level.WARNING if value > limit.warning else None
