"""The state machine of a run, as a table.

    not_started → initializing → running ⇄ paused → stopping → completed | failed | cancelled

Every way out goes through stopping, where faults are cleared, workers drained and the journal
reconciled; so nothing that was started is left behind. Deciding happens here, doing in
`engine.run.orchestrator`.
"""

from __future__ import annotations

from enum import StrEnum

from engine.model.errors import IllegalTransitionError
from engine.model.results import TestStatus


class Event(StrEnum):
    """What can happen to a run."""

    START = "start"
    READY = "ready"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    EMERGENCY_STOP = "emergency stop"
    PLAN_ENDED = "plan ended"
    BREAK = "break"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


_S = TestStatus

TRANSITIONS: dict[tuple[TestStatus, Event], TestStatus] = {
    (_S.NOT_STARTED, Event.START): _S.INITIALIZING,
    (_S.INITIALIZING, Event.READY): _S.RUNNING,
    (_S.INITIALIZING, Event.STOP): _S.STOPPING,
    (_S.INITIALIZING, Event.EMERGENCY_STOP): _S.STOPPING,
    (_S.INITIALIZING, Event.BREAK): _S.STOPPING,
    (_S.RUNNING, Event.PAUSE): _S.PAUSED,
    (_S.RUNNING, Event.STOP): _S.STOPPING,
    (_S.RUNNING, Event.EMERGENCY_STOP): _S.STOPPING,
    (_S.RUNNING, Event.PLAN_ENDED): _S.STOPPING,
    (_S.RUNNING, Event.BREAK): _S.STOPPING,
    (_S.PAUSED, Event.RESUME): _S.RUNNING,
    (_S.PAUSED, Event.STOP): _S.STOPPING,
    (_S.PAUSED, Event.EMERGENCY_STOP): _S.STOPPING,
    (_S.PAUSED, Event.BREAK): _S.STOPPING,
    (_S.STOPPING, Event.EMERGENCY_STOP): _S.STOPPING,
    (_S.STOPPING, Event.COMPLETE): _S.COMPLETED,
    (_S.STOPPING, Event.FAIL): _S.FAILED,
    (_S.STOPPING, Event.CANCEL): _S.CANCELLED,
}


def after(status: TestStatus, event: Event) -> TestStatus:
    """The state after `event`.

    Raises:
        IllegalTransitionError: The table has no such row; the message names event and state.
    """
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise _refusal(status, event) from None


def allow(status: TestStatus, what: str, *allowed: TestStatus) -> None:
    """Let pass what changes no state, where it makes sense; raises IllegalTransitionError."""
    if status not in allowed:
        raise _refusal(status, what)


def _refusal(status: TestStatus, what: str) -> IllegalTransitionError:
    return IllegalTransitionError(f"cannot {what} a run that is {status.value.replace('_', ' ')}")
