"""Breaking the platform by hand: one button a fault, clearing, redriving, and ending it all.

Each fault opens a small form of its own, so that severity, duration and parameters are sent
together with the press that means them, and none of an earlier drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard.controls.actions import active
from dashboard.controls.measure import end_at_once
from engine.model.results import TestStatus

if TYPE_CHECKING:
    from dashboard.controls.desk import Desk
    from engine.model.fault import FailureType, FaultKind, FaultParameter
    from engine.model.parts import PartsState
    from engine.service import Engine

_PRESSES = "fault_presses"
FIRST_SECONDS, MOST_SECONDS = 15, 120
FIRST_SEVERITY = 0.5
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
    for place, kind in enumerate(engine.fault_kinds()):
        name = kind.display_name
        label = f"{name} · on" if name in on else name
        with columns[place % 2].popover(
            label,
            key=f"fault_{kind.failure_type}_{_presses()}",
            width="stretch",
            disabled=not running,
        ):
            _fault_form(engine, desk, kind)


def _fault_form(engine: Engine, desk: Desk, kind: FaultKind) -> None:
    name = kind.failure_type
    with st.form(f"form_{name}", border=False):
        st.write(f"Severity: {kind.severity}.")
        severity = st.slider("Severity", 0.0, 1.0, FIRST_SEVERITY, 0.05, key=f"severity_{name}")
        seconds = st.slider(
            "Duration", 1, MOST_SECONDS, FIRST_SECONDS, format="%d s", key=f"seconds_{name}"
        )
        asked = {one.name: _parameter(name, one) for one in kind.parameters}
        component = _component(engine, kind)
        st.caption(f"Proven when {kind.proof}.")
        pressed = st.form_submit_button(
            f"Inject {kind.display_name.lower()}",
            type="primary",
            width="stretch",
            key=f"inject_{name}",
        )
    given = {key: value for key, value in asked.items() if value is not None}
    if pressed and desk.attempt(
        lambda: engine.inject(name, severity, float(seconds), given, component)
    ):
        st.session_state[_PRESSES] = _presses() + 1
        st.rerun()


def _parameter(fault: FailureType, one: FaultParameter) -> float | None:
    """Its value, within its bounds; None: as follows from severity."""
    return st.number_input(
        f"{one.name.replace('_', ' ')} ({one.unit})",
        min_value=one.least,
        max_value=one.most,
        value=one.default,
        placeholder="follows from severity",
        help=one.what,
        key=f"{one.name}_{fault}",
    )


def _component(engine: Engine, kind: FaultKind) -> str:
    """Which agent, where the fault has a choice and the target says whom it has."""
    names = [agent.agent_id for agent in engine.agents()] if kind.needs_component else []
    if not names:
        return ""
    return str(st.selectbox("Agent", names, key=f"component_{kind.failure_type}"))


def _presses() -> int:
    """Part of the popovers' keys: after a press new ones stand there, and they are closed."""
    return int(st.session_state.get(_PRESSES, 0))


def _mend(engine: Engine, desk: Desk, *, running: bool) -> None:
    st.button(
        "Clear all faults",
        icon=":material/healing:",
        key="clear_faults",
        width="stretch",
        disabled=not running,
        on_click=desk.press,
        args=(engine.clear_faults,),
    )
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
