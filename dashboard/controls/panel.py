"""The sidebar: what acts first, then what to run, and the emergency stop apart from all others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.follow import follow
from dashboard.controls.actions import (
    active,
    emergency_button,
    fault_button,
    run_buttons,
    snapshot_button,
)
from dashboard.controls.attempt import show_problem
from dashboard.controls.launch import launch
from dashboard.controls.setup import setup
from dashboard.session import TOKEN_SECONDS

if TYPE_CHECKING:
    from dashboard.session import Session

_TOKEN = "live_token"


def show(shared: Session) -> None:
    """Draw the sidebar for the engine's newest state."""
    engine = shared.engine()
    state = engine.live()
    with st.sidebar:
        st.html('<p class="ll-brand">Limelight</p>')
        with st.container(key="actions"):
            run_buttons(engine, state)
            fault_button(engine, state)
            snapshot_button(engine, state)
            show_problem()
            offered = st.empty()
        if not active(state.status):
            with st.container(key="setup"):
                setup(shared)
        emergency_button(engine, state)
        follow(state, page_token(shared))
        if not active(state.status):
            with offered.container():
                launch(shared)


def page_token(shared: Session) -> str:
    """This page's token for the live feed: a new one when half its life has passed."""
    kept: tuple[float, str] | None = st.session_state.get(_TOKEN)
    now = time.time()
    if kept is None or now - kept[0] > TOKEN_SECONDS / 2 or not shared.admits(kept[1]):
        kept = (now, shared.token())
        st.session_state[_TOKEN] = kept
    return kept[1]
