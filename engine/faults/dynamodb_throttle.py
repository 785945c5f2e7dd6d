"""Journal throttled: its write capacity is cut to less than what it writes at the moment.

Severity is the share of the measured rate that is taken away: so many rows a second are left,

    rows_per_second = (1 − severity) × rows written per second before

unless the parameter says how many. Commits beyond are refused and tried again with backoff, what
would wait for too long is answered 503.
"""

from __future__ import annotations

from typing import ClassVar

from engine.faults.fault import Fault, Sight, known, per_second
from engine.model.control import PlatformReport
from engine.model.fault import FailureType, FaultParameter
from engine.model.orders import JournalLimit

WAITS_MS = 50.0  # the oldest uncommitted transaction; unhindered it waits for a commit of a few ms
OVER = 1.25  # a group may overdraw the account


class JournalThrottled(Fault):
    """Fewer rows per second than are asked for."""

    TYPE = FailureType.DYNAMODB_THROTTLE
    SEVERITY = "share of the journal's present write rate that is taken away"
    PARAMETERS: ClassVar[tuple[FaultParameter, ...]] = (
        FaultParameter(
            name="rows_per_second",
            unit="rows/s",
            least=0.0,
            most=1_000_000.0,
            what="the capacity left, instead of (1 − severity) × the rate before",
        ),
    )
    proof = f"no more rows committed than are allowed while others wait for over {WAITS_MS:g} ms"
    tags = ("journal_limit",)

    def apply(self) -> None:
        """Cut the capacity."""
        asked = self.asked("rows_per_second")
        self.rate = per_second(self.before.reports, _rows)
        if asked is None:
            asked = (1.0 - self.spec.severity) * known(self.rate, "the journal's write rate")
        self.limit = asked
        self.injector.inject(JournalLimit(rows_per_second=asked, lease_seconds=self.lease_seconds))
        was = "" if self.rate is None else f" of {self.rate:,.0f}"
        self.share = f"{asked:,.0f}{was} rows/s left"
        self.message = f"the journal takes no more than {asked:,.0f} rows a second{was}"

    def seen_on(self, sight: Sight) -> str | None:
        """Committed rows keep to the limit while transactions wait for the journal."""
        latest = sight.latest(1.0)
        rate = per_second(latest, _rows)
        edge = sight.newest.edge
        if rate is None or edge.journal_age_ms < WAITS_MS:
            return None
        if rate > OVER * self.limit + 1.0:
            return None
        return (
            f"{rate:,.0f} rows/s committed while {edge.journal_depth:,} waited, "
            f"the oldest for {edge.journal_age_ms:,.0f} ms"
        )

    def seen_off(self, sight: Sight) -> str | None:
        """Nothing has waited for the journal for a while."""
        latest = sight.latest()
        if not latest or max(one.edge.journal_age_ms for one in latest) >= WAITS_MS:
            return None
        rate = per_second(latest, _rows) or 0.0
        oldest = max(one.edge.journal_age_ms for one in latest)
        return f"{rate:,.0f} rows/s committed, none waited for more than {oldest:,.0f} ms"


def _rows(report: PlatformReport) -> float:
    return float(report.edge.journal_rows)
