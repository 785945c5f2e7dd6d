"""Asked against held: what presets ask for, and what this machine was measured to hold."""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine.model.calibration import (
    LONGEST_SECONDS,
    Calibration,
    CalibrationStep,
    KeptCalibration,
)
from engine.model.figure import Figure
from engine.model.request import RunRequest
from engine.model.scenario import TestScenario
from engine.report.format import seconds
from engine.report.make import derived, measured

HELD = "calibration.sustained_tps"
NOTE = "calibration.note"
LEAST_SHARE = 0.01


def calibration_figures(
    request: RunRequest, presets: Iterable[TestScenario], kept: KeptCalibration
) -> list[Figure]:
    """All that the page shows of it, ids unique; `request` is what is selected."""
    selected, scale = request.scenario, request.rate_scale
    figures = [
        held_figure(kept.calibration),
        _asked("calibration.asked_tps", selected, scale),
        _fitting("calibration.fitting_share", selected, kept.calibration),
        note_figure(kept),
    ]
    for preset in presets:
        asked = _asked(f"preset.{preset.scenario_id}.asked_tps", preset, scale)
        share = f"preset.{preset.scenario_id}.fitting_share"
        figures += [asked, _fitting(share, preset, kept.calibration)]
    return figures


def held_figure(calibration: Calibration | None) -> Figure:
    """The rate that was held; its value is None if none was, or nothing was measured."""
    label = "This machine held"
    if calibration is None:
        return measured(HELD, label, None, "tps")
    limit = calibration.limited_by
    gave_way = f"; above it, the limit was {limit.value}" if limit else ""
    return measured(
        HELD,
        label,
        calibration.sustained_tps,
        "tps",
        window=calibration.window_seconds,
        samples=calibration.sample_size,
        note=f"measured before the run, {calibration.measured_at:%Y-%m-%d %H:%M} UTC: "
        f"{calibration.criterion}{gave_way}; {calibration.machine}, Limelight "
        f"{calibration.version}",
    )


def note_figure(kept: KeptCalibration) -> Figure:
    """What is to be known of the calibration beside its rate, in one sentence."""
    found = kept.calibration
    if found is None:
        longest = seconds(LONGEST_SECONDS)
        words = (
            f"What this machine holds is not known: {kept.why_none}. "
            f"Start measures it, in about {longest}"
        )
    elif found.sustained_tps is None:
        gave_way = f": the limit was {found.limited_by.value}" if found.limited_by else ""
        words = f"No rate on this machine met the criterion{gave_way}"
    elif found.limited_by is None:
        words = "no higher rate was tried"
    else:
        words = f"above that, the limit was {found.limited_by.value}"
    return measured(NOTE, "What was measured of this machine", words, "text", samples=1)


def step_figure(step: CalibrationStep) -> Figure:
    """The highest rate that a calibration under way has held so far."""
    return measured(
        "calibration.held_so_far",
        "Held so far",
        step.offered_tps,
        "tps",
        window=step.window_seconds,
        samples=step.sample_size,
        note="met the criterion once, not confirmed yet",
    )


def trying_figure(tps: float) -> Figure:
    """The rate that a calibration under way asks for now."""
    return derived(
        "calibration.trying_tps",
        "Trying",
        tps,
        "tps",
        formula="the staircase's next step: climb, then the middle of held and not held",
        inputs={},
    )


def fitting_share(scenario: TestScenario, held_tps: float) -> float:
    """The share of its rates, 0..1, at which a scenario asks no more than is held."""
    share = math.floor(100 * held_tps / scenario.load_profile.max_tps) / 100
    return min(1.0, max(LEAST_SHARE, share))


def _asked(figure_id: str, scenario: TestScenario, scale: float) -> Figure:
    peak = scenario.load_profile.max_tps
    return derived(
        figure_id,
        f"{scenario.name} asks at most",
        peak * scale,
        "tps",
        formula="highest rate of the preset × scale of the rate",
        inputs={"highest rate": peak, "scale": scale},
    )


def _fitting(figure_id: str, scenario: TestScenario, calibration: Calibration | None) -> Figure:
    held = None if calibration is None else calibration.sustained_tps
    peak = scenario.load_profile.max_tps
    return derived(
        figure_id,
        f"{scenario.name} fits at",
        None if held is None else fitting_share(scenario, held),
        "ratio",
        formula=f"rate this machine held ÷ highest rate of the preset, rounded down to whole per "
        f"cent, {LEAST_SHARE:.0%} at least and all of it at most",
        inputs={"rate held": held, "highest rate": peak},
    )
