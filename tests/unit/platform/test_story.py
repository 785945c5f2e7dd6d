"""The story of a transaction is what the journal holds of it, also when some of it is missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from engine.model.errors import TargetError
from engine.platform.answer import Answer, Reason
from engine.platform.chronicle import Chronicle
from engine.platform.journal import Journal, Row, connect
from engine.platform.story import story_body, story_in

ANSWER = msgspec.msgpack.encode(
    Answer(1, 8_000, 6_000, (Reason(0),), (4_000, 5_000, -1, 100), (10, 20, 30, 40), 2_500)
)


def row(number: int, event_seconds: float = 0.0) -> Row:
    name = f"t-{number:012d}"
    return (
        *(name, "u", 1.0, "EUR", "REVIEW", 0.6, event_seconds, ANSWER, b"", 0),
        *(3, 1_700_000_000_000_000),
    )


def journal_of(path: Path, *groups: list[Row]) -> Journal:
    journal = Journal(path, lambda _tokens, _written: None)
    for group in groups:
        journal.submit(group, group)
    return journal


def test_a_story_holds_the_answer_and_the_passage_of_its_own_commit(tmp_path: Path):
    path = tmp_path / "j.db"
    journal_of(path, [row(1)]).close()
    journal_of(path, [row(2), row(3)]).close()
    story = story_in(path, "t-000000000003")
    assert story is not None
    passage = story.passage
    assert (story.decision, story.risk_score, story.processing_time_ms) == ("REVIEW", 0.6, 2.5)
    assert passage.silent_agents == ["risk_assessor"]
    assert "risk_assessor" not in story.agents
    assert (passage.scorer, passage.journal_row, passage.committed_with) == (3, 3, 2)
    assert passage.received_at == "2023-11-14T22:13:20.000+00:00"
    assert passage.decided_ms == 2.5
    assert passage.committing_ms is not None
    assert passage.committed_ms is not None
    assert passage.committing_ms <= passage.committed_ms
    assert (passage.came_again, passage.last_again_at, passage.applied) == (0, None, 1)
    assert story_in(path, "no such id") is None


def test_what_came_again_is_counted_before_it_is_written_and_after(tmp_path: Path):
    path = tmp_path / "j.db"
    writer = connect(path)
    chronicle = Chronicle(writer)
    journal_of(path, [row(1)]).close()
    for at_us in (5_000_000, 6_000_000):
        chronicle.again("t-000000000001", at_us)
    with closing(sqlite3.connect(path)) as db:
        before = msgspec.json.decode(story_body(db, "t-000000000001", chronicle) or b"")
        chronicle.flush()
        assert not chronicle.unwritten()
        chronicle.again("t-000000000001", 7_000_000)
        after = msgspec.json.decode(story_body(db, "t-000000000001", chronicle) or b"")
    writer.close()
    assert before["passage"]["came_again"] == 2
    assert after["passage"]["came_again"] == 3
    assert after["passage"]["last_again_at"] == "1970-01-01T00:00:07.000+00:00"


def test_a_commit_nobody_wrote_down_is_unknown_and_no_other_is_taken_for_it(tmp_path: Path):
    path = tmp_path / "j.db"
    journal_of(path, [row(1)], [row(2)]).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM commits WHERE last_row >= 2")
        db.execute("INSERT OR IGNORE INTO commits VALUES (1, 1, 1, 2)")
    story = story_in(path, "t-000000000002")
    assert story is not None
    assert (story.passage.committed_ms, story.passage.committed_with) == (None, None)


def test_an_instant_no_calendar_holds_breaks_no_story(tmp_path: Path):
    path = tmp_path / "j.db"
    journal_of(path, [row(1, event_seconds=-62_135_600_000.0)]).close()
    story = story_in(path, "t-000000000001")
    assert story is not None
    assert story.passage.event_time == "-62135600000 s after 1970"


def test_a_file_that_is_no_journal_is_named(tmp_path: Path):
    path = tmp_path / "other.sqlite"
    path.write_text("hello, I am no database at all, and never was one; " * 30)
    with pytest.raises(TargetError, match=r"other\.sqlite: this journal cannot be read"):
        story_in(path, "t-000000000001")
