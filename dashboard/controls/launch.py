"""From the press of Start to a run: measure the machine first, and say if it holds less than asked.

One press may take several reruns of the page (measuring, an offer, an answer), so the wish to start
stands on the desk until it is granted or withdrawn. A target of one's own is started
directly: what was measured is the built-in platform on this machine, which says nothing about it.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.controls.setup import check_target
from dashboard.session import session
from dashboard.theme import number
from engine.model.figure import Figure, Provenance
from engine.report.format import text

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dashboard.controls.desk import Desk
    from dashboard.session import Session
    from engine.model.calibration import Calibration
    from engine.model.request import RunRequest

CALIBRATION_SECONDS = 10.0
_LOOK_SECONDS = 0.1


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
    calibration = None if desk.measure_again else shared.engine().calibration()
    if calibration is None:
        calibration = _measure(shared.calibration_under_way(), desk)
        desk.measure_again = False
    if _exceeds(request, calibration):
        _offer(request, calibration, desk)
    else:
        _start(shared, desk)


def _measure(result: Future[Calibration], desk: Desk) -> Calibration:
    bar = st.progress(0.0, text="Measuring what this machine holds")
    began = time.monotonic()
    while not result.done():
        bar.progress(
            min(0.99, (time.monotonic() - began) / CALIBRATION_SECONDS),
            text="Measuring what this machine holds",
        )
        try:
            result.exception(timeout=_LOOK_SECONDS)
        except NotYet:
            continue
    bar.empty()
    if not desk.attempt(result.result):
        desk.measure_again = desk.wants_start = False
        st.rerun()
    return result.result()


def _exceeds(request: RunRequest, calibration: Calibration) -> bool:
    return calibration.sustained_tps is None or _asked(request) > calibration.sustained_tps


def _asked(request: RunRequest) -> float:
    return request.scenario.load_profile.max_tps * request.rate_scale


def _offer(request: RunRequest, calibration: Calibration, desk: Desk) -> None:
    held, asked, fits = figures(request, calibration)
    with st.container(key="offer"):
        if held.value is None or fits.value is None:
            st.html("<p>No rate on this machine met the criterion.</p>")
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
                args=(desk, fits.value),
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


def figures(request: RunRequest, calibration: Calibration) -> tuple[Figure, Figure, Figure]:
    """What the machine holds, what the run asks for, and the share of its preset that fits."""
    sustained = calibration.sustained_tps
    peak = request.scenario.load_profile.max_tps
    fits = None if sustained is None else math.floor(100 * sustained / peak) / 100
    held = Figure(
        id="calibration.sustained_tps",
        label="This machine holds",
        value=sustained,
        unit="tps",
        provenance=Provenance.MEASURED,
        window_seconds=calibration.window_seconds,
        sample_size=calibration.sample_size,
        note=f"{calibration.criterion}; {calibration.machine}",
    )
    asked = Figure(
        id="calibration.asked_tps",
        label="The preset asks",
        value=_asked(request),
        unit="tps",
        provenance=Provenance.DERIVED,
        formula="highest rate of the preset × scale of the rate",
        inputs={"highest rate": peak, "scale": request.rate_scale},
    )
    share = Figure(
        id="calibration.fitting_share",
        label="Share of the preset that fits",
        value=fits if fits is None or fits >= 0.01 else 0.01,
        unit="ratio",
        provenance=Provenance.DERIVED,
        formula="rate this machine holds ÷ highest rate of the preset, rounded down",
        inputs={"rate held": sustained, "highest rate": peak},
    )
    return held, asked, share


def _shown(figure: Figure) -> str:
    return number(figure, text(figure))


def _measure_again(desk: Desk) -> None:
    desk.measure_again = True


def _withdraw(desk: Desk) -> None:
    desk.wants_start = False


def _start_scaled(desk: Desk, share: float) -> None:
    shared = session()
    percentage = round(share * 100)
    if desk.attempt(lambda: shared.select(replace(shared.selection, rate_percentage=percentage))):
        _start_anyway(desk)


def _start_anyway(desk: Desk) -> None:
    desk.wants_start = False
    desk.attempt(session().start)


def _start(shared: Session, desk: Desk) -> None:
    desk.wants_start = False
    desk.attempt(shared.start)
    st.rerun()
