"""What this machine holds, as measured before a demo: the answer, and the steps that led to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

CALIBRATION_SCHEMA = 2
LONGEST_SECONDS = 20.0


class Limit(StrEnum):
    """What gave way at the lowest rate that was not held."""

    TARGET = "the target"
    GENERATOR = "the load generator"
    OTHERS = "other programs on this machine"


class _Measured(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CalibrationStep(_Measured):
    """One rate (per second) that was tried, and how its judged window came out.

    `why_not` says which part of the criterion was not met, `limited_by` whose doing that was;
    both are None for a step that held. `disturbed` is a step that other programs spoiled, or one
    of whose reports a worker did not send in time.
    """

    asked_tps: float
    offered_tps: float
    response_p99_ms: float | None
    lateness_p99_ms: float | None
    window_seconds: float
    sample_size: int
    held: bool
    why_not: str | None = None
    limited_by: Limit | None = None
    disturbed: bool = False


class CalibrationProgress(_Measured):
    """How far a calibration under way is: the steps so far, and the rate tried now.

    `share` is elapsed time ÷ longest time it may take, 0..1; it never falls.
    """

    share: float = 0.0
    steps: tuple[CalibrationStep, ...] = ()
    trying_tps: float | None = None


class Calibration(_Measured):
    """The highest rate (per second) that met the criterion and was confirmed; None if none was.

    `window_seconds` and `sample_size` are those of the step the answer was read from. `limited_by`
    is None where nothing was seen to give way: the highest rate there is was held, or time ended.
    """

    schema_version: int = CALIBRATION_SCHEMA
    sustained_tps: float | None
    limited_by: Limit | None = None
    steps: tuple[CalibrationStep, ...] = ()
    criterion: str
    window_seconds: float
    sample_size: int
    machine: str
    version: str
    measured_at: datetime


class KeptCalibration(_Measured):
    """What is known of this machine; `why_none` says why nothing is, where nothing is."""

    calibration: Calibration | None
    why_none: str = ""
