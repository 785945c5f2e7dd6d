"""What a run can be told while it is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.model.control import Abort, Pause, Redrive, Resume, WorkerCommand
from engine.model.fault import DISPLAY_NAMES, FailureScenario, FailureType
from engine.model.results import RateChange
from engine.run.states import Event


@dataclass(frozen=True)
class ClearFaults:
    """End all faults that are on, or those of one type."""

    only: FailureType | None = None

    @property
    def told(self) -> str:
        """For the log."""
        return f"clear {'all faults' if self.only is None else DISPLAY_NAMES[self.only]}"


Command = Event | FailureScenario | RateChange | Redrive | ClearFaults

AT_ONCE: dict[Event, Callable[[], WorkerCommand]] = {
    Event.PAUSE: Pause,
    Event.RESUME: Resume,
    Event.EMERGENCY_STOP: Abort,
}
"""What reaches the workers directly, whatever the run's thread is doing."""
