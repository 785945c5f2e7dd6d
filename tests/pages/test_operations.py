"""The operations and agents pages: what acts, who may, and what stands there without a run."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from engine.metrics.view import RunView
from engine.model.errors import IllegalTransitionError
from engine.model.fault import DISPLAY_NAMES, FailureType
from engine.model.results import TestStatus
from tests.fake_engine import FakeEngine
from tests.pages.conftest import open_page
from tests.run_records import fault, meta

ON = fault(clear_seconds=None, recovered_at_seconds=None)


@pytest.fixture
def running(engine: FakeEngine) -> FakeEngine:
    engine.view = RunView(meta=meta(), status=TestStatus.RUNNING)
    engine.latest = ["t-000000000009"]
    engine.move(status=TestStatus.RUNNING, run_id="run-1")
    return engine


def operations() -> AppTest:
    """The page script as if its link had been followed."""
    return opened("operations")


def opened(name: str) -> AppTest:
    return AppTest.from_function(other_page, args=(name,), default_timeout=30).run()


def other_page(name: str) -> None:
    from importlib import import_module

    from dashboard import theme
    from dashboard.controls import panel
    from dashboard.session import session

    theme.apply()
    session().engine()
    import_module(f"dashboard.pages.{name}").show()
    panel.show(session(), [], transaction=name != "agents")


def mounted(page: AppTest) -> list[dict[str, object]]:
    return [json.loads(each.proto.json) for each in page.get("bidi_component")]


def parts(page: AppTest) -> list[object]:
    return [each["part"] for each in mounted(page) if "part" in each]


def acted(engine: FakeEngine) -> list[tuple[object, ...]]:
    return [call for call in engine.calls if call[0] != "select"]


def keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


def test_every_page_has_a_link_and_the_stage_comes_first(engine: FakeEngine) -> None:
    page = open_page()
    links = [link.proto.label for link in page.get("page_link")]
    assert links[:3] == ["Stage", "Operations", "Agents"]


def test_without_a_run_a_page_helps_and_nothing_on_it_acts(engine: FakeEngine) -> None:
    page = operations()
    assert parts(page) == ["operations.head"]
    assert not [key for key in keys(page) if key.startswith(("inject_", "redrive", "end_"))]
    assert parts(opened("agents")) == ["agents.head", "agents.body"]


def test_each_fault_is_injected_as_its_own_form_says(running: FakeEngine) -> None:
    page = operations()
    for place, kind in enumerate(FailureType):
        page.slider(key=f"severity_{kind}").set_value(place / 10)
        page.slider(key=f"seconds_{kind}").set_value(7 + place)
        page.button(key=f"inject_{kind}").click().run()
    assert [call[:4] for call in acted(running)] == [
        ("inject", kind, place / 10, 7.0 + place) for place, kind in enumerate(FailureType)
    ]


def test_a_fault_that_is_on_is_marked_and_the_page_follows_when_it_is_over(
    running: FakeEngine,
) -> None:
    running.view = RunView(meta=meta(), status=TestStatus.RUNNING, faults=(ON,))
    page = operations()
    [follower] = [each for each in mounted(page) if "on" in each.get("seen", {})]
    assert [row["name"] for row in follower["seen"]["on"]] == [ON.display_name]
    assert ON.display_name in DISPLAY_NAMES.values()


def test_dead_letters_are_redriven_and_a_refusal_is_said(running: FakeEngine) -> None:
    page = operations()
    page.button(key="redrive").click().run()
    assert acted(running) == [("redrive",)]
    running.refusal = IllegalTransitionError("cannot redrive: the run is stopping")
    page.button(key="redrive").click().run()
    assert any("cannot redrive" in error.value.replace("\\", "") for error in page.error)


def test_the_emergency_stop_asks_before_it_ends_the_run(running: FakeEngine) -> None:
    page = operations()
    assert "No further request, no retry" in " ".join(each.value for each in page.markdown)
    assert acted(running) == []
    page.button(key="end_now").click().run()
    assert acted(running) == [("emergency_stop",)]
    assert running.state.status is TestStatus.CANCELLED


def test_nothing_can_be_broken_in_a_run_that_is_paused(running: FakeEngine) -> None:
    running.move(status=TestStatus.PAUSED)
    page = operations()
    assert page.button(key="redrive").disabled
    assert not page.button(key="end_now").disabled


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1"])
def test_a_viewer_from_elsewhere_sees_the_run_and_no_control(
    running: FakeEngine, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr("dashboard.session.client_address", lambda: address)
    page = operations()
    assert parts(page) == ["operations.head", "operations.body", "operations.log"]
    assert not keys(page) - {"latest_0", "look_again"}
    assert any("You are watching" in each.value for each in page.caption)
    stage = open_page()
    assert not keys(stage) - {"latest_0", "look_again"}
    assert acted(running) == []


def test_this_machine_by_its_address_is_the_presenters(
    running: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.session.client_address", lambda: "127.0.0.7")
    assert "redrive" in keys(operations())


def test_a_transaction_is_followed_on_the_agents_page_and_not_in_its_sidebar(
    running: FakeEngine,
) -> None:
    page = opened("agents")
    assert parts(page) == ["agents.head", "agents.body", "agents.stages"]
    page.button(key="latest_0").click().run()
    assert [call for call in running.calls if call[0] == "transaction"] == [
        ("transaction", "t-000000000009")
    ]
    assert any("ll-story" in each.proto.body for each in page.get("html"))
