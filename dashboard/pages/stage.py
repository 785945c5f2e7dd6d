"""The Stage: the one page an audience looks at."""

from __future__ import annotations

from dashboard.components.stage import stage
from dashboard.controls.panel import page_token
from dashboard.session import session


def show() -> None:
    """Draw the stage; what it shows comes over the live feed."""
    stage(page_token(session()))
