"""What this machine holds, as measured before a demo."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Calibration(BaseModel):
    """The highest rate (per second) at which every window met the criterion; None if none did."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sustained_tps: float | None
    criterion: str
    window_seconds: float
    sample_size: int
    machine: str
    version: str
    measured_at: datetime
