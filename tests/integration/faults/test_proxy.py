"""Network faults on a target that is not ours: an in-path proxy does them, and nothing else."""

import time
from contextlib import closing

import pytest

from engine.model.event import EventKind
from engine.model.fault import FailureScenario, FailureType
from engine.model.request import RunRequest
from engine.service import Engine
from tests.integration.faults.test_faults import until
from tests.integration.run.conftest import await_frame, steady
from tests.servers import Server, approve

DELAY = FailureScenario(
    failure_type=FailureType.NETWORK_LATENCY,
    start_time_seconds=2,
    duration_seconds=250,
    severity=0.5,
    parameters={"latency_ms": 300.0},
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run against a server of the tests, delayed, healed, then with every request reset."""
    with Server() as server, closing(Engine(home=tmp_path_factory.mktemp("home"))) as engine:
        server.script = approve
        scenario = steady(600, 300, [DELAY])
        engine.start(RunRequest(scenario=scenario, target_url=server.url))
        until(engine, lambda faults: faults and faults[0].proven)
        engine.clear_faults()
        until(engine, lambda faults: faults[0].removed)
        engine.inject(FailureType.LAMBDA_CRASH, 0.5, 5.0)
        engine.inject(FailureType.NETWORK_LATENCY, 1.0, 250.0, {"reset_share": 1.0})
        until(engine, lambda faults: len(faults) == 2 and faults[1].proven)
        await_frame(engine, lambda ticks: ticks["outcome_reset"].sum() > 0, 60)
        engine.clear_faults()
        time.sleep(0.3)
        engine.stop()
        yield engine, engine.wait(60)


def test_answers_come_late_on_a_share_of_connections_and_in_time_again(run):
    _engine, summary = run
    delay = summary.faults[0]
    assert "response p99" in delay.proof
    assert "response p99" in delay.removal
    assert "fault proxy" in summary.target.line


def test_connections_are_reset_and_what_failed_proves_it(run):
    _engine, summary = run
    assert "transactions failed" in summary.faults[1].proof
    assert summary.counts.failed > 0


def test_what_the_proxy_cannot_do_is_refused_with_what_the_target_must_offer(run):
    engine, _ = run
    (refused,) = [e.message for e in engine.record().events if e.kind is EventKind.FAULT_REFUSED]
    assert refused.startswith("Worker crash refused")
