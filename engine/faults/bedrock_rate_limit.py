"""Reasoning rate-limited: the reasoning tier answers 429 beyond a rate.

Severity is the share of the present rate that is refused:

    per_second = (1 − severity) × transactions asked of the tier per second before

unless the parameter says how many. What is refused is decided by the vote alone.
"""

from __future__ import annotations

from typing import ClassVar

from engine.faults.fault import Fault, Sight, known, per_second
from engine.model.control import PlatformReport
from engine.model.fault import FailureType, FaultParameter
from engine.model.orders import ReasoningLimit


class ReasoningLimited(Fault):
    """Fewer explanations per second than are asked for."""

    TYPE = FailureType.BEDROCK_RATE_LIMIT
    SEVERITY = "share of what is asked of the reasoning tier at present that is refused"
    PARAMETERS: ClassVar[tuple[FaultParameter, ...]] = (
        FaultParameter(
            name="per_second",
            unit="transactions/s",
            least=0.0,
            most=1_000_000.0,
            what="the rate left, instead of (1 − severity) × the rate before",
        ),
    )
    proof = "the reasoning tier refused transactions it was asked for"
    tags = ("reasoning_limit",)

    def apply(self) -> None:
        """Limit the tier."""
        asked = self.asked("per_second")
        rate = per_second(self.before.reports, _asked)
        if asked is None:
            asked = (1.0 - self.spec.severity) * known(rate, "what is asked of the reasoning tier")
        self.injector.inject(ReasoningLimit(per_second=asked, lease_seconds=self.lease_seconds))
        was = "" if rate is None else f" of {rate:,.1f}"
        self.share = f"{asked:,.1f}{was} per second left"
        self.message = f"the reasoning tier refuses what is beyond {asked:,.1f}{was} per second"

    def seen_on(self, sight: Sight) -> str | None:
        """Refusals since the onset, of what was asked."""
        start, now = self.before.newest.reasoning, sight.newest.reasoning
        refused, asked = now.refused - start.refused, now.asked - start.asked
        if refused <= 0:
            return None
        return f"429 for {refused:,} of {asked:,} asked, decided by the vote alone"

    def seen_off(self, sight: Sight) -> str | None:
        """It was asked again, and refused none."""
        latest = sight.latest()
        if not latest:
            return None
        first, last = latest[0].reasoning, latest[-1].reasoning
        if last.refused > first.refused or last.asked <= first.asked:
            return None
        return f"none of {last.asked - first.asked:,} asked was refused"


def _asked(report: PlatformReport) -> float:
    return float(report.reasoning.asked)
