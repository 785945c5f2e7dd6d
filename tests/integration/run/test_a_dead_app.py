"""The app killed with −9 under a run: no child outlives it, and the run so far is not lost."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.model.event import EventKind
from engine.model.results import TestStatus, Verdict
from engine.service import Engine

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from pathlib import Path
from engine.model.request import RunRequest
from engine.service import Engine
from tests.integration.run.conftest import steady

engine = Engine(home=Path(sys.argv[1]))
engine.start(RunRequest(scenario=steady(200, 600), workers=2))
engine.wait()
"""
RATE, WORKERS, TICKS = 200, 2, 4  # arrivals and ticks a second
FROZEN_SECONDS = 2.5


class Dead:
    """An app that was stopped for a while, went on, and was killed; and what it left behind."""

    def __init__(self, home):
        self.home, store = home, home / "results.sqlite"
        app = subprocess.Popen([sys.executable, "-c", PROGRAM, str(home)], cwd=ROOT)
        try:
            children = await_load(app, store)
            other = Engine(home=home)
            self.orphans_while_it_lived = other.closed_orphans
            other.close()
            app.send_signal(signal.SIGSTOP)
            stopped_at = rows(store)
            time.sleep(FROZEN_SECONDS)
            self.frozen = (stopped_at + 2, stopped_at + round(FROZEN_SECONDS * TICKS) - 2)
            app.send_signal(signal.SIGCONT)
            await_rows(store, self.frozen[1] + TICKS)
        finally:
            app.kill()
            app.wait()
        _gone, self.survivors = psutil.wait_procs(children, timeout=3)


@pytest.fixture(scope="module")
def dead(tmp_path_factory):
    return Dead(tmp_path_factory.mktemp("app") / "home")


def test_no_child_survives_three_seconds_and_the_run_is_closed_as_failed_at_next_start(dead):
    assert dead.survivors == []
    assert dead.orphans_while_it_lived == [], "its owner lived: another app left the run alone"
    engine = Engine(home=dead.home)
    try:
        (run,) = engine.runs()
        assert engine.closed_orphans == [run.run_id]
        assert (run.status, run.verdict) == (TestStatus.FAILED, Verdict.FAILED)
        record = engine.record(run.run_id)
        assert record.summary.counts.decided > 100
        assert record.summary.counts.due == record.ticks["due"].sum()
        assert record.summary.lateness_ms.count == record.summary.counts.due, "kept tick by tick"
        assert record.summary.journal is None, "it was never reconciled"
        assert "the app" in record.summary.verdict_reason
    finally:
        engine.close()
    again = Engine(home=dead.home)
    assert again.closed_orphans == []
    again.close()


def test_while_the_app_was_stopped_its_workers_went_on_and_none_was_accused(dead):
    engine = Engine(home=dead.home)
    try:
        record = engine.record()
        frozen = record.ticks.iloc[slice(*dead.frozen)]
        assert len(frozen) >= TICKS
        assert (frozen["due"] - RATE / TICKS).abs().max() <= 1
        assert frozen["sent"].sum() == pytest.approx(RATE / TICKS * len(frozen), rel=0.25)
        assert record.summary.degraded == []
        assert set(record.ticks["workers_up_now"]) == {WORKERS}
        assert not [event for event in record.events if event.kind is EventKind.DEGRADED]
    finally:
        engine.close()


def await_load(app, store):
    """Wait until the store holds decided transactions; all the app's descendants by then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert app.poll() is None, "the app ended by itself"
        if decided(store) > 100:
            return psutil.Process(app.pid).children(recursive=True)
        time.sleep(0.1)
    raise AssertionError("no transaction was decided")


def await_rows(store, count):
    """Wait until the store holds so many ticks."""
    deadline = time.monotonic() + 60
    while rows(store) < count:
        assert time.monotonic() < deadline, "the app did not go on"
        time.sleep(0.1)


def rows(store):
    return asked(store, "SELECT count(*) FROM ticks")


def decided(store):
    return asked(store, "SELECT total(decided) FROM ticks")


def asked(store, question):
    if not store.exists():
        return 0
    connection = sqlite3.connect(store, timeout=5)
    try:
        return connection.execute(question).fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # its tables are not there yet
    finally:
        connection.close()
