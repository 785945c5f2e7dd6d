"""Slowness injected on purpose: an agent's calls really sleep, for a share of them and a time.

The share is exact, not drawn: every 1/share-th call sleeps. A sleep ends early when the injection
does, so an agent is well again as soon as the fault is cleared.
"""

from __future__ import annotations

import threading
import time

from engine.platform.wire import Delay


class Slowness:
    """One order to slow an agent down; it ends by itself at its instant."""

    def __init__(self, delay: Delay) -> None:
        self._delay = delay
        self._due = 0.0
        self._ended = threading.Event()

    @property
    def order(self) -> Delay:
        """What was ordered."""
        return self._delay

    def due(self) -> float:
        """Seconds that the call now beginning has to sleep; 0 where it is not one's turn."""
        rest = (self._delay.until_ns - time.monotonic_ns()) / 1e9
        if rest <= 0.0:
            return 0.0
        self._due += self._delay.share
        if self._due < 1.0:
            return 0.0
        self._due -= 1.0
        return min(self._delay.seconds, rest)

    def sleep(self, seconds: float) -> None:
        """Sleep, at most until the order is ended."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """Wake whoever sleeps by this order."""
        self._ended.set()
