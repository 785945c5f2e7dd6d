"""Plays a recording through the same buffer and views as a live run, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from engine.metrics.buffer import MetricsBuffer
from engine.metrics.view import RunView
from engine.model.event import EventKind, RunEvent
from engine.run.replay import Recording, view_at


class Player:
    """One replay; `speed` times as fast as it was, from `first` ticks on.

    Args:
        recording: What is played.
        speed: Recorded seconds a second, above 0.
        first: How many ticks are there at once.
        said: Why this replay began, an event of it; empty to say nothing.
        changed: Called after every change, in this replay's thread.
    """

    def __init__(
        self,
        recording: Recording,
        changed: Callable[[], None],
        *,
        speed: float = 1.0,
        first: int = 0,
        said: str = "",
    ) -> None:
        self.recording, self._speed, self._changed = recording, speed, changed
        self._buffer = MetricsBuffer()
        self._count = min(max(first, 0), len(recording.rows))
        begins = recording.instants[self._count - 1] if self._count else 0.0
        self._begins = begins
        event = RunEvent(t_seconds=begins, kind=EventKind.OPERATOR, message=said)
        self._said = (event,) if said else ()
        for tick in recording.rows[: self._count]:
            self._buffer.append(tick)
        self.view = self._look()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._play, name="replay", daemon=True)

    def start(self) -> None:
        """Begin to play."""
        self._thread.start()

    def stop(self) -> None:
        """End it within a tick; idempotent, from any thread, also one whose lock it waits for."""
        self._ending.set()

    def frame(self, last: int | None = None) -> pd.DataFrame:
        """The rows played so far, as `MetricsBuffer.frame`."""
        return self._buffer.frame(last)

    def _look(self) -> RunView:
        view = view_at(self.recording, self._count)
        if not self._said:
            return view
        events = sorted((*view.events, *self._said), key=lambda event: event.t_seconds)
        return replace(view, events=tuple(events))

    def _play(self) -> None:
        instants, began = self.recording.instants, time.monotonic()
        while self._count < len(instants):
            due = began + (instants[self._count] - self._begins) / self._speed
            if self._ending.wait(max(0.0, due - time.monotonic())):
                return
            reached = self._begins + (time.monotonic() - began) * self._speed
            while self._count < len(instants) and instants[self._count] <= reached:
                self._buffer.append(self.recording.rows[self._count])
                self._count += 1
            self.view = self._look()
            self._changed()
