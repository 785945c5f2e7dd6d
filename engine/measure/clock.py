"""Time: the machine's monotonic clock, and a run's own clock that stands still in a pause.

A run clock maps instants (`time.monotonic_ns()`, shared by all processes of a machine) to
schedule time (ns since arrival 0's clock began, pauses left out):

    schedule(now) = now - at - pauses        while running
    schedule(now) = schedule(pause began)    while paused

so an arrival due at schedule time s is due at instant at + pauses + s, and a pause moves every
instant that has not come by its own length: nothing is caught up.
"""

from __future__ import annotations

import time


class SystemClock:
    """The machine's monotonic clock."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary origin, the same for every process of this machine."""
        return time.monotonic_ns()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class RunClock:
    """Schedule time of one run; all values in ns."""

    def __init__(self, at_ns: int) -> None:
        self.offset_ns = at_ns
        self._paused_at_ns: int | None = None

    @property
    def paused(self) -> bool:
        """Whether the clock stands still."""
        return self._paused_at_ns is not None

    def schedule_ns(self, now_ns: int) -> int:
        """Schedule time at this instant; negative before the start."""
        instant = now_ns if self._paused_at_ns is None else min(now_ns, self._paused_at_ns)
        return instant - self.offset_ns

    def instant_ns(self, schedule_ns: int) -> int:
        """The instant of a schedule time, if no (further) pause comes between."""
        return self.offset_ns + schedule_ns

    def pause(self, now_ns: int) -> None:
        """Stand still from now; no effect while paused."""
        if self._paused_at_ns is None:
            self._paused_at_ns = now_ns

    def resume(self, now_ns: int) -> int:
        """Go on from where it stood; return how long it stood in ns (0 if it did not).

        A pause that began before the start and ended after it moves the start.
        """
        if self._paused_at_ns is None:
            return 0
        stood = max(now_ns - max(self._paused_at_ns, self.offset_ns), 0)
        self.offset_ns += stood
        self._paused_at_ns = None
        return stood
