"""When faults begin, on the run clock: those of the scenario, and those asked for by hand."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.fault import FailureScenario


@dataclass(frozen=True)
class Due:
    """A fault whose time has come."""

    fault: FailureScenario
    by_hand: bool


class FaultSchedule:
    """The scenario's faults in order of their start; each is handed out once."""

    def __init__(self, faults: tuple[FailureScenario, ...]) -> None:
        self._waiting = sorted(faults, key=lambda fault: fault.start_time_seconds)

    @property
    def waiting(self) -> tuple[FailureScenario, ...]:
        """Faults whose time has not come."""
        return tuple(self._waiting)

    def due(self, run_clock_seconds: float) -> list[Due]:
        """The faults that start at or before this instant and were not handed out yet."""
        ready = [f for f in self._waiting if f.start_time_seconds <= run_clock_seconds]
        self._waiting = [f for f in self._waiting if f.start_time_seconds > run_clock_seconds]
        return [Due(fault, by_hand=False) for fault in ready]
