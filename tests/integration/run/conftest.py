import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine.model.fault import FailureScenario, FailureType
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.service import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = Engine(home=tmp_path / "home")
    yield opened
    opened.close()


def steady(rate=300.0, seconds=6.0, faults=(), **changes):
    """A short run at one rate."""
    values = {
        "scenario_id": "short",
        "name": "Short",
        "load_profile": LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=rate),
        "duration_seconds": seconds,
        "failure_scenarios": tuple(faults),
        "traffic_mix": TrafficMix.DEMO,
    }
    return TestScenario(**{**values, **changes})


def crash(start, duration, severity=0.3):
    return FailureScenario(
        failure_type=FailureType.LAMBDA_CRASH,
        start_time_seconds=start,
        duration_seconds=duration,
        severity=severity,
    )


class RunClock:
    """Seconds since Start of the run under way, from outside the engine.

    A tick is published no sooner than it ends, so instant − t_seconds of the promptest tick is
    Start, late by no more than that tick was: `now` is never ahead of the run's own clock.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._started = float("inf")
        self._unsubscribe = engine.subscribe(self._look)

    def _look(self) -> None:
        now, newest = time.monotonic(), self._engine.frame(1)["t_seconds"]
        if len(newest):
            self._started = min(self._started, now - newest.iloc[-1])

    def now(self) -> float:
        assert self._started < float("inf"), "no tick yet"
        return time.monotonic() - self._started

    def close(self) -> None:
        self._unsubscribe()


@pytest.fixture
def run_clock(engine: Engine) -> Iterator[RunClock]:
    clock = RunClock(engine)
    yield clock
    clock.close()


def workers_of_this_process():
    """The load workers this process started and that still live, in the order of their shares."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "engine.load.worker" in child.cmdline():
                found.append(child)
    return sorted(found, key=lambda child: child.pid)


def assert_conserved_every_second(summary):
    """Both laws over the sums up to the end of every second, and in total."""
    assert summary.counts.conserved
    assert summary.counts.backlog == summary.counts.in_flight == 0
    second = summary.per_second
    due, sent, dropped, decided, rejected, failed = (
        np.cumsum(getattr(second, name))
        for name in ("offered", "sent", "dropped", "decided", "rejected", "failed")
    )
    assert (due == sent + dropped + np.array(second.backlog)).all()
    assert (sent == decided + rejected + failed + np.array(second.in_flight)).all()
    assert (due[-1], sent[-1]) == (summary.counts.due, summary.counts.sent)
    assert decided[-1] == summary.counts.decided


def await_frame(engine, condition, seconds=30):
    """Wait until the ticks so far fulfil a condition; those ticks."""
    deadline = time.monotonic() + seconds
    while not condition(ticks := engine.frame()):
        assert time.monotonic() < deadline, ticks.tail(3).T
        time.sleep(0.02)
    return ticks


def await_status(engine, status, seconds=20):
    deadline = time.monotonic() + seconds
    while engine.live().status is not status:
        assert time.monotonic() < deadline, engine.live().events
        time.sleep(0.02)
