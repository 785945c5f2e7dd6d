"""The event log of one run: in memory for the screen, in the store for good."""

from __future__ import annotations

import logging
from collections.abc import Callable

from engine.model.errors import StoreError
from engine.model.event import EventKind, RunEvent

_log = logging.getLogger(__name__)


class EventLog:
    """Events in order; `now` gives seconds since Start, `keep` writes one to the store.

    An event that cannot be written is still shown: nothing that must be done waits for the log.
    """

    def __init__(self, now: Callable[[], float], keep: Callable[[RunEvent], None]) -> None:
        self._now = now
        self._keep = keep
        self.events: list[RunEvent] = []

    def add(self, kind: EventKind, message: str, **data: float | int | str | bool | None) -> None:
        """Add one event, at this instant."""
        event = RunEvent(t_seconds=self._now(), kind=kind, message=message, data=data)
        self.events.append(event)
        try:
            self._keep(event)
        except StoreError as error:
            _log.warning("an event was not kept: %s", error)
