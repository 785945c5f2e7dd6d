"""Agents: their load, latency, quality and balance, and one transaction step by step."""

from __future__ import annotations

import streamlit as st

from dashboard.components.parts import part
from dashboard.controls.panel import page_token
from dashboard.controls.transaction import wide_story
from dashboard.session import session
from dashboard.theme import ASSETS

ADDRESS = "agents"


def show() -> None:
    """Draw the page; what it shows comes over the live feed, a transaction is asked for here."""
    shared = session()
    engine, token = shared.engine(), page_token(shared)
    run_id = engine.live().run_id
    with st.container(key="agents"):
        st.html(ASSETS / "css" / "pages.css")
        part("agents.head", token)
        part("agents.body", token)
        if run_id is not None:
            tight, story = st.columns([1, 1.25], gap="small")
            with tight:
                part("agents.stages", token)
            with story, st.container(key="story"):
                st.html('<h2 class="ll-heading">One transaction, step by step</h2>')
                wide_story(engine, run_id)
