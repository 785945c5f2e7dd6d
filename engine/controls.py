"""What an operator may do to the run under way; part of the engine's façade."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from engine.faults import registry
from engine.model.errors import ConfigurationError
from engine.model.fault import FailureScenario, FailureType, FaultKind
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.states import Event


class Controls(ABC):
    """Every method from any thread."""

    @abstractmethod
    def _current(self, what: str) -> StressTestOrchestrator:
        """The run to `what`; raises IllegalTransitionError if there is none."""

    def pause(self) -> None:
        """Send nothing more until resumed; raises IllegalTransitionError if not running."""
        self._current(Event.PAUSE).request(Event.PAUSE)

    def resume(self) -> None:
        """Go on without catching up; raises IllegalTransitionError if not paused."""
        self._current(Event.RESUME).request(Event.RESUME)

    def stop(self) -> None:
        """End the run in order; raises IllegalTransitionError if none can be stopped."""
        self._current(Event.STOP).request(Event.STOP)

    def fault_kinds(self) -> list[FaultKind]:
        """What can be broken: every type with its parameters, units and bounds."""
        return registry.kinds()

    def inject(
        self,
        failure_type: FailureType,
        severity: float,
        duration_seconds: float,
        parameters: Mapping[str, float] | None = None,
        component: str = "",
    ) -> None:
        """Break the target now.

        Args:
            failure_type: What is to be broken.
            severity: 0..1, the share or depth that `fault_kinds` states.
            duration_seconds: Its time box, on the app's clock.
            parameters: By name, as `fault_kinds` has them; what is left out is at its default.
            component: Which part, where the type has a choice.

        Raises:
            ConfigurationError: A parameter is unknown or out of bounds.
            IllegalTransitionError: No run is running, or its settings allow no faults.
        """
        spec = FailureScenario(
            failure_type=failure_type,
            start_time_seconds=0,
            duration_seconds=duration_seconds,
            severity=severity,
            target_component=component,
            parameters=dict(parameters or {}),
        )
        if problems := registry.problems(spec):
            raise ConfigurationError(problems)
        self._current("inject a fault").inject(spec)

    def clear_faults(self, only: FailureType | None = None) -> None:
        """End all faults that are on, or those of one type; needs a run under way."""
        self._current("clear the faults").clear_faults(only)

    def set_rate(self, factor: float) -> None:
        """Offer the planned rate times this, within half a second, until the next change.

        Raises IllegalTransitionError unless a run is running or paused, ConfigurationError if the
        factor is below 0.01 or the highest rate would be too high.
        """
        self._current("change the rate").set_rate(factor)

    def redrive(self) -> None:
        """Send the dead letters again now; raises IllegalTransitionError unless running."""
        self._current("redrive dead letters").redrive()
