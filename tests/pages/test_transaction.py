"""The panel on one transaction: chosen from the newest or typed, told step by step."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from engine.model.errors import TargetError
from engine.model.results import TestStatus
from engine.report.format import text
from engine.report.story_steps import steps
from tests.fake_engine import FakeEngine, a_story

NEWEST = ["t-000000000009", "t-000000000007"]


@pytest.fixture
def running(engine: FakeEngine, page: AppTest) -> AppTest:
    engine.latest = list(NEWEST)
    engine.move(status=TestStatus.RUNNING, run_id="run-1")
    return page.run()


def field(page: AppTest) -> object:
    [found] = [one for one in page.text_input if one.key.startswith("transaction_")]
    return found


def asked(engine: FakeEngine) -> list[object]:
    return [call[1] for call in engine.calls if call[0] == "transaction"]


def told(page: AppTest) -> str:
    """What the story says, as text; empty if none is shown."""
    shown = [one.proto.body for one in page.get("html") if "ll-story" in one.proto.body]
    [story] = [body for body in shown if body.startswith("<ol")] or [""]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", story)).strip()


def test_before_any_run_there_is_nothing_to_ask_about(page: AppTest) -> None:
    assert not [one for one in page.text_input if one.key.startswith("transaction_")]


def test_the_newest_ids_are_offered_and_a_chosen_one_is_told(
    engine: FakeEngine, running: AppTest
) -> None:
    assert [running.button(key=f"latest_{n}").label.replace("\\", "") for n in (0, 1)] == NEWEST
    assert told(running) == ""
    running.button(key="latest_1").click().run()
    assert asked(engine) == [NEWEST[1]]
    assert field(running).value == NEWEST[1]
    story = told(running)
    places = [story.index(word) for word in ("Received", "Scored", "Decided", "Committed", "never")]
    assert places == sorted(places)
    assert "risk assessor: no answer in time" in story
    assert "transaction analyzer: 0.8000 in 0.4 ms" in story


def test_a_typed_id_is_asked_for_once_and_again_only_when_somebody_wants_it(
    engine: FakeEngine, running: AppTest
) -> None:
    field(running).set_value("  t-000000000003 ").run()
    running.run()
    assert asked(engine) == ["t-000000000003"]
    running.button(key="look_again").click().run()
    assert asked(engine) == ["t-000000000003"] * 2
    assert told(running)


def test_an_id_nobody_knows_gets_the_engines_words_and_hides_the_former_story(
    engine: FakeEngine, running: AppTest
) -> None:
    running.button(key="latest_0").click().run()
    engine.refusal = TargetError("<script>: the journal holds no such transaction; *copy* one")
    field(running).set_value("<script>alert(1)</script>").run()
    [shown] = [one.value for one in running.error]
    assert shown.replace("\\", "") == str(engine.refusal)
    assert "\\<script\\>" in shown
    assert told(running) == ""


def test_what_a_story_says_is_text_and_never_markup(engine: FakeEngine, running: AppTest) -> None:
    running.button(key="latest_0").click().run()
    bodies = [one.proto.body for one in running.get("html") if "<ol" in one.proto.body]
    assert "<b>" not in bodies[0]
    assert "&lt;b&gt;12 transactions&lt;/b&gt; within an hour" in bodies[0]


def test_another_run_begins_without_the_story_of_the_former(
    engine: FakeEngine, running: AppTest
) -> None:
    running.button(key="latest_0").click().run()
    engine.move(run_id="run-2")
    running.run()
    assert told(running) == ""
    assert field(running).value == ""


def test_every_number_of_a_step_is_a_figure_that_says_what_it_is() -> None:
    story = a_story(came_again=2, last_again_at="2026-01-05T09:00:07.000+00:00")
    for step in steps(story):
        assert step.at is None or step.at.note
        for line in step.lines:
            free = [part for part in line if isinstance(part, str)]
            if step.title != "Decided":  # its reasons are the platform's own sentences
                assert not re.search(r"\d", "".join(free).replace(story.passage.user_id, ""))


def test_a_commit_nobody_wrote_down_is_said_to_be_unknown() -> None:
    story = a_story(committing_ms=None, committed_ms=None, committed_with=None)
    [committed] = [step for step in steps(story) if step.title == "Committed"]
    assert committed.at is None
    said = [
        "".join(part if isinstance(part, str) else text(part) for part in line)
        for line in committed.lines
    ]
    assert said[0] == "row 42 of the journal"
    assert "not known" in said[1]
