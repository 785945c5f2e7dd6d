import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from engine.adapters.embedded import EmbeddedPlatform, sweep
from engine.model.errors import TargetError
from engine.model.scenario import PlatformSize


@pytest.fixture
def platform(tmp_path):
    made = EmbeddedPlatform(tmp_path / "journals", tmp_path / "logs", PlatformSize(1, 1, 1))
    made.prepare()
    made.close()
    return made


def fill(folder, rows):
    (journal,) = folder.glob("*.journal.sqlite")
    with closing(sqlite3.connect(journal)) as connection:
        table = connection.execute("PRAGMA table_info(transactions)").fetchall()
        empty = {"BLOB": b"", "TEXT": ""}
        blank = {row[1]: empty.get(row[2], 0) for row in table}
        names = list(blank)
        for row_id, applied in rows:
            values = blank | {"id": row_id, "applied": applied}
            marks = ", ".join(f":{name}" for name in names)
            connection.execute(
                f"INSERT INTO transactions ({', '.join(names)}) VALUES ({marks})", values
            )
        connection.commit()
    return journal


def test_only_a_run_s_own_ids_are_counted(platform, tmp_path):
    fill(
        tmp_path / "journals",
        [
            ("a1b2-000000000001", 1),
            ("a1b2-000000000002", 2),
            ("send-one-yourself", 3),
            ("zzzz-000000000003", 1),
            ("a1b2-0000000x0004", 1),
        ],
    )
    rows = platform.journal("a1b2-")
    assert rows.numbers.tolist() == [1, 2]
    assert rows.applied_twice == 1


def test_a_journal_that_cannot_be_read_is_an_error_that_names_it(platform, tmp_path):
    (journal,) = (tmp_path / "journals").glob("*.journal.sqlite")
    journal.write_text("no database, " * 1_000)
    with pytest.raises(TargetError, match="journal cannot be read"):
        platform.journal("a1b2-")


def test_the_journal_of_a_dead_app_is_deleted_and_evidence_and_living_ones_are_kept(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone = tmp_path / f"{dead.pid}-x.journal.sqlite"
    evidence = tmp_path / "evidence-run.sqlite"
    mine = tmp_path / "1-x.journal.sqlite"
    for path in (gone, evidence, mine):
        path.write_text("")
    sweep(tmp_path)
    assert not gone.exists()
    assert evidence.exists()
    assert mine.exists()


def test_a_platform_that_was_closed_does_not_start_any_more(platform):
    platform.prepare()
    assert not platform.alive()
