"""The intake stalled by order: for a share of each period nothing is handed to the scorers.

    |── stalled: share × period ──|── open ──|── stalled ──| …          period = 1 s

The router's turns are put off and the whole of what waits goes in the turn at the stall's end, so
nothing on the way of a transaction asks whether this holds.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from engine.model.orders import STALL_PERIOD_SECONDS
from engine.platform.wire import Pauses


class Turns(Protocol):
    """Who hands work to the scorers."""

    def stall(self) -> None:
        """Hand over nothing; idempotent."""

    def go_on(self) -> None:
        """Hand over what waits; idempotent."""


class Stalling:
    """The pauses that hold, if any; lives in the event loop's thread.

    Attributes:
        stalls: How many began so far.
        stalled_ns: How long those lasted that ended.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._pauses: Pauses | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._began_ns = 0
        self.stalls = 0
        self.stalled_ns = 0

    def burden(self, pauses: Pauses | None) -> None:
        """Stall by these from now on; in place of what was before."""
        if pauses == self._pauses:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._end_stall()
        self._pauses = pauses
        if pauses is not None and pauses.share > 0.0:
            self._stall()

    def _stall(self) -> None:
        if self._pauses is None:
            return
        self.stalls += 1
        self._began_ns = time.monotonic_ns()
        self._turns.stall()
        if self._pauses.share < 1.0:
            seconds = self._pauses.share * STALL_PERIOD_SECONDS
            self._timer = asyncio.get_running_loop().call_later(seconds, self._open)

    def _open(self) -> None:
        if self._pauses is None:
            return
        self._end_stall()
        seconds = (1.0 - self._pauses.share) * STALL_PERIOD_SECONDS
        self._timer = asyncio.get_running_loop().call_later(seconds, self._stall)

    def _end_stall(self) -> None:
        if self._began_ns:
            self.stalled_ns += time.monotonic_ns() - self._began_ns
            self._began_ns = 0
            self._turns.go_on()
