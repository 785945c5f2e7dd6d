"""The story of one transaction, from what the journal holds of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.model.errors import TargetError
from engine.model.story import Passage, TransactionStory
from engine.platform.answer import AGENTS, Answer, stored_body
from engine.platform.chronicle import Chronicle, Commit
from engine.platform.journal import read_only

_ROW = (
    "SELECT rowid, user_id, amount, currency, event_time, response, scorer, received_us, applied "
    "FROM transactions WHERE id = ?"
)
_COMMIT = (
    "SELECT first_row, last_row, began_us, ended_us FROM commits WHERE first_row <= ? "
    "ORDER BY first_row DESC LIMIT 1"
)
_RETRIES = "SELECT times, last_us FROM retries WHERE id = ?"
_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(TransactionStory).decode
_answer = msgspec.msgpack.Decoder(Answer).decode


def story_body(
    db: sqlite3.Connection, transaction_id: str, chronicle: Chronicle | None = None
) -> bytes | None:
    """The story as JSON, or None if the id is not in the journal.

    Args:
        db: Reads the journal.
        transaction_id: Any text.
        chronicle: Of the running writer, for what it has not written yet.
    """
    row = db.execute(_ROW, (transaction_id,)).fetchone()
    if row is None:
        return None
    commit = _commit(db, row[0], chronicle)
    again, last_us = _again(db, transaction_id, chronicle)
    passage = _encode(_passage(row, commit, again, last_us))
    return stored_body(transaction_id, row[5])[:-1] + b',"passage":' + passage + b"}"


def story_in(path: Path, transaction_id: str) -> TransactionStory | None:
    """The story from the journal of a platform that has ended; None if the id is not in it.

    Raises:
        TargetError: It is no journal of this version.
    """
    try:
        with closing(read_only(path)) as db:
            body = story_body(db, transaction_id)
        return None if body is None else _decode(body)
    except (sqlite3.Error, msgspec.DecodeError) as error:
        msg = f"{path}: this journal cannot be read by this version: {error}"
        raise TargetError(msg) from error


def _passage(row: Any, commit: Commit | None, again: int, last_us: int) -> Passage:
    number, user_id, amount, currency, event_time, response, scorer, received_us, applied = row
    answer = _answer(response)
    return Passage(
        user_id=user_id,
        amount=amount,
        currency=currency,
        event_time=_instant(event_time),
        received_at=_instant(received_us / 1e6),
        decided_ms=answer.processing_us / 1000,
        committing_ms=_since(received_us, commit and commit.began_us),
        committed_ms=_since(received_us, commit and commit.ended_us),
        committed_with=commit and commit.last_row - commit.first_row + 1,
        scorer=scorer,
        journal_row=number,
        silent_agents=[
            name for name, score in zip(AGENTS, answer.scores, strict=True) if score < 0
        ],
        came_again=again,
        last_again_at=_instant(last_us / 1e6) if again else None,
        applied=applied,
    )


def _commit(db: sqlite3.Connection, row: int, chronicle: Chronicle | None) -> Commit | None:
    kept = chronicle.commit_of(row) if chronicle else None
    if kept is not None:
        return kept
    found = db.execute(_COMMIT, (row,)).fetchone()
    commit = Commit(*found) if found else None
    return commit if commit is not None and row <= commit.last_row else None


def _again(
    db: sqlite3.Connection, transaction_id: str, chronicle: Chronicle | None
) -> tuple[int, int]:
    """How often the id came again, and when last in µs since 1970."""
    kept = chronicle.times_again(transaction_id) if chronicle else []
    times, last_us = db.execute(_RETRIES, (transaction_id,)).fetchone() or (0, 0)
    return times + len(kept), max([last_us, *kept])


def _since(received_us: int, at_us: int | None) -> float | None:
    return None if at_us is None else (at_us - received_us) / 1000


def _instant(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):  # an event in year 1, east of Greenwich
        return f"{seconds:.0f} s after 1970"
