"""What to run: target, preset, speed and scale, the same for every viewer.

The selection lives in the process, and every browser's widgets show it. A browser sends the values
of all its widgets with each rerun, and they may be of before another viewer's choice; read as a
choice of its own, they would undo it. So the widgets' keys carry a generation: when the selection
has changed elsewhere, or the engine refused a choice, new widgets stand in place of the old, whose
late values nobody reads. A viewer's own choice keeps its widgets, so a drag goes on undisturbed.
Choices are read from what the widgets show, not from callbacks, so that one made while the page
reran is found by the next run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.controls.held import asked_against_held, captions
from engine.model.errors import ConfigurationError

if TYPE_CHECKING:
    from dashboard.controls.desk import Desk
    from dashboard.session import Selection, Session

SPEEDS = (1, 2, 5, 10, 20)
BUILT_IN, OWN = "built-in", "own"
TARGETS = {BUILT_IN: "Built-in reference platform", OWN: "An endpoint on this machine"}


def setup(shared: Session, desk: Desk) -> None:
    """The pickers; what was picked is selected for everybody."""
    shown = _follow(shared.selection, desk)
    picked = _pick(shown, desk, shared)
    if picked == shown:
        return
    if desk.attempt(lambda: shared.select(_merged(shared.selection, shown, picked))):
        desk.shown = picked
    else:
        desk.shown = None
        st.rerun()


def check_target(shared: Session, desk: Desk) -> None:
    """Raises ConfigurationError when an endpoint is to be tested and nobody said where it is."""
    if desk.wants_own and shared.selection.target_url is None:
        raise ConfigurationError(
            ["What is tested: the endpoint has no address yet: type the one it answers on"]
        )


def _follow(selection: Selection, desk: Desk) -> Selection:
    if desk.shown != selection:
        if desk.shown is None or desk.shown.target_url != selection.target_url:
            desk.wants_own = selection.target_url is not None
        desk.shown = selection
        desk.generation += 1
    return selection


def _merged(now: Selection, shown: Selection, picked: Selection) -> Selection:
    """Only what was picked here; the rest as it is now."""
    mine = {
        field: getattr(picked, field)
        for field in ("preset_id", "speed", "rate_percentage", "target_url")
        if getattr(picked, field) != getattr(shown, field)
    }
    return replace(now, **mine)


def _pick(shown: Selection, desk: Desk, shared: Session) -> Selection:
    presets = shared.engine().presets()
    target_url = _target_picker(shown, desk)
    by_id = {scenario.scenario_id: scenario for scenario in presets}
    preset_id = st.radio(
        "Preset",
        list(by_id),
        key=_key(desk, "preset_id", shown.preset_id),
        format_func=lambda preset_id: by_id[preset_id].name,
        captions=captions(shown, presets, shared.engine().kept_calibration()),
    )
    beneath = st.container()
    speed = st.segmented_control(
        "Speed",
        SPEEDS,
        key=_key(desk, "speed", shown.speed),
        required=True,
        format_func=lambda speed: f"{speed}×",
        help="Divides every duration, never a rate; a faster run is marked as a rehearsal.",
    )
    rate_percentage = st.slider(
        "Scale of the rate",
        1,
        100,
        key=_key(desk, "rate_percentage", shown.rate_percentage),
        format="%d %%",
        help="Multiplies every rate of the preset; a scaled run is marked as such.",
    )
    picked = replace(
        shown,
        preset_id=preset_id or shown.preset_id,
        speed=speed or shown.speed,
        rate_percentage=rate_percentage,
        target_url=target_url,
    )
    with beneath:
        asked_against_held(shared, picked)
    return picked


def _target_picker(shown: Selection, desk: Desk) -> str | None:
    """An endpoint's address; None for the built-in platform and as long as there is no address."""
    kind = st.radio(
        "What is tested",
        list(TARGETS),
        key=_key(desk, "target", OWN if desk.wants_own else BUILT_IN),
        format_func=TARGETS.__getitem__,
    )
    desk.wants_own = kind == OWN
    if not desk.wants_own:
        return None
    address = st.text_input(
        "Address of its transactions endpoint",
        key=_key(desk, "target_url", shown.target_url or ""),
        placeholder="http://127.0.0.1:8080/v1/transactions",
    )
    return (address or "").strip() or None


def _key(desk: Desk, field: str, value: str | int) -> str:
    """The widget's key in this generation; a new one begins with the value selected."""
    key = f"{field}_{desk.generation}"
    if key not in st.session_state:
        st.session_state[key] = value
    return key
