"""What to run: target, preset, speed and scale, the same for every viewer.

The selection lives in the process. Every widget is set from it before it is drawn, so a second
browser follows, and a choice that the engine refuses falls back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.controls.attempt import attempt
from dashboard.session import session
from engine.model.errors import ConfigurationError

if TYPE_CHECKING:
    from dashboard.session import Selection, Session

SPEEDS = (1, 2, 5, 10, 20)
BUILT_IN, OWN = "built-in", "own"
TARGETS = {BUILT_IN: "Built-in reference platform", OWN: "An endpoint on this machine"}
_MIRRORED = "mirrored_target"


def setup(shared: Session) -> None:
    """The pickers."""
    selection = shared.selection
    _mirror(selection)
    st.radio(
        "What is tested",
        list(TARGETS),
        key="target",
        format_func=TARGETS.__getitem__,
        on_change=_choose_target,
    )
    if st.session_state["target"] == OWN:
        st.text_input(
            "Address of its transactions endpoint",
            key="target_url",
            placeholder="http://127.0.0.1:8080/v1/transactions",
            on_change=_choose_target,
        )
    presets = {scenario.scenario_id: scenario for scenario in shared.engine().presets()}
    st.radio(
        "Preset",
        list(presets),
        key="preset",
        format_func=lambda preset_id: presets[preset_id].name,
        captions=[scenario.description for scenario in presets.values()],
        on_change=_choose,
        args=("preset_id", "preset"),
    )
    st.segmented_control(
        "Speed",
        SPEEDS,
        key="speed",
        required=True,
        format_func=lambda speed: f"{speed}×",
        on_change=_choose,
        args=("speed", "speed"),
        help="Divides every duration, never a rate; a faster run is marked as a rehearsal.",
    )
    st.slider(
        "Scale of the rate",
        1,
        100,
        key="rate_percentage",
        format="%d %%",
        on_change=_choose,
        args=("rate_percentage", "rate_percentage"),
        help="Multiplies every rate of the preset; a scaled run is marked as such.",
    )


def check_target() -> None:
    """Raises ConfigurationError when an endpoint is to be tested and nobody said where it is."""
    if st.session_state["target"] == OWN and session().selection.target_url is None:
        raise ConfigurationError(
            ["What is tested: the endpoint has no address yet: type the one it answers on"]
        )


def _mirror(selection: Selection) -> None:
    """Set the widgets that differ, and only those: setting one takes it out of a dragging hand."""
    _set("preset", selection.preset_id)
    _set("speed", selection.speed)
    _set("rate_percentage", selection.rate_percentage)
    if st.session_state.get(_MIRRORED, "") != selection.target_url:
        _set("target", BUILT_IN if selection.target_url is None else OWN)
        _set("target_url", selection.target_url or "")
        st.session_state[_MIRRORED] = selection.target_url


def _set(widget: str, value: str | int) -> None:
    if st.session_state.get(widget) != value:
        st.session_state[widget] = value


def _choose(field: str, widget: str) -> None:
    shared = session()
    chosen = {field: st.session_state[widget]}
    attempt(lambda: shared.select(replace(shared.selection, **chosen)))


def _choose_target() -> None:
    """Keep an address only when there is one: an endpoint without address is not selected yet."""
    shared = session()
    own = st.session_state["target"] == OWN
    url = st.session_state.get("target_url", "").strip() if own else ""
    if attempt(lambda: shared.select(replace(shared.selection, target_url=url or None))):
        st.session_state[_MIRRORED] = url or None
