import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.stage import LOWER_RATE_KEY
from dashboard.session import TOKEN_SECONDS, session
from engine.config.presets import presets
from engine.model.fault import FailureType
from engine.model.results import TestStatus
from tests.fake_engine import FakeEngine, refused
from tests.pages.conftest import open_page, picker

ASKS = "look_again"  # of the panel on one transaction: it changes nothing


def last(engine: FakeEngine, name: str) -> tuple[object, ...]:
    return next(call for call in reversed(engine.calls) if call[0] == name)


def asked(engine: FakeEngine, name: str) -> bool:
    return any(call[0] == name for call in engine.calls)


def buttons(page: AppTest) -> dict[str, bool]:
    """Every button that acts on a run, by key, and whether it can be pressed."""
    shown = {button.key: not button.disabled for button in page.button if button.key != ASKS}
    download = page.get_by_key("snapshot")
    return {**shown, "snapshot": not download.proto.disabled}


def in_state(engine: FakeEngine, page: AppTest, status: TestStatus) -> dict[str, bool]:
    engine.move(status=status, run_id="run-1")
    return buttons(page.run())


def test_the_page_draws_the_stage_and_follows_the_engine(page: AppTest) -> None:
    assert not page.exception
    drawn = {json.loads(element.proto.json)["url"] for element in page.get("bidi_component")}
    assert len(page.get("bidi_component")) == 2
    assert drawn == {"/api/live"}


def test_every_preset_is_listed_with_its_promise_and_pitch_is_chosen(page: AppTest) -> None:
    shown = picker(page, "preset_id")
    assert shown.options == [scenario.name for scenario in presets()]
    for said, scenario in zip(shown.proto.captions, presets(), strict=True):
        assert said.startswith(scenario.description)
    assert shown.value == "pitch"


def test_promises_hold_no_number_that_belongs_to_no_figure(page: AppTest) -> None:
    assert not any(
        letter.isdigit() for text in picker(page, "preset_id").proto.captions for letter in text
    )


def test_the_first_selection_is_the_engines_too(engine: FakeEngine, page: AppTest) -> None:
    assert last(engine, "select")[1].scenario.scenario_id == "pitch"


def test_choosing_selects_for_everybody(engine: FakeEngine, page: AppTest) -> None:
    picker(page, "preset_id").set_value("wave").run()
    picker(page, "rate_percentage").set_value(33).run()
    picker(page, "speed").set_value(10).run()
    request = last(engine, "select")[1]
    assert request.scenario.scenario_id == "wave"
    assert (request.speed, request.rate_scale) == (10, 0.33)
    second = open_page()
    assert picker(second, "preset_id").value == "wave"
    assert picker(second, "speed").value == 10
    assert picker(second, "rate_percentage").value == 33


def test_an_endpoint_of_ones_own_is_selected_once_it_has_an_address(
    engine: FakeEngine, page: AppTest
) -> None:
    picker(page, "target").set_value("own").run()
    assert last(engine, "select")[1].target_url is None
    picker(page, "target_url").set_value("http://127.0.0.1:9/v1/transactions").run()
    assert last(engine, "select")[1].target_url == "http://127.0.0.1:9/v1/transactions"
    picker(page, "target").set_value("built-in").run()
    assert last(engine, "select")[1].target_url is None


def test_a_choice_the_engine_refuses_falls_back_and_says_why(
    engine: FakeEngine, page: AppTest
) -> None:
    engine.refusal = refused()
    picker(page, "preset_id").set_value("wave").run()
    assert not page.exception
    assert picker(page, "preset_id").value == "pitch"
    assert "wait until it has ended" in page.error[0].value


@pytest.mark.parametrize(
    ("status", "possible"),
    [
        (TestStatus.NOT_STARTED, {"start", "snapshot"}),
        (TestStatus.INITIALIZING, {"stop", "emergency", "snapshot"}),
        (TestStatus.RUNNING, {"pause", "stop", "fault", "lower_rate", "emergency", "snapshot"}),
        (TestStatus.PAUSED, {"resume", "stop", "lower_rate", "emergency", "snapshot"}),
        (TestStatus.STOPPING, {"emergency", "snapshot"}),
        (TestStatus.COMPLETED, {"start", "snapshot"}),
        (TestStatus.FAILED, {"start", "snapshot"}),
        (TestStatus.CANCELLED, {"start", "snapshot"}),
    ],
)
def test_only_what_is_possible_can_be_pressed(
    engine: FakeEngine, page: AppTest, status: TestStatus, possible: set[str]
) -> None:
    shown = in_state(engine, page, status)
    assert {key for key, enabled in shown.items() if enabled} == possible
    assert bool(page.radio) is ("start" in possible)


def test_without_any_run_there_is_no_snapshot_to_take(page: AppTest) -> None:
    assert buttons(page)["snapshot"] is False


def test_every_button_is_one_call(engine: FakeEngine, page: AppTest) -> None:
    page.button(key="start").click().run()
    assert last(engine, "start")[1].scenario.scenario_id == "pitch"
    page.button(key="fault").click().run()
    assert last(engine, "inject")[:4] == ("inject", FailureType.LAMBDA_CRASH, 0.3, 15.0)
    page.button(key="pause").click().run()
    page.button(key="resume").click().run()
    page.button(key="stop").click().run()
    page.button(key="emergency").click().run()
    names = [call[0] for call in engine.calls if call[0] != "select"]
    assert names == ["start", "inject", "pause", "resume", "stop", "emergency_stop"]
    assert not page.exception


def test_the_rate_is_lowered_by_a_fifth_as_often_as_wanted_and_restored(
    engine: FakeEngine, page: AppTest
) -> None:
    page.button(key="start").click().run()
    assert page.button(key="restore_rate").disabled
    page.button(key="lower_rate").click().run()
    page.button(key="lower_rate").click().run()
    assert [call[1] for call in engine.calls if call[0] == "set_rate"] == [0.8, 0.64]
    page.button(key="restore_rate").click().run()
    assert engine.state.rate_factor == 1
    assert page.button(key="restore_rate").disabled


def test_the_key_that_lowers_the_rate_is_the_buttons(engine: FakeEngine, page: AppTest) -> None:
    page.button(key="start").click().run()
    keys = {button.key: button.proto.shortcut for button in page.button if button.proto.shortcut}
    assert keys == {"lower_rate": LOWER_RATE_KEY.lower()}


def test_what_cannot_be_done_is_said_beside_the_buttons_and_forgotten_with_the_next(
    engine: FakeEngine, page: AppTest
) -> None:
    page.button(key="start").click().run()
    engine.refusal = refused()
    page.button(key="pause").click().run()
    assert not page.exception
    assert [error.value for error in page.error] == [
        "cannot pause a run that is stopping: wait until it has ended".replace(":", "\\:")
    ]
    engine.refusal = None
    page.button(key="pause").click().run()
    assert not page.error


def test_the_follower_knows_for_which_state_the_page_was_drawn(
    engine: FakeEngine, page: AppTest
) -> None:
    page.button(key="start").click().run()
    drawn = [json.loads(element.proto.json) for element in page.get("bidi_component")]
    [seen] = [each["seen"] for each in drawn if "seen" in each]
    assert seen["status"] == "running"
    assert seen["run_id"] == engine.state.run_id


@pytest.mark.parametrize(("age_seconds", "kept"), [(60, True), (TOKEN_SECONDS, False)])
def test_a_rerun_keeps_a_token_that_is_young_so_that_the_stage_is_not_called_again(
    page: AppTest, age_seconds: float, kept: bool
) -> None:
    then = time.time() - age_seconds
    page.session_state["desk"].token = (then, session().token(now=then))
    page.run()
    tokens = {json.loads(element.proto.json)["token"] for element in page.get("bidi_component")}
    assert len(tokens) == 1
    assert (tokens == {session().token(now=then)}) is kept
    assert all(session().admits(token) for token in tokens)


def test_late_values_of_one_browser_do_not_undo_the_choice_of_another(
    engine: FakeEngine, page: AppTest
) -> None:
    second = open_page()
    late = second._tree.get_widget_states()
    picker(page, "rate_percentage").set_value(10).run()
    second.run()
    assert picker(second, "rate_percentage").value == 10
    second._run(late)  # what the browser held before it heard of the choice
    assert session().selection.rate_percentage == 10
    picker(second, "speed").set_value(5).run()
    assert (session().selection.rate_percentage, session().selection.speed) == (10, 5)


def test_a_choice_of_ones_own_keeps_the_widgets_under_the_hand(page: AppTest) -> None:
    before = picker(page, "rate_percentage").key
    picker(page, "rate_percentage").set_value(10).run()
    picker(page, "speed").set_value(5).run()
    assert picker(page, "rate_percentage").key == before
