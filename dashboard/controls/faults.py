"""Breaking the platform by hand: one button a fault, clearing, redriving, and ending it all.

Each fault opens a small form of its own, so that severity, duration and parameters are sent
together with the press that means them, and none of an earlier drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.controls.actions import active
from dashboard.controls.measure import end_at_once
from engine.model.fault import DISPLAY_NAMES, FailureType
from engine.model.results import TestStatus

if TYPE_CHECKING:
    from dashboard.controls.desk import Desk
    from engine.model.parts import PartsState
    from engine.service import Engine

_PRESSES = "fault_presses"
FIRST_SECONDS, MOST_SECONDS = 15, 120
FIRST_SEVERITY = 0.5
DOES = {
    FailureType.LAMBDA_CRASH: "Kills this share of the scorers, and again as they come back.",
    FailureType.DYNAMODB_THROTTLE: "Takes this share of the journal's write capacity away.",
    FailureType.NETWORK_LATENCY: "Delays the answers on this share of the connections.",
    FailureType.BEDROCK_RATE_LIMIT: "Refuses this share of what the reasoning tier can do.",
    FailureType.KINESIS_LAG: "Hands nothing to the scorers in this share of the time.",
    FailureType.AGENT_TIMEOUT: "Makes one agent miss its deadline in this share of its calls.",
    FailureType.MEMORY_PRESSURE: "Takes this share of the scorers' memory, touched and real.",
    FailureType.CASCADING_FAILURE: "An agent too slow, then the journal, then a crash at once.",
}
END = "No further request, no retry. What is under way counts as failed, and the run ends."


def fault_panel(engine: Engine, state: PartsState, desk: Desk) -> None:
    """All that breaks and mends, for who may act."""
    with st.container(key="faults"):
        st.html('<h2 class="ll-heading">Break it on purpose</h2>')
        running = state.status is TestStatus.RUNNING
        _fault_buttons(engine, desk, running=running, on={row.name for row in state.on})
        _mend(engine, desk, running=running)
        _end(engine, state, desk)
        desk.show_problem()


def _fault_buttons(engine: Engine, desk: Desk, *, running: bool, on: set[str]) -> None:
    columns = st.columns(2, gap="small")
    for place, kind in enumerate(FailureType):
        name = DISPLAY_NAMES[kind]
        label = f"{name} · on" if name in on else name
        with columns[place % 2].popover(
            label,
            key=f"fault_{kind}_{_presses()}",
            width="stretch",
            disabled=not running,
        ):
            _fault_form(engine, desk, kind)


def _fault_form(engine: Engine, desk: Desk, kind: FailureType) -> None:
    with st.form(f"form_{kind}", border=False):
        st.write(DOES[kind])
        severity = st.slider("Severity", 0.0, 1.0, FIRST_SEVERITY, 0.05, key=f"severity_{kind}")
        seconds = st.slider(
            "Duration", 1, MOST_SECONDS, FIRST_SECONDS, format="%d s", key=f"seconds_{kind}"
        )
        pressed = st.form_submit_button(
            f"Inject {DISPLAY_NAMES[kind].lower()}",
            type="primary",
            width="stretch",
            key=f"inject_{kind}",
        )
    if pressed and desk.attempt(lambda: engine.inject(kind, severity, float(seconds))):
        st.session_state[_PRESSES] = _presses() + 1
        st.rerun()


def _presses() -> int:
    """Part of the popovers' keys: after a press new ones stand there, and they are closed."""
    return int(st.session_state.get(_PRESSES, 0))


def _mend(engine: Engine, desk: Desk, *, running: bool) -> None:
    st.button(
        "Redrive dead letters",
        icon=":material/replay:",
        key="redrive",
        width="stretch",
        disabled=not running,
        on_click=desk.press,
        args=(engine.redrive,),
    )


def _end(engine: Engine, state: PartsState, desk: Desk) -> None:
    with (
        st.container(key="end_place"),
        st.popover(
            "Emergency stop",
            icon=":material/emergency_home:",
            key="end",
            width="stretch",
            disabled=not active(state.status),
        ),
    ):
        st.write(END)
        st.button(
            "Stop everything now",
            key="end_now",
            type="primary",
            width="stretch",
            on_click=end_at_once,
            args=(engine, desk),
        )
