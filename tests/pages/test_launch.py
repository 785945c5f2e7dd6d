import re
import threading
import time
from concurrent.futures import Future

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.controls.desk import Desk
from dashboard.controls.held import BEYOND, WITHIN, captions
from dashboard.controls.measure import end_at_once
from dashboard.session import Selection, session
from engine.model.calibration import CalibrationProgress, KeptCalibration
from engine.model.results import TestStatus
from tests.fake_engine import FakeEngine, refused
from tests.pages.conftest import open_page, picker

NUMBER = re.compile(r"(?<![A-Za-z_])\d")


def page_on(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr("dashboard.session.open_engine", lambda: engine)
    return open_page()


def names(engine: FakeEngine) -> list[object]:
    return [call[0] for call in engine.calls if call[0] != "select"]


def table(page: AppTest) -> str:
    """The table of asked against held; empty where there is none."""
    return next((html.value for html in page.html if '"ll-held"' in html.value), "")


def cells(page: AppTest) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(<td>.*?)</tr>", table(page))
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", row)]
        for row in rows
    ]


def outside_figures(html: str) -> str:
    return re.sub(r"<[^>]*>", "", re.sub(r"<span[^>]*data-figure=[^>]*>[^<]*</span>", "", html))


def offer(page: AppTest) -> str:
    return next(html.value for html in page.html if "This machine holds" in html.value)


def test_the_first_start_measures_the_machine_and_goes_on_if_it_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(sustained_tps=50_000, calibrated=False)
    page = page_on(engine, monkeypatch)
    page.button(key="start").click().run()
    assert names(engine) == ["calibrate", "start"]
    assert not page.exception


def test_a_machine_that_is_known_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine(sustained_tps=50_000)
    page_on(engine, monkeypatch).button(key="start").click().run()
    assert names(engine) == ["start"]


def test_a_preset_that_asks_more_than_the_machine_holds_is_offered_scaled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(sustained_tps=2_700)
    page = page_on(engine, monkeypatch)
    page.button(key="start").click().run()
    assert names(engine) == []
    assert not NUMBER.search(outside_figures(offer(page)))
    assert re.findall(r'data-figure="([^"]*)"[^>]*>([^<]*)<', offer(page)) == [
        ("calibration.sustained_tps", "2,700/s"),
        ("calibration.asked_tps", "6,000/s"),
        ("calibration.fitting_share", "45 %"),
    ]
    page.button(key="run_scaled").click().run()
    assert names(engine) == ["start"]
    assert engine.calls[-1][1].rate_scale == 0.45
    assert session().selection.rate_percentage == 45


def test_full_rate_may_be_asked_for_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine(sustained_tps=2_700)
    page = page_on(engine, monkeypatch)
    page.button(key="start").click().run()
    page.button(key="run_full").click().run()
    assert names(engine) == ["start"]
    assert engine.calls[-1][1].rate_scale == 1


def test_a_machine_that_was_busy_can_be_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine(sustained_tps=None)
    page = page_on(engine, monkeypatch)
    page.button(key="start").click().run()
    engine.machine = engine.machine.model_copy(update={"sustained_tps": 50_000.0})
    page.button(key="again").click().run()
    assert names(engine) == ["calibrate", "start"]


def test_the_offer_can_be_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine(sustained_tps=2_700)
    page = page_on(engine, monkeypatch)
    page.button(key="start").click().run()
    page.button(key="not_now").click().run()
    assert names(engine) == []
    assert [button.key for button in page.button if "run_" in str(button.key)] == []


def test_a_press_that_another_browsers_run_overtook_starts_nothing_after_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(sustained_tps=2_700)
    mine, theirs = page_on(engine, monkeypatch), open_page()
    mine.button(key="start").click().run()
    theirs.button(key="start").click().run()
    theirs.button(key="run_full").click().run()
    mine.run()
    engine.move(status=TestStatus.COMPLETED)
    engine.machine = engine.machine.model_copy(update={"sustained_tps": 50_000.0})
    for page in (mine, theirs):
        page.run()
        assert not page.exception
    assert names(engine) == ["start"]


def test_a_rate_already_scaled_to_what_is_held_starts_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(sustained_tps=2_700)
    page = page_on(engine, monkeypatch)
    picker(page, "rate_percentage").set_value(45).run()
    page.button(key="start").click().run()
    assert names(engine) == ["start"]


def test_a_machine_that_holds_nothing_is_told_so_without_an_invented_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(sustained_tps=None)
    page = page_on(engine, monkeypatch)
    page.button(key="start").click().run()
    assert any("No rate on this machine met the criterion" in html.value for html in page.html)
    assert "run_scaled" not in [button.key for button in page.button]


def test_ones_own_endpoint_is_not_judged_by_what_the_platform_holds_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(sustained_tps=100, calibrated=False)
    page = page_on(engine, monkeypatch)
    picker(page, "target").set_value("own").run()
    picker(page, "target_url").set_value("http://127.0.0.1:9/v1/transactions").run()
    page.button(key="start").click().run()
    assert names(engine) == ["start"]


def test_ones_own_endpoint_without_an_address_does_not_start_the_built_in_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine()
    page = page_on(engine, monkeypatch)
    picker(page, "target").set_value("own").run()
    page.button(key="start").click().run()
    assert names(engine) == []
    assert "address" in page.error[0].value


def test_a_calibration_that_fails_says_why_and_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(calibrated=False)
    page = page_on(engine, monkeypatch)
    engine.refusal = refused()
    page.button(key="start").click().run()
    assert not page.exception
    assert "wait until it has ended" in page.error[0].value
    engine.refusal = None
    page.button(key="start").click().run()
    assert names(engine)[-1] == "start"


def test_an_engine_that_cannot_start_is_explained_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engines = iter([refused(), refused(), FakeEngine()])

    def open_engine() -> FakeEngine:
        engine = next(engines)
        if isinstance(engine, Exception):
            raise engine
        return engine

    monkeypatch.setattr("dashboard.session.open_engine", open_engine)
    page = open_page()
    assert not page.exception
    assert "wait until it has ended" in page.error[0].value
    assert [button.key for button in page.button] == ["try_again"]
    page.run()
    assert page.error
    page.button(key="try_again").click().run()
    assert not page.error
    assert picker(page, "preset_id").value == "pitch"


def test_every_preset_shows_what_it_asks_against_what_this_machine_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(sustained_tps=5_200)
    page = page_on(engine, monkeypatch)
    shown = {name: (asks, here) for name, asks, here in cells(page)}
    assert len(shown) == len(engine.presets())
    assert shown["Pitch"] == ("6,000/s", "86 %")
    assert shown["Sustained load"] == ("2,000/s", "✓ all")
    assert "5,200/s" in table(page)
    assert not NUMBER.search(outside_figures(table(page)))


def test_what_presets_ask_follows_the_scale_of_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_on(FakeEngine(sustained_tps=5_200), monkeypatch)
    picker(page, "rate_percentage").set_value(50).run()
    assert ["Pitch", "3,000/s", "✓ all"] in cells(page)


def test_beside_every_preset_stands_in_words_whether_this_machine_held_as_much() -> None:
    presets = FakeEngine().presets()
    kept = KeptCalibration(calibration=FakeEngine(sustained_tps=5_200).machine)

    def said(selection: Selection, known: KeptCalibration = kept) -> dict[str, str]:
        written = captions(selection, presets, known)
        return {each.scenario_id: words for each, words in zip(presets, written, strict=True)}

    full = said(Selection("pitch"))
    assert full["pitch"].endswith(BEYOND)
    assert full["sustained_load"].endswith(WITHIN)
    assert said(Selection("pitch", rate_percentage=50))["pitch"].endswith(WITHIN)
    plain = {each.scenario_id: each.description for each in presets}
    assert said(Selection("pitch"), KeptCalibration(calibration=None)) == plain
    assert said(Selection("pitch", target_url="http://127.0.0.1:9/")) == plain


def test_a_machine_that_is_not_known_holds_nothing_yet_and_the_page_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(calibrated=False)
    why = "what is kept was measured by another version (0.0.1)"
    kept = KeptCalibration(calibration=None, why_none=why)
    monkeypatch.setattr(engine, "kept_calibration", lambda: kept)
    page = page_on(engine, monkeypatch)
    assert {here for _name, _asks, here in cells(page)} == {"–"}
    assert why in table(page)
    assert not NUMBER.search(outside_figures(table(page)))


def test_of_ones_own_endpoint_nothing_is_said_to_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_on(FakeEngine(), monkeypatch)
    assert table(page)
    picker(page, "target").set_value("own").run()
    picker(page, "target_url").set_value("http://127.0.0.1:9/v1/transactions").run()
    assert not table(page)


def test_a_measurement_that_is_ended_starts_nothing_and_no_other_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine(calibrated=False)
    page = page_on(engine, monkeypatch)
    engine.measuring = True
    engine.progress = [CalibrationProgress(share=0.3, trying_tps=4_000.0)]

    def end() -> None:
        while "calibrate" not in names(engine):
            time.sleep(0.01)
        engine.emergency_stop()

    ending = threading.Thread(target=end)
    ending.start()
    page.button(key="start").click().run()
    ending.join()
    assert not page.exception
    assert names(engine) == ["calibrate", "emergency_stop"]
    assert page.error


def test_the_emergency_stop_can_be_pressed_while_the_machine_is_measured() -> None:
    def script() -> None:
        import streamlit as st

        from dashboard.controls.actions import emergency_button

        engine = st.session_state["engine"]
        emergency_button(engine, engine.live(), st.session_state["desk"])

    page = AppTest.from_function(script)
    page.session_state["engine"], page.session_state["desk"] = FakeEngine(), Desk()
    assert page.run().button(key="emergency").disabled
    page.session_state["desk"] = Desk(wants_start=True, measuring=Future())
    assert not page.run().button(key="emergency").disabled


def test_the_emergency_stop_forgets_the_wish_to_start() -> None:
    engine, desk = FakeEngine(), Desk(wants_start=True, measuring=Future())
    end_at_once(engine, desk)
    assert names(engine) == ["emergency_stop"]
    assert (desk.wants_start, desk.measuring) == (False, None)
