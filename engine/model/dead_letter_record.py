"""A dead letter as a run's record has it: apart, so that workers start without pydantic."""

from __future__ import annotations

import msgspec
from pydantic import BaseModel, ConfigDict

from engine.model.dead_letter import DeadLetter, LetterState, Why


class DeadLetterRecord(BaseModel):
    """A dead letter as a run's record has it; instants in seconds since Start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    customer: str
    due_seconds: float
    failed_seconds: float
    attempts: int
    redrives: int
    outcome: str
    why: Why
    state: LetterState


def recorded(letter: DeadLetter, start_ns: int) -> DeadLetterRecord:
    """With instants in seconds since this one, Start."""
    fields = msgspec.structs.asdict(letter)
    instants = {
        f"{name}_seconds": (fields.pop(f"{name}_ns") - start_ns) / 1e9 for name in ("due", "failed")
    }
    return DeadLetterRecord(**fields, **instants)
