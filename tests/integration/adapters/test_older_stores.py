"""A results file that an earlier version wrote, before ticks told of queues and rate changes."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from engine.adapters.store import SqliteStore
from engine.model.control import SparseHistogram
from engine.model.errors import StoreError
from engine.model.results import TestStatus
from engine.model.tick import COLUMNS, Tick
from engine.ports import TickLatencies
from engine.service import Engine
from tests.run_records import meta, summary

NEW_COLUMNS = (
    *("queue_p50_ms", "queue_p95_ms", "queue_p99_ms", "lateness_p50_ms", "lateness_max_ms"),
    *("not_offered", "rate_factor", "reports_missing", "lateness", "queue"),
)
NEW_FIGURES = ("queue_ms", "measured", "not_offered", "rate_changes", "degraded")
ONE = SparseHistogram(np.array([7], "<i4").tobytes(), np.array([3], "<i8").tobytes())
TICK = Tick(tick=0, t_seconds=0.25, schedule_seconds=0.25, due=3, sent=3, decided=3)


@pytest.fixture
def old(tmp_path):
    """The file of a version without `NEW_COLUMNS`, its one run not ended and its owner gone."""
    store = SqliteStore(tmp_path / "results.sqlite")
    store.create(meta())
    store.append(meta().run_id, TICK, TickLatencies(ONE, ONE, ONE, ONE))
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        for name in NEW_COLUMNS:
            connection.execute(f"ALTER TABLE ticks DROP COLUMN {name}")
        connection.execute("UPDATE runs SET owner_pid = 0")
        connection.commit()
    return store.path


def test_what_it_did_not_keep_is_unknown_and_the_rest_is_there(old):
    store = SqliteStore(old)
    try:
        (row,) = store.rows(meta().run_id)
        kept = dict(zip(COLUMNS, row, strict=True))
        assert (kept["due"], kept["decided"]) == (3, 3)
        unknown = [name for name in NEW_COLUMNS if name in COLUMNS]
        assert all(np.isnan(kept[name]) for name in unknown)
        (parts,) = store.histograms(meta().run_id)
        assert (parts.response, parts.service) == (ONE, ONE)
        assert parts.lateness == parts.queue == SparseHistogram()
    finally:
        store.close()


def test_new_runs_are_written_to_it_in_full(old):
    store = SqliteStore(old)
    try:
        run = meta(run_id="new")
        store.create(run)
        store.append("new", Tick(tick=0, queue_p50_ms=1.5), TickLatencies(ONE, ONE, ONE, ONE))
        assert store.rows("new")[0][COLUMNS.index("queue_p50_ms")] == 1.5
        assert list(store.histograms("new")) == [TickLatencies(ONE, ONE, ONE, ONE)]
    finally:
        store.close()


def test_a_run_that_never_ended_is_closed_without_figures_it_never_had(old, tmp_path):
    engine = Engine(home=tmp_path, store=old)
    try:
        assert engine.closed_orphans == [meta().run_id]
        found = engine.record().summary
        assert (found.status, found.counts.due) == (TestStatus.FAILED, 3)
        assert (found.response_ms.count, found.lateness_ms.count) == (3, 0)
        assert found.queue_ms.max is None
        assert found.not_offered == 0
    finally:
        engine.close()


def test_a_run_that_ended_is_listed_and_says_why_it_cannot_be_opened(old, tmp_path):
    ended = json.loads(summary().model_dump_json())
    for name in NEW_FIGURES:
        del ended[name]
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE runs SET summary = ?, status = 'completed'", [json.dumps(ended)])
        connection.commit()
    engine = Engine(home=tmp_path, store=old)
    try:
        assert [run.run_id for run in engine.runs()] == [meta().run_id]
        with pytest.raises(StoreError, match="another version"):
            engine.record()
    finally:
        engine.close()


def test_two_apps_that_open_it_at_once_both_can(old):
    stores = [SqliteStore(old), SqliteStore(old)]
    for store in stores:
        assert len(store.rows(meta().run_id)) == 1
        store.close()
