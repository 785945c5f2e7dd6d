"""A scorer's provisioned capacity: so many transactions a second, whatever it could do.

As with a cloud function's concurrency or a stream's shards, a scorer may be given less than its
processor can do. The edge then sends it no more than that; what comes faster waits in its queue,
which is bounded, and is refused beyond that. What was not used for a while is kept for at most
`KEPT_SECONDS`.
"""

from __future__ import annotations

KEPT_SECONDS = 0.1


class Provision:
    """What may be sent by now; 0 per second means without limit. The clock is given."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * KEPT_SECONDS)
        self._left = self._most
        self._at_ns: int | None = None

    def grant(self, wanted: int, now_ns: int) -> int:
        """How many of these may be sent now; they count as sent."""
        if not self._per_second:
            return wanted
        if self._at_ns is not None:
            grown = (now_ns - self._at_ns) / 1e9 * self._per_second
            self._left = min(self._most, self._left + grown)
        self._at_ns = now_ns
        granted = min(wanted, int(self._left))
        self._left -= granted
        return granted
