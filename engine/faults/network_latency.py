"""Network delay: answers on a share of the connections leave later, with jitter.

Severity is the share of connections. The probe goes by the clients: their response p99 rises by
half the delay or more. So a share below a hundredth of the connections is not proven.
"""

from __future__ import annotations

from typing import ClassVar

from engine.faults.fault import SETTLED_SECONDS, Fault, Sight
from engine.model.fault import FailureType, FaultParameter
from engine.model.orders import ConnectionDelay

RISE = 0.5  # of the delay


class NetworkDelay(Fault):
    """Late answers on some connections."""

    TYPE = FailureType.NETWORK_LATENCY
    SEVERITY = "share of the connections whose answers are late"
    PARAMETERS: ClassVar[tuple[FaultParameter, ...]] = (
        FaultParameter(
            name="latency_ms", unit="ms", least=1.0, most=10_000.0, default=500.0, what="the delay"
        ),
        FaultParameter(
            name="jitter_ms",
            unit="ms",
            least=0.0,
            most=5_000.0,
            default=50.0,
            what="± around it, uniform",
        ),
    )
    proof = "the clients' response p99 rose by half the delay or more"
    tags = ("connection_delay",)

    def apply(self) -> None:
        """Delay the answers."""
        delay, jitter = self.value("latency_ms"), self.value("jitter_ms")
        self.injector.inject(
            ConnectionDelay(
                share=self.spec.severity,
                seconds=delay / 1e3,
                jitter_seconds=jitter / 1e3,
                lease_seconds=self.lease_seconds,
            )
        )
        self.share = f"{self.spec.severity:.0%} of connections"
        self.message = f"answers on {self.share} leave {delay:g} ± {jitter:g} ms later"

    @property
    def _bound_ms(self) -> float:
        return (self.before.p99_ms or 0.0) + RISE * self.value("latency_ms")

    def seen_on(self, sight: Sight) -> str | None:
        """The clients wait for longer."""
        now = sight.p99()
        if now is None or now < self._bound_ms:
            return None
        was = "" if self.before.p99_ms is None else f", {self.before.p99_ms:,.0f} ms before"
        return f"response p99 {now:,.0f} ms{was}"

    def seen_off(self, sight: Sight) -> str | None:
        """The clients wait no longer than before, or not by half the delay."""
        now = sight.p99() if sight.seconds >= SETTLED_SECONDS else None
        return None if now is None or now >= self._bound_ms else f"response p99 {now:,.0f} ms"
