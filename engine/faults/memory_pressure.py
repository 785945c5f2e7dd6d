"""Memory pressure: each scorer takes real memory, and its customers live in the rest.

Severity is the share of the customers' memory limit that is taken and touched. The probe goes by
what the operating system says of the processes' resident memory, not by what they say they took.
"""

from __future__ import annotations

from engine.faults.fault import Fault, Sight
from engine.model.control import PlatformReport
from engine.model.errors import TargetError
from engine.model.fault import FailureType
from engine.model.orders import Ballast

MB = 1_000_000
RISE = 0.5  # of what is taken: customers who are forgotten leave memory behind meanwhile


class MemoryPressure(Fault):
    """Ballast in the scorers."""

    TYPE = FailureType.MEMORY_PRESSURE
    SEVERITY = "share of the scorers' memory for customers that is taken, touched and real"
    proof = "the scorers' resident memory rose by half of what was to be taken or more"
    tags = ("ballast",)
    _peak = 0

    def apply(self) -> None:
        """Take it."""
        if not self.before.newest.scorers:
            msg = "Memory pressure needs a target with scorers, and this one shows none"
            raise TargetError(msg)
        share = self.spec.severity
        self.injector.inject(Ballast(share=share, lease_seconds=self.lease_seconds))
        self.share = f"{share:.0%} of the customers' memory"
        self.message = f"every scorer takes {self.share} for ballast"

    def seen_on(self, sight: Sight) -> str | None:
        """The processes have become larger by it."""
        before, now = self.before.newest, sight.newest
        taken = sum(one.ballast_bytes for one in now.scorers)
        rise = _resident(now) - _resident(before)
        if taken <= 0 or rise < RISE * taken:
            return None
        self._peak = max(self._peak, _resident(now))
        forgotten = _forgotten(now) - _forgotten(before)
        return (
            f"resident memory of the scorers {_resident(before) / MB:,.0f} → "
            f"{_resident(now) / MB:,.0f} MB, {forgotten:,} customers forgotten"
        )

    def seen_off(self, sight: Sight) -> str | None:
        """Most of the rise is gone."""
        before, now = _resident(self.before.newest), _resident(sight.newest)
        if now > before + (1.0 - RISE) * max(0, self._peak - before):
            return None
        return f"resident memory of the scorers {now / MB:,.0f} MB"


def _resident(report: PlatformReport) -> int:
    return sum(one.rss_bytes for one in report.scorers)


def _forgotten(report: PlatformReport) -> int:
    return sum(one.evictions for one in report.scorers)
