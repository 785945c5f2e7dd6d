"""Try what a person asked for, and say it beside the buttons when it cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.theme import plain
from engine.model.errors import LimelightError

if TYPE_CHECKING:
    from collections.abc import Callable

_PROBLEM = "problem"


def attempt(action: Callable[[], object]) -> bool:
    """Do it; whether it worked. A mistake's message is kept until the next attempt."""
    st.session_state.pop(_PROBLEM, None)
    try:
        action()
    except LimelightError as error:
        st.session_state[_PROBLEM] = str(error)
        return False
    return True


def press(action: Callable[[], object]) -> None:
    """What a button's click does: `attempt`, as a callback."""
    attempt(action)


def show_problem() -> None:
    """Say what the last attempt failed on, if it did."""
    if _PROBLEM in st.session_state:
        st.error(plain(st.session_state[_PROBLEM]))
