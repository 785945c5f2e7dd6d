import json

from dashboard.live.messages import EVENTS_SHOWN, ROW_COLUMNS, ROWS_READ, Transcript
from engine.model.event import EventKind, RunEvent
from engine.model.results import TestStatus
from tests.fake_engine import FakeEngine, measured
from tests.run_records import summary


def told(transcript: Transcript, engine: FakeEngine) -> list[dict[str, object]]:
    return [json.loads(text) for text in transcript.advance(engine.live(), engine.frame)]


def running() -> tuple[Transcript, FakeEngine]:
    engine, transcript = FakeEngine(), Transcript()
    engine.move(status=TestStatus.RUNNING, run_id="run-1")
    told(transcript, engine)
    return transcript, engine


def test_the_first_message_is_the_whole_story() -> None:
    engine = FakeEngine()
    engine.move(status=TestStatus.RUNNING, run_id="run-1", figures=[measured("hero.decided", 3)])
    for second in range(20):
        engine.tick(t_seconds=second / 4, decided=5)
    [hello] = told(Transcript(), engine)
    assert hello["type"] == "hello"
    assert hello["columns"] == list(ROW_COLUMNS)
    assert [row[0] for row in hello["rows"]] == [second / 4 for second in range(20)]
    assert hello["state"]["run_id"] == "run-1"
    assert hello["figures"]["hero.decided"] == [3, "3", None, 1]
    assert hello["definitions"]["hero.decided"]["provenance"] == "measured"
    assert not {"figures", "summary"} & set(hello["state"])


def test_a_tick_tells_only_what_is_new() -> None:
    transcript, engine = running()
    engine.state = engine.state.model_copy(update={"figures": [measured("hero.decided", 1)]})
    engine.tick(t_seconds=0.25, schedule_seconds=0.25, decided=7)
    [first] = told(transcript, engine)
    assert first["type"] == "tick"
    assert first["state"] == {"clock_seconds": 0.25}
    assert list(first["definitions"]) == ["hero.decided"]
    assert "run.target" in first["figures"]
    assert first["row"][ROW_COLUMNS.index("decided")] == 7
    engine.tick(t_seconds=0.5, schedule_seconds=0.5, decided=8)
    [second] = told(transcript, engine)
    assert second["definitions"] == {}
    assert "hero.decided" in second["figures"]


def test_what_was_not_measured_is_null() -> None:
    transcript, engine = running()
    engine.tick(t_seconds=0.25)
    [tick] = told(transcript, engine)
    assert tick["row"][ROW_COLUMNS.index("response_p99_ms")] is None


def test_nothing_new_is_no_message() -> None:
    transcript, engine = running()
    assert told(transcript, engine) == []


def test_a_change_of_state_needs_no_row() -> None:
    transcript, engine = running()
    engine.move(status=TestStatus.PAUSED)
    [tick] = told(transcript, engine)
    assert tick["state"] == {"status": "paused"}
    assert "row" not in tick


def test_a_changed_rate_and_a_doubt_come_with_the_next_tick_and_no_new_story() -> None:
    transcript, engine = running()
    changed = {"plan": [(0.0, 9.0), (4.0, 9.0)], "rate_factor": 0.8, "doubts": ["late"]}
    engine.move(**changed)
    [tick] = told(transcript, engine)
    assert tick["type"] == "tick"
    assert tick["state"] == {**changed, "plan": [[0.0, 9.0], [4.0, 9.0]]}


def test_rows_that_came_together_are_all_told_in_order() -> None:
    transcript, engine = running()
    for at in (0.25, 0.5, 0.75):
        engine.tick(t_seconds=at)
    assert [tick["row"][0] for tick in told(transcript, engine)] == [0.25, 0.5, 0.75]


def test_rows_that_no_tick_can_tell_any_more_come_with_a_new_hello() -> None:
    transcript, engine = running()
    for number in range(ROWS_READ + 4):
        engine.tick(t_seconds=1.0 + number)
    [hello] = told(transcript, engine)
    assert hello["type"] == "hello"
    assert len(hello["rows"]) == ROWS_READ + 4
    engine.tick(t_seconds=100)
    [tick] = told(transcript, engine)
    assert tick["row"][0] == 100


def test_a_new_run_and_a_new_selection_begin_the_story_anew() -> None:
    transcript, engine = running()
    engine.tick(t_seconds=9)
    told(transcript, engine)
    engine.rows.clear()
    engine.move(run_id="run-2")
    [hello] = told(transcript, engine)
    assert (hello["type"], hello["rows"]) == ("hello", [])
    engine.tick(t_seconds=0.25)
    assert [tick["type"] for tick in told(transcript, engine)] == ["tick"]
    engine.move(preset="wave", plan=[(0.0, 1.0), (9.0, 2.0)])
    assert [message["type"] for message in told(transcript, engine)] == ["hello"]


def test_a_viewer_who_joins_between_ticks_hears_no_row_twice() -> None:
    transcript, engine = running()
    engine.tick(t_seconds=0.25)
    told(transcript, engine)
    engine.rows.append([0.5] * len(engine.rows[0]))
    hello = json.loads(transcript.hello(engine.frame))
    assert [row[0] for row in hello["rows"]] == [0.25]
    [tick] = told(transcript, engine)
    assert tick["row"][0] == 0.5


def test_every_sentence_with_a_number_says_where_it_comes_from() -> None:
    transcript, engine = running()
    happened = RunEvent(t_seconds=70, kind=EventKind.FAULT_APPLIED, message="1 of 4 killed")
    run = summary()
    engine.move(
        events=[happened], warnings=["2 late arrivals"], doubts=["3 of 4 late"], summary=run
    )
    [tick] = told(transcript, engine)
    known = tick["definitions"]
    assert known["event.0"]["provenance"] == "measured"
    assert tick["figures"]["event.0"] == ["1 of 4 killed", "1 of 4 killed", None, 1]
    assert "load generator" in known["warning.0"]["note"]
    assert "latest ticks" in known["doubt.0"]["note"]
    for result in run.criteria:
        assert known[f"criterion.{result.key}.measured"]["formula"] == result.formula
    assert known["run.verdict"]["provenance"] == "derived"


def test_names_and_the_target_line_are_quoted_before_any_run() -> None:
    engine = FakeEngine()
    engine.move(name="Pitch", preset="pitch", promise="6,000 a second")
    [hello] = told(Transcript(), engine)
    for name in ("run.name", "run.promise", "run.target"):
        assert hello["definitions"][name]["provenance"] == "quoted"
        assert hello["definitions"][name]["source"]["title"]


def test_only_the_latest_events_are_told() -> None:
    transcript, engine = running()
    events = [
        RunEvent(t_seconds=number, kind=EventKind.STATE, message=str(number))
        for number in range(EVENTS_SHOWN + 5)
    ]
    engine.move(events=events)
    [tick] = told(transcript, engine)
    assert [event["message"] for event in tick["state"]["events"]] == [
        str(number) for number in range(5, EVENTS_SHOWN + 5)
    ]
