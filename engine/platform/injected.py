"""Faults injected into the scorers, by lease: what holds now, as each scorer is to be told.

The supervisor keeps it, so a scorer that comes back is told again. Each order carries the instant
at which it ends, on the clock that all processes of a machine share: it ends there even if nobody
clears it.
"""

from __future__ import annotations

from engine.model.control import AgentDelay, ReasoningLimit
from engine.platform.answer import AGENTS
from engine.platform.wire import Burdens, Delay, Limit


class Injected:
    """The newest order for each agent, and for the reasoning tier; instants in ns."""

    def __init__(self) -> None:
        self._delays: dict[int, Delay] = {}
        self._limit: tuple[float, int] | None = None

    def take(self, order: AgentDelay | ReasoningLimit, now_ns: int) -> None:
        """Let an order hold from now on; 0 seconds end an agent's, an unknown agent has none."""
        until_ns = now_ns + int(order.lease_seconds * 1e9)
        if isinstance(order, ReasoningLimit):
            self._limit = (max(order.per_second, 0.0), until_ns)
        elif order.agent in AGENTS:
            agent = AGENTS.index(order.agent)
            self._delays.pop(agent, None)
            if order.seconds > 0.0:
                self._delays[agent] = Delay(agent, order.seconds, order.share, until_ns)

    def clear(self) -> None:
        """End them all; idempotent."""
        self._delays.clear()
        self._limit = None

    def burdens(self, scorers: int, now_ns: int) -> Burdens:
        """What each of so many scorers has to bear: its share of a limit."""
        delays = [delay for delay in self._delays.values() if delay.until_ns > now_ns]
        limit = None
        if self._limit is not None and self._limit[1] > now_ns:
            limit = Limit(self._limit[0] / scorers, self._limit[1])
        return Burdens(delays, limit)
