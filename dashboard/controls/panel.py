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
    rate_buttons,
    run_buttons,
    snapshot_button,
)
from dashboard.controls.desk import this_desk
from dashboard.controls.launch import launch
from dashboard.controls.setup import setup
from dashboard.controls.transaction import transaction_panel
from dashboard.session import TOKEN_SECONDS

if TYPE_CHECKING:
    from dashboard.session import Session


def show(shared: Session) -> None:
    """Draw the sidebar for the engine's newest state."""
    engine, desk = shared.engine(), this_desk()
    state = engine.live()
    if active(state.status):
        desk.forget_start()
    with st.sidebar:
        st.html('<p class="ll-brand">Limelight</p>')
        emergency_button(engine, state, desk)  # first of all, whatever fails below
        with st.container(key="actions"):
            run_buttons(engine, state, desk)
            fault_button(engine, state, desk)
            rate_buttons(engine, state, desk)
            snapshot_button(engine, state)
            desk.show_problem()
            offered = st.empty()
        if not active(state.status):
            with st.container(key="setup"):
                setup(shared, desk)
        follow(state, page_token(shared))
        if not active(state.status):
            with offered.container():
                launch(shared, desk)
        transaction_panel(engine, state)


def page_token(shared: Session) -> str:
    """This page's token for the live feed: a new one when half its life has passed."""
    desk, now = this_desk(), time.time()
    kept = desk.token
    if kept is None or now - kept[0] > TOKEN_SECONDS / 2 or not shared.admits(kept[1]):
        kept = desk.token = (now, shared.token())
    return kept[1]
