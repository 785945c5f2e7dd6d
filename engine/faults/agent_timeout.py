"""Agent too slow: a share of one agent's calls takes longer than its deadline.

Severity is that share. Which agent: the fault's component, the first of the platform's otherwise.
The agent's breaker opens, and the weights of the others are renormalised.
"""

from __future__ import annotations

from typing import ClassVar

from engine.faults.fault import Fault, Sight
from engine.model.control import PlatformReport
from engine.model.errors import TargetError
from engine.model.fault import FailureType, FaultParameter
from engine.model.orders import AgentDelay
from engine.model.telemetry import AgentTelemetry


class AgentTooSlow(Fault):
    """Calls of one agent that miss its deadline."""

    TYPE = FailureType.AGENT_TIMEOUT
    SEVERITY = "share of the agent's calls that are slowed down"
    PARAMETERS: ClassVar[tuple[FaultParameter, ...]] = (
        FaultParameter(
            name="delay_ms",
            unit="ms",
            least=1.0,
            most=10_000.0,
            default=2_000.0,
            what="how much longer such a call takes",
        ),
    )
    proof = "the agent's calls missed their deadline"

    @property
    def tags(self) -> tuple[str, ...]:
        """That of the delay of this agent."""
        return (f"agent_delay:{self.agent}",)

    @property
    def agent(self) -> str:
        """Who is slowed down."""
        names = [one.name for one in self.before.newest.agents]
        return self.spec.target_component or (names[0] if names else "")

    def apply(self) -> None:
        """Slow it down."""
        names = [one.name for one in self.before.newest.agents]
        if self.agent not in names:
            there = ", ".join(names) or "none"
            msg = f"Agent too slow needs one of the target's agents, got {self.agent!r}: {there}"
            raise TargetError(msg)
        delay = self.value("delay_ms")
        self.injector.inject(
            AgentDelay(
                agent=self.agent,
                seconds=delay / 1e3,
                share=self.spec.severity,
                lease_seconds=self.lease_seconds,
            )
        )
        self.share = f"{self.spec.severity:.0%} of {self.agent}'s calls"
        self.message = f"{self.share} take {delay:g} ms longer"

    def _of(self, report: PlatformReport) -> AgentTelemetry:
        return next(one for one in report.agents if one.name == self.agent)

    def seen_on(self, sight: Sight) -> str | None:
        """Deadlines missed since the onset."""
        start, now = self._of(self.before.newest), self._of(sight.newest)
        missed = now.timeouts - start.timeouts
        if missed <= 0:
            return None
        without = now.fallbacks - start.fallbacks
        return (
            f"{missed:,} calls of {self.agent} missed the deadline of {now.deadline_ms:g} ms, "
            f"{without:,} transactions decided without it, breaker {now.breaker}"
        )

    def seen_off(self, sight: Sight) -> str | None:
        """It answers in time again, and its breaker is closed."""
        latest = sight.latest()
        if not latest:
            return None
        first, last = self._of(latest[0]), self._of(latest[-1])
        if last.timeouts > first.timeouts or last.breaker != "closed":
            return None
        if last.scored <= first.scored:
            return None
        return f"{last.scored - first.scored:,} scored by {self.agent} in time, breaker closed"
