"""Cascade: an agent too slow, then the journal throttled, then a crash, overlapping.

Each begins a quarter of the time box after the one before it and lasts until its end; severity is
that of each. Proven on when each of the three is, and proven off likewise.
"""

from __future__ import annotations

from typing import ClassVar

from engine.faults.agent_timeout import AgentTooSlow
from engine.faults.dynamodb_throttle import JournalThrottled
from engine.faults.fault import Before, Fault, Sight
from engine.faults.lambda_crash import WorkerCrash
from engine.model.fault import FailureScenario, FailureType, FaultParameter
from engine.ports import FaultInjector

PARTS: tuple[type[Fault], ...] = (AgentTooSlow, JournalThrottled, WorkerCrash)
STEP_SHARE = 0.25  # of the time box, between one onset and the next


class Cascade(Fault):
    """Three faults in one time box."""

    TYPE = FailureType.CASCADING_FAILURE
    SEVERITY = "severity of each: agent too slow, then journal throttled, then worker crash"
    PARAMETERS: ClassVar[tuple[FaultParameter, ...]] = (
        AgentTooSlow.PARAMETERS + JournalThrottled.PARAMETERS
    )
    proof = "each of its three faults was proven on by its own probe"

    def __init__(self, spec: FailureScenario, injector: FaultInjector, before: Before) -> None:
        super().__init__(spec, injector, before)
        self._parts = [
            part(self._spec(place), injector, before) for place, part in enumerate(PARTS)
        ]
        self._begun = 0
        self._on: dict[int, str] = {}
        self._off: dict[int, str] = {}

    def _spec(self, place: int) -> FailureScenario:
        late = place * STEP_SHARE * self.spec.duration_seconds
        return self.spec.model_copy(
            update={
                "failure_type": PARTS[place].TYPE,
                "duration_seconds": self.spec.duration_seconds - late,
            }
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """Those of all its faults, so that no other has them meanwhile."""
        return tuple(tag for part in self._parts for tag in part.tags)

    @property
    def whole_after_seconds(self) -> float:
        """When the last of its faults begins."""
        return (len(PARTS) - 1) * STEP_SHARE * self.spec.duration_seconds

    def apply(self) -> None:
        """Begin with the first."""
        self.message = self._begin()

    def _begin(self) -> str:
        part = self._parts[self._begun]
        part.apply()
        self._begun += 1
        self.share = " → ".join(one.share for one in self._parts[: self._begun])
        return part.message

    def go_on(self, seconds: float) -> str | None:
        """The next one when it is due."""
        if self._begun == len(PARTS):
            return None
        if seconds < self._begun * STEP_SHARE * self.spec.duration_seconds:
            return None
        return self._begin()

    def seen_on(self, sight: Sight) -> str | None:
        """All three, each as its own probe saw it."""
        for place, part in enumerate(self._parts[: self._begun]):
            if place not in self._on and (seen := part.seen_on(sight)):
                self._on[place] = seen
        return _together(self._on)

    def seen_off(self, sight: Sight) -> str | None:
        """None of the three, by their own probes."""
        for place, part in enumerate(self._parts[: self._begun]):
            if place not in self._off and (seen := part.seen_off(sight)):
                self._off[place] = seen
        return _together(self._off)


def _together(seen: dict[int, str]) -> str | None:
    """What the probes of all parts saw, in order; None as long as one saw nothing."""
    return "; ".join(seen[place] for place in sorted(seen)) if len(seen) == len(PARTS) else None
