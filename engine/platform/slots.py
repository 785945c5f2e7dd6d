"""Slots: a place for a process that is filled again whenever the process dies.

The next process starts after 0.1 s, after a death that follows soon 0.2 s, and so on up to 1 s;
one that stayed up for two seconds begins the count anew. A process that is not warm in time, or
says nothing any more, hangs, and is killed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from engine.platform.children import Child
from engine.platform.telemetry import Vital
from engine.platform.wire import Note

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 1.0
STABLE_SECONDS = 2.0
WARM_SECONDS = 30.0
SILENT_SECONDS = 10.0  # a living process says something every tick
LONGEST_LOOK_SECONDS = 0.5  # time in which the supervisor did not look accuses nobody


class Backoff:
    """How long to wait before the next start; the clock is given, so it can be tested."""

    def __init__(self) -> None:
        self._deaths = 0

    def died(self, up_seconds: float) -> float:
        """Seconds to wait after a process that was up for this long died."""
        self._deaths = 0 if up_seconds >= STABLE_SECONDS else self._deaths
        delay = min(FIRST_DELAY_SECONDS * 2.0**self._deaths, LONGEST_DELAY_SECONDS)
        self._deaths += 1
        return delay


class Slot:
    """Keeps one process of a module running."""

    def __init__(
        self,
        module: str,
        vital: Vital,
        began: Callable[[], None],
        noted: Callable[[Note], None],
        died: Callable[[], None],
    ) -> None:
        self._module = module
        self.vital = vital
        self._began = began
        self._noted = noted
        self._died = died
        self._backoff = Backoff()
        self._up_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._silent_seconds = 0.0
        self.child: Child | None = None
        self.warm = False
        self.closing = False

    def start(self) -> None:
        """Fill the slot."""
        self._timer = None
        if self.closing:
            return
        self.child = Child(self._module)
        self.vital.pid = self.child.pid
        self.vital.status = "starting"
        self._silent_seconds = 0.0
        asyncio.get_running_loop().add_reader(self.child.fileno(), self._read, self.child)
        self._began()

    def close(self) -> None:
        """Nothing shall fill it any more."""
        self.closing = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.kill()

    def open(self) -> None:
        """Fill it, after it was closed or for the first time."""
        self.closing = False
        self._backoff = Backoff()
        if self.child is None and self._timer is None:
            self.start()

    def waited(self, seconds: float) -> None:
        """So long since the last look: kill a process that has said nothing for too long."""
        self._silent_seconds += min(seconds, LONGEST_LOOK_SECONDS)
        if self._silent_seconds > (SILENT_SECONDS if self.warm else WARM_SECONDS):
            self.kill()

    def hurry(self) -> None:
        """What killed its processes is over: do not wait for the next start."""
        self._backoff = Backoff()
        if self._timer is not None:
            self._timer.cancel()
            self.start()

    def up(self) -> None:
        """Its process does its work from now on."""
        self.vital.status = "up"
        self._up_since = time.monotonic()

    def not_up(self) -> None:
        """Its process lives, but cannot do its work now."""
        if self.vital.status == "up":
            self.vital.status = "starting"

    def kill(self) -> None:
        """SIGKILL to whatever process fills the slot."""
        if self.child is not None:
            self.child.kill()

    def _read(self, child: Child) -> None:
        notes = child.notes()
        if notes is None:
            self._bury(child)
            return
        self._silent_seconds = 0.0
        for note in notes:
            self._noted(note)

    def _bury(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(child.fileno())
        self.vital.died(child.bury())
        up_seconds = 0.0 if self._up_since is None else time.monotonic() - self._up_since
        self.child, self.warm, self._up_since = None, False, None
        self._died()
        if not self.closing:
            self.vital.restarts += 1
            self._timer = loop.call_later(self._backoff.died(up_seconds), self.start)
