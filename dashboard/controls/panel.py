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
from dashboard.session import TOKEN_SECONDS, may_act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.navigation.page import StreamlitPage

    from dashboard.controls.desk import Desk
    from dashboard.session import Session
    from engine.model.live import LiveState

WATCHING = (
    "You are watching. Only a browser on the presenter's machine can start, stop or break anything."
)


def show(shared: Session, pages: Sequence[StreamlitPage], *, transaction: bool = True) -> None:
    """Draw the sidebar for the engine's newest state; who may not act sees no control.

    Args:
        shared: The one session.
        pages: What the links lead to, in order.
        transaction: Whether the panel on one transaction is here, and not on the page.
    """
    engine, desk = shared.engine(), this_desk()
    state = engine.live()
    if active(state.status):
        desk.forget_start()
    with st.sidebar:
        st.html('<p class="ll-brand">Limelight</p>')
        _links(pages)
        if may_act():
            _act(shared, state, desk)
        else:
            st.caption(WATCHING)
            follow(state, page_token(shared))
        if transaction:
            transaction_panel(engine, state)


def _links(pages: Sequence[StreamlitPage]) -> None:
    with st.container(key="pages", horizontal=True, gap="xsmall"):
        for page in pages:
            st.page_link(page, width="content")


def _act(shared: Session, state: LiveState, desk: Desk) -> None:
    engine = shared.engine()
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


def page_token(shared: Session) -> str:
    """This page's token for the live feed: a new one when half its life has passed."""
    desk, now = this_desk(), time.time()
    kept = desk.token
    if kept is None or now - kept[0] > TOKEN_SECONDS / 2 or not shared.admits(kept[1]):
        kept = desk.token = (now, shared.token())
    return kept[1]
