"""Intake stalled: nothing is handed to the scorers for a share of each second; then it catches up.

Severity is that share. The probe goes by the age of the oldest transaction in the queue: a stall of
s seconds lets it come to s; half of that, and twice what it was before, is taken as proof.
"""

from __future__ import annotations

from engine.faults.fault import Fault, Sight
from engine.model.fault import FailureType
from engine.model.orders import STALL_PERIOD_SECONDS, IntakeStall

LEAST_MS = 20.0


class IntakeStalled(Fault):
    """A queue that stands still and catches up."""

    TYPE = FailureType.KINESIS_LAG
    SEVERITY = "share of each second in which nothing is handed to the scorers"
    proof = "the oldest transaction in the queue waited for half a stall or longer"
    tags = ("intake_stall",)

    def apply(self) -> None:
        """Stall the intake, again and again."""
        share = self.spec.severity
        oldest = max(report.edge.queue_age_ms for report in self.before.reports)
        self.bound_ms = max(0.5e3 * share * STALL_PERIOD_SECONDS, 2.0 * oldest, LEAST_MS)
        self.injector.inject(IntakeStall(share=share, lease_seconds=self.lease_seconds))
        self.share = f"{share:.0%} of each second"
        self.message = f"nothing is handed to the scorers in {self.share}"
        self._oldest_before = oldest

    def seen_on(self, sight: Sight) -> str | None:
        """The queue ages."""
        oldest = max(report.edge.queue_age_ms for report in sight.reports)
        if oldest < self.bound_ms:
            return None
        return f"oldest in the queue {oldest:,.0f} ms, {self._oldest_before:,.0f} ms before"

    def seen_off(self, sight: Sight) -> str | None:
        """For longer than a period nothing in the queue was that old."""
        latest = sight.latest()
        if not latest:
            return None
        oldest = max(report.edge.queue_age_ms for report in latest)
        return None if oldest >= self.bound_ms else f"oldest in the queue {oldest:,.0f} ms"
