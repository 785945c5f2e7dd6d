"""Limelight's entry: `streamlit run streamlit_app.py` serves the page, its live feed and assets."""

import streamlit as st
from starlette.routing import Mount, WebSocketRoute

from dashboard.components.assets import Assets
from dashboard.live.route import live
from dashboard.session import lifespan

app = st.App(
    "dashboard/main.py",
    lifespan=lifespan,
    routes=[WebSocketRoute("/api/live", live), Mount("/assets", Assets())],
)
