"""The buttons that act on a run; each is one call of the façade."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components.stage import LOWER_RATE_KEY
from dashboard.controls.launch import ask_to_start
from dashboard.controls.measure import end_at_once
from engine.model.errors import LimelightError
from engine.model.fault import FailureType
from engine.model.results import TestStatus

if TYPE_CHECKING:
    from dashboard.controls.desk import Desk
    from engine.model.live import LiveState
    from engine.service import Engine

FAULT_SEVERITY = 0.3
FAULT_SECONDS = 15.0
LOWER_RATE_FACTOR = 0.8


def active(status: TestStatus) -> bool:
    """Whether a run is under way."""
    return status is not TestStatus.NOT_STARTED and not status.final


def run_buttons(engine: Engine, state: LiveState, desk: Desk) -> None:
    """Start, or pause, resume and stop."""
    if not active(state.status):
        st.button(
            "Start",
            type="primary",
            key="start",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=ask_to_start,
            args=(desk,),
        )
        return
    left, right = st.columns(2, gap="small")
    if state.status is TestStatus.PAUSED:
        left.button(
            "Resume",
            icon=":material/play_arrow:",
            type="primary",
            key="resume",
            width="stretch",
            on_click=desk.press,
            args=(engine.resume,),
        )
    else:
        left.button(
            "Pause",
            icon=":material/pause:",
            key="pause",
            width="stretch",
            disabled=state.status is not TestStatus.RUNNING,
            on_click=desk.press,
            args=(engine.pause,),
        )
    right.button(
        "Stop",
        icon=":material/stop:",
        key="stop",
        width="stretch",
        disabled=state.status is TestStatus.STOPPING,
        on_click=desk.press,
        args=(engine.stop,),
    )


def rate_buttons(engine: Engine, state: LiveState, desk: Desk) -> None:
    """Lower the rate of a run by a fifth of what it is, as often as wanted, and restore it.

    The key works wherever the page has the focus; the stage names it when the generator is in
    doubt about itself.
    """
    if not active(state.status):
        return
    possible = state.status in {TestStatus.RUNNING, TestStatus.PAUSED}
    left, right = st.columns(2, gap="small")
    left.button(
        "Lower rate",
        key="lower_rate",
        shortcut=LOWER_RATE_KEY,
        width="stretch",
        disabled=not possible,
        on_click=desk.press,
        args=(partial(lower_rate, engine),),
    )
    right.button(
        "Restore rate",
        key="restore_rate",
        width="stretch",
        disabled=not possible or state.rate_factor == 1,
        on_click=desk.press,
        args=(partial(engine.set_rate, 1.0),),
    )


def lower_rate(engine: Engine) -> None:
    """To four fifths of what it is now; raises LimelightError unless a run is under way."""
    engine.set_rate(round(engine.live().rate_factor * LOWER_RATE_FACTOR, 4))


def fault_button(engine: Engine, state: LiveState, desk: Desk) -> None:
    """Break the platform on purpose."""
    st.button(
        "Crash a worker",
        icon=":material/bolt:",
        key="fault",
        width="stretch",
        disabled=state.status is not TestStatus.RUNNING,
        on_click=desk.press,
        args=(partial(engine.inject, FailureType.LAMBDA_CRASH, FAULT_SEVERITY, FAULT_SECONDS),),
    )


def snapshot_button(engine: Engine, state: LiveState) -> None:
    """Take the current or the newest finished run home as one file."""
    st.download_button(
        "Download snapshot",
        icon=":material/download:",
        data=engine.snapshot_html,
        file_name=f"limelight-{state.run_id or 'snapshot'}.html",
        mime="text/html",
        key="snapshot",
        width="stretch",
        on_click="ignore",
        disabled=state.run_id is None and not _any_run(engine),
    )


def _any_run(engine: Engine) -> bool:
    try:
        return bool(engine.runs())
    except LimelightError:
        return False


def emergency_button(engine: Engine, state: LiveState, desk: Desk) -> None:
    """End it now: no further request, no retry, whatever is under way."""
    with st.container(key="emergency_place"):
        st.button(
            "Emergency stop",
            icon=":material/emergency_home:",
            key="emergency",
            width="stretch",
            disabled=not active(state.status) and desk.measuring is None,
            on_click=end_at_once,
            args=(engine, desk),
        )
