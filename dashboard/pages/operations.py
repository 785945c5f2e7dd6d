"""Operations: how the platform's parts are, faults by hand, dead letters, and who did what."""

from __future__ import annotations

import streamlit as st

from dashboard.components.follow import follow_parts
from dashboard.components.parts import part
from dashboard.controls.desk import this_desk
from dashboard.controls.faults import fault_panel
from dashboard.controls.panel import page_token
from dashboard.session import may_act, session
from dashboard.theme import ASSETS

ADDRESS = "operations"


def show() -> None:
    """Draw the page; what it shows comes over the live feed, what acts is here."""
    shared = session()
    engine, token = shared.engine(), page_token(shared)
    state = engine.parts()
    with st.container(key="operations"):
        st.html(ASSETS / "css" / "pages.css")
        part("operations.head", token)
        if state.run_id is not None:
            body, side = st.columns([1.9, 1], gap="small")
            with side:
                if may_act():
                    fault_panel(engine, state, this_desk())
                part("operations.log", token)
            with body:
                part("operations.body", token)
    follow_parts(state, token)
