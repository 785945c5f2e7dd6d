"""What happened in a run, in order: the timeline beside the ticks."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class EventKind(StrEnum):
    """The kinds of event on a run's timeline."""

    STATE = "state"
    OPERATOR = "operator"
    FAULT_APPLIED = "fault_applied"
    FAULT_PROVEN = "fault_proven"
    FAULT_CLEARED = "fault_cleared"
    FAULT_REMOVED = "fault_removed"
    FAULT_REFUSED = "fault_refused"
    RECOVERED = "recovered"
    DEGRADED = "degraded"
    SCALED = "scaled"
    LEVEL = "level"
    WARNING = "warning"
    ALERT = "alert"
    ERROR = "error"


class RunEvent(BaseModel):
    """One event; `t_seconds` since Start on the app's monotonic clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    t_seconds: float
    kind: EventKind
    message: str
    data: dict[str, float | int | str | bool | None] = Field(default_factory=dict)
