"""Network delay: answers on a share of the connections leave later, with jitter.

On targets that are not ours an in-path proxy does it, which can also reset connections, narrow them
and black them out. Severity is the share of connections. The probe goes by the clients: their
response p99 rises by half the delay or more. So a share below a hundredth of the connections is not
proven.
"""

from __future__ import annotations

from typing import ClassVar

from engine.faults.fault import SETTLED_SECONDS, Fault, Sight
from engine.model.fault import FailureType, FaultParameter
from engine.model.orders import ConnectionDelay, LinkTrouble

RISE = 0.5  # of the delay
LINK = ("reset_share", "kbit_per_second", "blackout")


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
        FaultParameter(
            name="reset_share",
            unit="share",
            least=0.0,
            most=1.0,
            default=0.0,
            what="own targets only: of the requests, those that reset their connection",
        ),
        FaultParameter(
            name="kbit_per_second",
            unit="kbit/s",
            least=0.0,
            most=10_000_000.0,
            default=0.0,
            what="own targets only: what a connection carries at most; nothing set: all",
        ),
        FaultParameter(
            name="blackout",
            unit="off or on",
            least=0.0,
            most=1.0,
            default=0.0,
            what="own targets only: above nothing, nothing passes until the end",
        ),
    )
    NEEDS = (
        "name it in the preset or with --fault, so that the in-path proxy stands in the way from "
        "the start"
    )
    NEEDS_REPORT = False
    proof = "the clients' response p99 rose by half the delay, or connections that were cut failed"
    tags = ("connection_delay", "link_trouble")

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
        if any(self.value(name) for name in LINK):
            self.injector.inject(self._trouble())
        self.share = f"{self.spec.severity:.0%} of connections"
        self.message = f"answers on {self.share} leave {delay:g} ± {jitter:g} ms later"

    def _trouble(self) -> LinkTrouble:
        return LinkTrouble(
            share=self.spec.severity,
            reset_share=self.value("reset_share"),
            bytes_per_second=self.value("kbit_per_second") * 1e3 / 8,
            blackout=self.value("blackout") > 0.0,
            lease_seconds=self.lease_seconds,
        )

    @property
    def _bound_ms(self) -> float:
        return (self.before.p99_ms or 0.0) + RISE * self.value("latency_ms")

    def seen_on(self, sight: Sight) -> str | None:
        """The clients wait for longer, or fail where connections are reset or blacked out."""
        cut = self.value("reset_share") or self.value("blackout")
        if cut and sight.failed:
            return f"{sight.failed:,} transactions failed"
        now = sight.p99()
        if now is None or now < self._bound_ms:
            return None
        was = "" if self.before.p99_ms is None else f", {self.before.p99_ms:,.0f} ms before"
        return f"response p99 {now:,.0f} ms{was}"

    def seen_off(self, sight: Sight) -> str | None:
        """The clients wait no longer than before, or not by half the delay."""
        now = sight.p99() if sight.seconds >= SETTLED_SECONDS else None
        return None if now is None or now >= self._bound_ms else f"response p99 {now:,.0f} ms"
