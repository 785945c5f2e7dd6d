"""A generator starved of processor time is found out; a slow target at the same time is not blamed.

Two runs of one rate go on at once, each with a worker of its own: one worker is stopped for most
of every quarter of a second, which is less than it takes to be taken for hung; the other is left
alone, and its target answers late and too few at a time.
"""

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass, field

import psutil
import pytest

from engine.analysis.honesty import LIMITED, Doubt
from engine.model.event import EventKind
from engine.model.request import RunRequest
from engine.model.results import CriterionOutcome, RunSummary, TestStatus, Verdict
from engine.service import Engine
from tests.integration.run.conftest import steady
from tests.servers import Server, approve

RATE, SECONDS = 300, 5
SLOW_SECONDS, SLOW_CONNECTIONS = 0.3, 72  # answers 240 of the 300 a second that are due
CRITERIA = {"p95_latency_ms": 250}
STOPPED_SECONDS, LET_GO_SECONDS = 0.2, 0.05
ATTEMPTS = 3  # of a machine that starves the other run's worker too
OWN_FAULT = (Doubt.LATE, Doubt.HELD_UP)


def answer_late(request):
    request.later(SLOW_SECONDS, approve, request)


@dataclass
class Run:
    """One run, and the doubts that the page showed in it."""

    engine: Engine
    shown: set[str] = field(default_factory=set)
    summary: RunSummary | None = None

    def start(self, url, connections):
        scenario = steady(RATE, SECONDS, success_criteria=CRITERIA)
        self.engine.subscribe(self._look)
        self.engine.start(
            RunRequest(scenario=scenario, target_url=url, workers=1, connections=connections)
        )
        deadline = time.monotonic() + 20
        while self.engine.live().status is not TestStatus.RUNNING:
            assert time.monotonic() < deadline, self.engine.live().events
            time.sleep(0.01)

    def _look(self):
        live = self.engine.live()
        if not live.status.final:
            self.shown.update(live.doubts)

    def end(self):
        self.summary = self.engine.wait(40)
        return self


def worker():
    (found,) = [
        child.pid
        for child in psutil.Process().children()
        if "engine.load.worker" in " ".join(child.cmdline())
    ]
    return found


@contextlib.contextmanager
def starved(pid):
    """Give a process a fifth of its time, in short spells."""
    over = threading.Event()

    def turn():
        with contextlib.suppress(ProcessLookupError):
            while not over.is_set():
                os.kill(pid, signal.SIGSTOP)
                over.wait(STOPPED_SECONDS)
                os.kill(pid, signal.SIGCONT)
                over.wait(LET_GO_SECONDS)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def pair(folder):
    """The starved run with a quick target, and the other with a slow one."""
    runs = [Run(Engine(home=folder / name)) for name in ("starved", "slow")]
    try:
        with Server(approve) as quick, Server(answer_late) as slow:
            runs[0].start(quick.url, SLOW_CONNECTIONS)
            with starved(worker()):
                runs[1].start(slow.url, SLOW_CONNECTIONS)
                time.sleep(SECONDS - 1)
            return [run.end() for run in runs]
    finally:
        for run in runs:
            run.engine.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    for _attempt in range(ATTEMPTS):
        found = pair(tmp_path_factory.mktemp("homes"))
        if not found[1].summary.warnings:
            break
    return found


def test_the_starved_generator_makes_the_run_inconclusive_and_says_what_to_do(runs):
    summary = runs[0].summary
    assert summary.status is TestStatus.COMPLETED
    assert summary.verdict is Verdict.INCONCLUSIVE
    assert "INCONCLUSIVE" in summary.marks
    assert runs[0].engine.live().doubts == summary.warnings, "nor does the page look calm then"
    assert summary.verdict_reason.startswith(f"{LIMITED}: ")
    assert any(doubt.then in summary.verdict_reason for doubt in OWN_FAULT)
    assert "lower the rate" in summary.warnings[0]


def test_while_it_was_starved_the_page_and_the_timeline_said_so(runs):
    starved_run = runs[0]
    assert starved_run.shown & {doubt.live for doubt in OWN_FAULT}
    warned = {
        event.message
        for event in starved_run.engine.live().events
        if event.kind is EventKind.WARNING
    }
    assert {line.partition(": ")[0] for line in starved_run.shown} <= warned


def test_the_slow_target_fails_by_its_criteria_and_nobody_doubts_the_generator(runs):
    summary = runs[1].summary
    assert summary.status is TestStatus.COMPLETED
    assert summary.warnings == []
    assert summary.verdict is Verdict.FAILED
    outcomes = {result.key: result.outcome for result in summary.criteria}
    assert outcomes["p95_latency_ms"] is CriterionOutcome.DID_NOT_HOLD
    assert "generator" not in summary.verdict_reason


def test_the_wait_for_a_slow_target_is_queue_time_and_not_lateness(runs):
    slow = runs[1].summary
    assert slow.service_ms.p50 > 1_000 * SLOW_SECONDS
    assert slow.queue_ms.p95 > 5 * slow.lateness_ms.p95
    assert slow.response_ms.p95 > slow.service_ms.p50 + slow.queue_ms.p50
    assert runs[0].summary.lateness_ms.p95 > 5 * slow.lateness_ms.p95
