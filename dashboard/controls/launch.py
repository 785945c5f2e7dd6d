"""From the press of Start to a run: measure the machine first, and say if it holds less than asked.

One press may take several reruns of the page (measuring, an offer, an answer), so the wish to start
stands on the desk until it is granted or withdrawn. A target of one's own is started
directly: what was measured is the built-in platform on this machine, which says nothing about it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.controls.measure import measured
from dashboard.controls.setup import check_target
from dashboard.session import session
from dashboard.theme import number
from engine.model.calibration import KeptCalibration
from engine.report.figures_calibration import calibration_figures
from engine.report.format import text

if TYPE_CHECKING:
    from dashboard.controls.desk import Desk
    from dashboard.session import Session
    from engine.model.calibration import Calibration
    from engine.model.figure import Figure
    from engine.model.request import RunRequest


def ask_to_start(desk: Desk) -> None:
    """Remember that this viewer wants to start; the page body does the rest."""
    desk.wants_start = True


def launch(shared: Session, desk: Desk) -> None:
    """Take the wish to start one step further, if there is one."""
    if not desk.wants_start:
        return
    if not desk.attempt(lambda: check_target(shared, desk)):
        desk.wants_start = False
        st.rerun()
    request = shared.selection.request(shared.engine().presets())
    if request.target_url is not None:
        _start(shared, desk)
        return
    calibration = desk.found or shared.engine().kept_calibration().calibration
    if calibration is None or desk.measure_again:
        desk.found = measured(shared, desk)
        desk.measure_again, desk.wants_start = False, desk.found is not None
        st.rerun()
    elif _exceeds(request, calibration):
        _offer(request, calibration, desk)
    else:
        _start(shared, desk)


def _exceeds(request: RunRequest, calibration: Calibration) -> bool:
    return calibration.sustained_tps is None or _asked(request) > calibration.sustained_tps


def _asked(request: RunRequest) -> float:
    return request.scenario.load_profile.max_tps * request.rate_scale


def _offer(request: RunRequest, calibration: Calibration, desk: Desk) -> None:
    kept = KeptCalibration(calibration=calibration)
    held, asked, fits, note = calibration_figures(request, (), kept)
    with st.container(key="offer"):
        if held.value is None or fits.value is None:
            st.html(f"<p>{_shown(note)}.</p>")
        else:
            st.html(
                f"<p>This machine holds about {_shown(held)}, the preset asks {_shown(asked)}: "
                f"run at {_shown(fits)}?</p>"
            )
            st.button(
                "Run scaled to fit",
                type="primary",
                key="run_scaled",
                width="stretch",
                on_click=_start_scaled,
                args=(desk, float(fits.value)),
            )
        st.button(
            "Run at full rate anyway",
            key="run_full",
            width="stretch",
            on_click=_start_anyway,
            args=(desk,),
        )
        st.button(
            "Measure again", key="again", width="stretch", on_click=_measure_again, args=(desk,)
        )
        st.button("Not now", key="not_now", width="stretch", on_click=_withdraw, args=(desk,))


def _shown(figure: Figure) -> str:
    return number(figure, text(figure))


def _measure_again(desk: Desk) -> None:
    desk.measure_again = True


def _withdraw(desk: Desk) -> None:
    desk.forget_start()


def _start_scaled(desk: Desk, share: float) -> None:
    shared = session()
    percentage = round(share * 100)
    if desk.attempt(lambda: shared.select(replace(shared.selection, rate_percentage=percentage))):
        _start_anyway(desk)


def _start_anyway(desk: Desk) -> None:
    desk.forget_start()
    desk.attempt(session().start)


def _start(shared: Session, desk: Desk) -> None:
    desk.forget_start()
    desk.attempt(shared.start)
    st.rerun()
