"""A calibration as lines of text: its staircase as a table, a row a step, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.calibration import Calibration, CalibrationStep
from engine.report import format as words

COLUMNS = (
    ("asks", 10),
    ("offered", 10),
    ("response p99", 14),
    ("lateness p99", 14),
    ("window", 8),
    ("samples", 9),
)


class StepTable:
    """The staircase of a calibration, told as it goes on: the head once, then each step once."""

    head = f"  {''.join(f'{name:>{width}}' for name, width in COLUMNS)}  held"

    def __init__(self) -> None:
        self._told = 0

    def news(self, steps: Sequence[CalibrationStep]) -> list[str]:
        """A line for every step of `steps`, which are all so far, that was not told yet."""
        fresh, self._told = steps[self._told :], len(steps)
        return [_step(step) for step in fresh]


def calibration_lines(calibration: Calibration) -> list[str]:
    """What this machine holds, by which criterion, and where it was measured."""
    rate, limit = calibration.sustained_tps, calibration.limited_by
    held = "no rate that was tried" if rate is None else f"about {words.rate(rate)}"
    above = f"; {'above that, ' if rate else ''}the limit was {limit.value}" if limit else ""
    over = (
        f"over {words.seconds(calibration.window_seconds)}, "
        f"{words.plain(calibration.sample_size)} samples, "
    )
    return [
        f"This machine holds {held}{above}.",
        f"  criterion: {calibration.criterion}",
        f"  measured {'' if rate is None else over}{calibration.measured_at:%Y-%m-%d %H:%M}",
        f"  {calibration.machine}, Limelight {calibration.version}",
    ]


def _milliseconds(value: float | None) -> str:
    return "too few" if value is None else words.milliseconds(value)


def _step(step: CalibrationStep) -> str:
    """What was asked and measured, and what of the criterion was not met."""
    cells = (
        words.rate(step.asked_tps),
        words.rate(round(step.offered_tps)),
        _milliseconds(step.response_p99_ms),
        _milliseconds(step.lateness_p99_ms),
        words.seconds(step.window_seconds),
        f"{step.sample_size:,}",
    )
    row = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))
    disturbed = "; the machine was disturbed" if step.disturbed else ""
    return f"  {row}  {'yes' if step.held else f'no: {step.why_not}{disturbed}'}"
