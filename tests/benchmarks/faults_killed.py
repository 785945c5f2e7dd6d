"""The app killed (SIGKILL) while a fault is on: how long until nothing of the platform is left."""

import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from engine.adapters.store import SqliteStore
from engine.model.event import EventKind
from tests.benchmarks.faults_evidence import KillRow

BAR_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from engine.model.fault import FailureScenario
from engine.model.request import RunRequest
from engine.service import Engine
from tests.benchmarks.faults_one import scenario

fault = FailureScenario(
    failure_type=sys.argv[2], start_time_seconds=4, duration_seconds=12, severity=0.5
)
engine = Engine(home=Path(sys.argv[1]))
engine.start(RunRequest(scenario=scenario(800, 600, [fault])))
engine.wait()
"""


def measure(kind):
    """The row of this fault."""
    with tempfile.TemporaryDirectory(prefix="limelight-faults-") as folder:
        home = Path(folder)
        app = subprocess.Popen([sys.executable, "-c", PROGRAM, str(home), kind.value], cwd=ROOT)
        try:
            proven = _await_proof(app, home)
            children = psutil.Process(app.pid).children(recursive=True)
        finally:
            app.kill()
            app.wait()
        killed = time.monotonic()
        left = children
        while left and time.monotonic() - killed < PATIENCE_SECONDS:
            left = [child for child in left if _lives(child)]
            time.sleep(0.01)
    return KillRow(
        fault=kind.value,
        proven=proven,
        processes=len(children),
        left=len(left),
        gone_seconds=round(time.monotonic() - killed, 2),
    )


def _await_proof(app, home):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and app.poll() is None:
        time.sleep(0.1)
        with contextlib.suppress(Exception):  # the store is not there yet
            store = SqliteStore(home / "results.sqlite")
            with contextlib.closing(store):
                runs = store.runs()
                events = store.events(runs[0].run_id) if runs else []
            if any(event.kind is EventKind.FAULT_PROVEN for event in events):
                return True
    return False


def _lives(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
