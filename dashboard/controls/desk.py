"""What one browser's controls remember between reruns, and trying what a person asked for.

Streamlit may end a callback at any touch of `st.session_state`, when another click is waiting, and
forgets the click it was for. So all that callbacks need is one object, handed to them: they act on
it and on the façade, and touch nothing of Streamlit's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.theme import plain
from engine.model.errors import LimelightError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from dashboard.session import Selection
    from engine.model.calibration import Calibration

_DESK = "desk"


@dataclass
class Desk:
    """One browser's controls.

    Attributes:
        shown: The selection that the widgets stand for; None when they have to be made anew.
        generation: Part of the widgets' keys: see `dashboard.controls.setup`.
        wants_own: Whether an endpoint of one's own is picked, with or without an address.
        wants_start: Start was pressed and is neither granted nor withdrawn yet.
        measure_again: The machine is to be measured although it is known.
        measuring: The measurement that this desk waits for.
        found: What it came to, for this press of Start.
        problem: What the last attempt failed on.
        token: The page's token for the live feed, and when it was handed out.
    """

    shown: Selection | None = None
    generation: int = 0
    wants_own: bool = False
    wants_start: bool = False
    measure_again: bool = False
    measuring: Future[Calibration] | None = None
    found: Calibration | None = None
    problem: str | None = None
    token: tuple[float, str] | None = None

    def forget_start(self) -> None:
        """Forget a wish to start: granted, withdrawn, or overtaken by a run that goes on."""
        self.wants_start = self.measure_again = False
        self.measuring = self.found = None

    def attempt(self, action: Callable[[], object]) -> bool:
        """Do it; whether it worked. A mistake's message is kept until the next attempt."""
        try:
            action()
        except LimelightError as error:
            self.problem = str(error)
            return False
        self.problem = None
        return True

    def press(self, action: Callable[[], object]) -> None:
        """What a button's click does: `attempt`, as a callback."""
        self.attempt(action)

    def show_problem(self) -> None:
        """Say what the last attempt failed on, if it did."""
        if self.problem is not None:
            st.error(plain(self.problem))


def this_desk() -> Desk:
    """The desk of the browser whose script runs."""
    if _DESK not in st.session_state:
        st.session_state[_DESK] = Desk()
    desk: Desk = st.session_state[_DESK]
    return desk
