"""The app killed with −9 under a run: no child outlives it, and the run so far is not lost."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil

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
engine.start(RunRequest(scenario=steady(200, 600)))
engine.wait()
"""


def test_no_child_survives_three_seconds_and_the_run_is_closed_as_failed_at_next_start(tmp_path):
    home = tmp_path / "home"
    app = subprocess.Popen([sys.executable, "-c", PROGRAM, str(home)], cwd=ROOT)
    try:
        children = await_load(app, home / "results.sqlite")
        other = Engine(home=home)
        assert other.closed_orphans == [], "its owner lives: another app leaves the run alone"
        other.close()
    finally:
        app.kill()
        app.wait()
    _gone, alive = psutil.wait_procs(children, timeout=3)
    assert alive == []

    engine = Engine(home=home)
    try:
        (run,) = engine.runs()
        assert engine.closed_orphans == [run.run_id]
        assert (run.status, run.verdict) == (TestStatus.FAILED, Verdict.FAILED)
        record = engine.record(run.run_id)
        assert record.summary.counts.decided > 100
        assert record.summary.counts.due == record.ticks["due"].sum()
        assert record.summary.journal is None, "it was never reconciled"
        assert "the app" in record.summary.verdict_reason
    finally:
        engine.close()
    again = Engine(home=home)
    assert again.closed_orphans == []
    again.close()


def await_load(app, store):
    """Wait until the store holds decided transactions; all the app's descendants by then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert app.poll() is None, "the app ended by itself"
        if decided(store) > 100:
            return psutil.Process(app.pid).children(recursive=True)
        time.sleep(0.1)
    raise AssertionError("no transaction was decided")


def decided(store):
    if not store.exists():
        return 0
    connection = sqlite3.connect(store, timeout=5)
    try:
        return connection.execute("SELECT total(decided) FROM ticks").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # its tables are not there yet
    finally:
        connection.close()
