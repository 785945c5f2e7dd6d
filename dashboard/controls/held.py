"""What each preset asks, against what this machine held: a table beneath the presets."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.theme import number
from engine.report.figures_calibration import HELD, NOTE, calibration_figures
from engine.report.format import text

if TYPE_CHECKING:
    from dashboard.session import Selection, Session
    from engine.model.calibration import KeptCalibration
    from engine.model.figure import Figure
    from engine.model.scenario import TestScenario


WITHIN = ":material/check: held briefly here"
BEYOND = ":material/warning: more than this machine held"


def asked_against_held(shared: Session, selection: Selection) -> None:
    """Draw the table for this selection.

    Nothing for an endpoint of one's own: what was measured is the built-in platform.
    """
    if selection.target_url is not None:
        return
    engine = shared.engine()
    presets = engine.presets()
    kept = engine.kept_calibration()
    request = selection.request(presets)
    figures = {each.id: each for each in calibration_figures(request, presets, kept)}
    rows = [
        _row(
            scenario.name,
            figures[f"preset.{scenario.scenario_id}.asked_tps"],
            figures[f"preset.{scenario.scenario_id}.fitting_share"],
            figures[HELD],
            selected=scenario.scenario_id == selection.preset_id,
        )
        for scenario in presets
    ]
    known = figures[HELD].value is not None
    note = _shown(figures[NOTE])
    head = f"This machine held {_shown(figures[HELD])}; {note}" if known else note
    st.html(
        f'<div class="ll-held"><p>{head}</p>'
        "<table><thead><tr><th>Preset</th><th>Asks</th><th>Held here</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def captions(selection: Selection, presets: list[TestScenario], kept: KeptCalibration) -> list[str]:
    """What each preset is, and in words without numbers whether this machine held as much."""
    held = None if kept.calibration is None else kept.calibration.sustained_tps
    if held is None or selection.target_url is not None:
        return [scenario.description for scenario in presets]
    scale = selection.rate_percentage / 100
    return [
        f"{each.description}  \n{WITHIN if each.load_profile.max_tps * scale <= held else BEYOND}"
        for each in presets
    ]


def _row(name: str, asked: Figure, share: Figure, held: Figure, *, selected: bool) -> str:
    here = "–"
    if held.value is not None and asked.value is not None:
        fits = float(asked.value) <= float(held.value)
        here = "✓ all" if fits else _shown(share)
    mark = ' aria-selected="true"' if selected else ""
    return f"<tr{mark}><td>{escape(name)}</td><td>{_shown(asked)}</td><td>{here}</td></tr>"


def _shown(figure: Figure) -> str:
    return number(figure, text(figure))
