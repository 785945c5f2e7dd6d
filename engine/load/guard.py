"""What spares a sick target: one worker's breaker and retry budget, and what they go by."""

from __future__ import annotations

from engine.load.breaker import BreakerState, CircuitBreaker
from engine.load.budget import RATIO, RetryBudget
from engine.load.health import Health
from engine.load.ledger import Totals
from engine.load.outcome import Outcome
from engine.model.dead_letter import Why


class Guard:
    """Lets a retry or a redrive pass, or says why not. First attempts it never sees."""

    def __init__(self, *, breaker: bool = True, retry_ratio: float = RATIO) -> None:
        self.health = Health()
        self.breaker = CircuitBreaker(self.health, enabled=breaker)
        self._budget = RetryBudget(retry_ratio)

    def ended(self, outcome: Outcome, begun_ns: int) -> None:
        """An attempt that was begun at this instant ended badly."""
        if self.health.ended(outcome):
            self.breaker.failed(begun_ns)

    def look(self, now_ns: int, totals: Totals) -> None:
        """Take in what was counted since the previous look."""
        answered = totals.decided + totals.rejected + totals.redriven
        new = self.health.look(now_ns, totals.sent, answered)
        self._budget.pay_in(now_ns, new.first, float(self.health.since().first))
        self.breaker.look(now_ns, new)
        totals.breaker_trips = self.breaker.trips
        totals.breaker_recoveries = self.breaker.recoveries

    def resumed(self, stood_ns: int) -> None:
        """A pause of this length ended: go on as if it had not been."""
        self.health.resumed(stood_ns)
        self.breaker.resumed(stood_ns)
        self._budget.resumed(stood_ns)

    def refusal(self) -> Why | None:
        """Why there must be no retry now; None if there may be, and then it is paid for."""
        if self.breaker.state is BreakerState.OPEN:
            return Why.BREAKER
        return None if self._budget.take() else Why.BUDGET
