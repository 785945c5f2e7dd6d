"""All faults on a real platform, several at once: proven on and off, and nothing is lost."""

import time
from contextlib import closing

import pytest

from engine.model.errors import ConfigurationError
from engine.model.fault import FailureType
from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.service import Engine
from tests.integration.run.conftest import await_frame, steady

PATIENCE_SECONDS = 60.0
LONG_SECONDS = 600.0
ORDER = (
    FailureType.AGENT_TIMEOUT,
    FailureType.BEDROCK_RATE_LIMIT,
    FailureType.MEMORY_PRESSURE,
    FailureType.NETWORK_LATENCY,
    FailureType.DYNAMODB_THROTTLE,
    FailureType.KINESIS_LAG,
    FailureType.LAMBDA_CRASH,
)


def until(engine, holds):
    """Wait until what the run says of its faults fulfils a condition; the faults."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds(faults := engine._run.view.faults):
        assert time.monotonic() < deadline, [engine.live().events[-6:], faults]
        time.sleep(0.05)
    return faults


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A run in which all but the cascade were on together, then cleared, and its summary."""
    with closing(Engine(home=tmp_path_factory.mktemp("home"))) as engine:
        yield engine, *break_and_mend(engine)


def break_and_mend(engine):
    """The summary of that run, and how many faults were on at once."""
    engine.start(RunRequest(scenario=steady(600, 300)))
    await_frame(engine, lambda ticks: ticks["decided"].sum() > 600)
    for count, kind in enumerate(ORDER, 1):
        engine.inject(kind, 0.5, LONG_SECONDS)
        until(engine, lambda faults, count=count: len(faults) == count and faults[-1].proven)
    together = engine.frame()["faults_active_now"].max()
    engine.clear_faults()
    until(engine, lambda faults: all(fault.removed for fault in faults))
    engine.stop()
    return engine.wait(60), together


def test_each_is_proven_on_and_off_by_what_was_measured_while_others_are_on(broken):
    _engine, summary, together = broken
    assert together >= len(ORDER) - 1
    assert [fault.failure_type for fault in summary.faults] == list(ORDER)
    for fault in summary.faults:
        assert (fault.proven, fault.removed) == (True, True)
        assert fault.proof.startswith("the probe saw: ")
        assert fault.removal.startswith("the probe saw: ")
        assert any(sign.isdigit() for sign in fault.proof), "a signature has figures"
        assert fault.clear_seconds < fault.onset_seconds + LONG_SECONDS


def test_nothing_is_lost_or_doubled_and_all_are_up_in_the_end(broken):
    engine, summary, _ = broken
    assert summary.status is TestStatus.CANCELLED
    assert (summary.journal.missing, summary.journal.duplicated) == (0, 0)
    assert summary.counts.conserved
    kinds = [event.kind for event in engine.record().events]
    assert kinds.count("fault_proven") == kinds.count("fault_removed") == len(ORDER)


def test_a_parameter_out_of_bounds_is_refused_before_anything_is_broken(broken):
    engine, *_ = broken
    with pytest.raises(ConfigurationError, match=r"latency_ms must be from 1 to 10000 ms, got 0"):
        engine.inject(FailureType.NETWORK_LATENCY, 0.5, 5.0, {"latency_ms": 0.0})
    with pytest.raises(ConfigurationError, match="takes no component"):
        engine.inject(FailureType.LAMBDA_CRASH, 0.5, 5.0, component="scorer-1")
