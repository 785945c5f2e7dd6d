"""The journal on real SQLite files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.platform.checkpoint import ROWS, Checkpoints
from engine.platform.journal import Journal, Row, connect, rows_of
from engine.platform.known import KnownIds

WAIT = 30.0


def row(number: int, route: int = 0) -> Row:
    return (
        f"t-{number:012d}",
        f"u{route}",
        1.0,
        "EUR",
        "APPROVE",
        0.1,
        0.0,
        b"answer%d" % number,
        b"facts%d" % number,
        route,
        0,
        1_000_000,
    )


class Committed:
    """Records what the journal's thread hands back."""

    def __init__(self) -> None:
        self.tokens: list[object] = []
        self.written: list[bool] = []
        self._changed = threading.Condition()

    def __call__(self, tokens: list[object], written: bool) -> None:
        with self._changed:
            self.tokens += tokens
            self.written.append(written)
            self._changed.notify_all()

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.tokens) >= count, WAIT)


def test_a_token_comes_back_when_its_rows_can_be_read_by_others(tmp_path: Path):
    path, done = tmp_path / "j.db", Committed()
    journal = Journal(path, done)
    journal.submit([row(1), row(2)], "first")
    done.wait(1)
    assert rows_of(path) == 2
    assert journal.find("t-000000000002") == b"answer2"
    assert journal.find("t-000000000003") is None
    assert journal.newest_id() == "t-000000000002"
    journal.close()


def test_a_barrier_comes_back_after_all_before_it(tmp_path: Path):
    done = Committed()
    journal = Journal(tmp_path / "j.db", done)
    for number in range(50):
        journal.submit([row(number)], number)
    journal.submit([], "barrier")
    done.wait(51)
    assert done.tokens == [*range(50), "barrier"]
    journal.close()


def test_a_large_group_is_committed_whole(tmp_path: Path):
    path, done = tmp_path / "j.db", Committed()
    journal = Journal(path, done)
    journal.submit([row(number) for number in range(500)], "all")
    journal.close()
    assert done.written == [True]
    assert not path.with_name("j.db-wal").exists()
    assert rows_of(path) == 500


def test_the_log_stays_bounded_while_commits_go_on(tmp_path: Path):
    path, done = tmp_path / "j.db", Committed()
    journal = Journal(path, done)
    group, groups = 500, 6 * ROWS // 500
    for number in range(groups):
        journal.submit([row(number * group + one) for one in range(group)], number)
        done.wait(number - 3)
    done.wait(groups)
    log, file = path.with_name("j.db-wal").stat().st_size, path.stat().st_size
    journal.close()
    assert rows_of(path) == groups * group
    assert file > 0
    assert log < 4 * path.stat().st_size / 6


def test_an_id_that_is_written_twice_is_counted(tmp_path: Path):
    path = tmp_path / "j.db"
    journal = Journal(path, Committed())
    journal.submit([row(1)], 1)
    journal.submit([row(1), row(2)], 2)
    journal.close()
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT id, applied FROM transactions").fetchall()
    assert found == [("t-000000000001", 2), ("t-000000000002", 1)]


def test_rows_that_cannot_be_written_are_handed_back_as_not_written(tmp_path: Path, capfd):
    path, done = tmp_path / "j.db", Committed()
    journal = Journal(path, done)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE transactions")
    journal.submit([row(1)], "lost")
    done.wait(1)
    assert done.written == [False]
    assert "1 rows not committed" in capfd.readouterr().err
    journal.close()


def test_rows_whose_commit_fails_are_not_written_with_the_next(tmp_path: Path, capfd):
    path, done = tmp_path / "j.db", Committed()
    journal = Journal(path, done)
    journal.submit([row(0)], "first")
    done.wait(1)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(
            "CREATE TRIGGER breaks AFTER INSERT ON transactions WHEN new.id = 't-000000000500' "
            "BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END"
        )
    journal.submit([row(number) for number in range(1, 600)], "large")
    done.wait(2)
    journal.submit([row(1_000)], "next")
    done.wait(3)
    journal.close()
    assert done.written == [True, False, True]
    assert rows_of(path) == 2
    assert "the disk is full" in capfd.readouterr().err


def test_a_checkpoint_that_fails_is_said_and_commits_go_on(tmp_path: Path, capfd):
    writer = connect(tmp_path / "j.db")
    checkpoints = Checkpoints(tmp_path / "j.db", writer)
    writer.execute("BEGIN IMMEDIATE")  # a checkpoint within a transaction is an error of SQLite's
    checkpoints._most_done.set()
    checkpoints.after_commit(1)
    assert "journal: no checkpoint: database table is locked" in capfd.readouterr().err
    writer.execute("COMMIT")
    checkpoints.close()
    writer.close()


DIES = """
import sys, time
from engine.platform.journal import Journal
def committed(tokens, written):
    raise RuntimeError("nobody takes the tokens")
journal = Journal(sys.argv[1], committed)
journal.submit([], "token")
time.sleep(60)
"""


def test_a_process_does_not_outlive_the_writer_of_its_journal(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path / "j.db")],
        capture_output=True,
        timeout=WAIT,
        check=False,
    )
    assert ended.returncode == 1
    assert b"nobody takes the tokens" in ended.stderr


def test_known_ids_ask_the_journal_only_for_what_may_be_there():
    known = KnownIds(before="t-000000000010")
    assert known.maybe("t-000000000010")
    assert known.maybe("t-000000000002")
    assert not known.maybe("t-000000000011")
    known.add("t-000000000011")
    assert known.maybe("t-000000000011")
    assert known.maybe("by hand")


ids = st.tuples(st.sampled_from(["a-", "b-"]), st.integers(0, 50_000)).map(
    lambda pair: f"{pair[0]}{pair[1]:012d}"
)


@given(st.sets(ids, max_size=20), st.sets(ids, max_size=20))
def test_an_id_that_is_in_the_journal_is_never_taken_for_new(added: set[str], asked: set[str]):
    known = KnownIds("")
    for one in added:
        known.add(one)
    assert all(known.maybe(one) for one in added)
    assert not any(known.maybe(one) for one in asked - added)
