"""Measuring the machine before a run: how far it is, what was held so far, and the way out of it.

The measurement is the process's, and browsers share it; a desk remembers which one it waits for, so
that a press of the emergency stop, which ends it, does not begin another.
"""

from __future__ import annotations

from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.theme import number
from engine.report.figures_calibration import step_figure, trying_figure
from engine.report.format import text

if TYPE_CHECKING:
    from dashboard.controls.desk import Desk
    from dashboard.session import Session
    from engine.model.calibration import Calibration, CalibrationProgress, CalibrationStep
    from engine.model.figure import Figure
    from engine.service import Engine

WORDS = "Measuring what this machine holds"
_LOOK_SECONDS = 0.1


def measured(shared: Session, desk: Desk) -> Calibration | None:
    """Measure, or wait for whoever does; None when it failed, which the desk then says."""
    if desk.measuring is None:
        desk.measuring = shared.calibration_under_way()
        st.rerun()  # so that the emergency stop is drawn anew, for something to stop
    result = desk.measuring
    bar, beneath = st.progress(0.0, text=WORDS), st.empty()
    shown = ""
    while not result.done():
        progress = shared.calibration_progress
        bar.progress(progress.share, text=WORDS)
        if (line := _line(progress)) != shown:
            shown = line
            beneath.html(line)
        try:
            result.exception(timeout=_LOOK_SECONDS)
        except NotYet:
            continue
    bar.empty()
    beneath.empty()
    desk.measuring = None
    return result.result() if desk.attempt(result.result) else None


def end_at_once(engine: Engine, desk: Desk) -> None:
    """What the emergency stop does: end what is under way, and forget the wish to start."""
    desk.forget_start()
    desk.attempt(engine.emergency_stop)


def _line(progress: CalibrationProgress) -> str:
    best = max((step for step in progress.steps if step.held), key=_asked, default=None)
    parts = ["starting the platform"]
    if progress.trying_tps is not None:
        again = best is not None and best.asked_tps == progress.trying_tps
        verb = "confirming" if again else "trying"
        parts = [f"{verb} {_shown(trying_figure(progress.trying_tps))}"]
    elif progress.steps:
        parts = ["letting the queue drain"]
    if best is not None:
        parts.insert(0, f"held {_shown(step_figure(best))}")
    return f'<p class="ll-measuring">{", ".join(parts)}</p>'


def _asked(step: CalibrationStep) -> float:
    return step.asked_tps


def _shown(figure: Figure) -> str:
    return number(figure, text(figure))
