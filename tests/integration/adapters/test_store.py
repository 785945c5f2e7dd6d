import sqlite3
from contextlib import closing

import pytest

from engine.adapters.home import find_home
from engine.adapters.store import SqliteStore
from engine.model.errors import StoreError
from engine.model.run import RunMeta
from engine.service import Engine
from tests.run_records import record


def test_a_file_that_is_no_store_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match=r"notes\.txt: cannot be used as a results store"):
        SqliteStore(path)
    assert path.read_text().startswith("not a database")


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteStore(tmp_path)


def test_a_run_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path):
    store = SqliteStore(tmp_path / "results.sqlite")
    try:
        with pytest.raises(StoreError, match="limelight runs"):
            store.load("nothing")
    finally:
        store.close()


def test_a_run_another_version_wrote_is_listed_and_cannot_be_opened_and_stops_nothing(tmp_path):
    store = SqliteStore(tmp_path / "results.sqlite")
    kept = record().summary
    store.create(meta_of(kept))
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("""UPDATE runs SET meta = '{"seed": 1}', owner_pid = 0""")
        connection.commit()
    engine = Engine(home=tmp_path, store=store.path)
    try:
        assert [run.run_id for run in engine.runs()] == [kept.run_id]
        with pytest.raises(StoreError, match="another version"):
            engine.record(kept.run_id)
        assert engine.closed_orphans == []
    finally:
        engine.close()


def meta_of(summary):
    made = record()
    return RunMeta(
        run_id=summary.run_id,
        id_prefix="a-",
        seed=summary.seed,
        target=summary.target,
        machine=summary.environment,
        marks=(),
        speed=1,
        rate_scale=1,
        scenario=made.scenario,
        scaled=made.scenario,
        config=made.config,
        workers=1,
        tick_seconds=0.25,
        started_at=summary.started_at,
    )


def test_the_store_survives_a_power_cut_by_its_settings(tmp_path):
    store = SqliteStore(tmp_path / "results.sqlite")
    store.close()
    connection = sqlite3.connect(store.path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_home_that_cannot_be_written_gives_way_to_a_temporary_one_with_a_warning(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    home = find_home(blocked)
    assert home.folder != blocked
    assert "LIMELIGHT_HOME" in home.warning
