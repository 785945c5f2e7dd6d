"""The run clock stands still in a pause; usage is of one process."""

import subprocess
import sys
import time

from hypothesis import given
from hypothesis import strategies as st

from engine.measure.clock import RunClock, SystemClock
from engine.measure.resources import ProcessUsage


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=6))
def test_schedule_time_counts_only_what_was_not_paused(turns):
    clock, now, ran = RunClock(100), 100, 0
    for running, standing in turns:
        now, ran = now + running, ran + running
        clock.pause(now)
        now += standing
        assert clock.schedule_ns(now) == ran
        assert clock.resume(now) == standing
        assert clock.schedule_ns(now) == ran
        assert clock.instant_ns(ran) == now


def test_a_pause_across_the_start_moves_the_start():
    clock = RunClock(100)
    clock.pause(50)
    assert clock.paused
    assert clock.schedule_ns(200) == -50
    assert clock.resume(130) == 30
    assert clock.schedule_ns(130) == 0


def test_a_second_pause_or_resume_changes_nothing():
    clock = RunClock(0)
    assert clock.resume(5) == 0
    clock.pause(10)
    clock.pause(15)
    assert clock.resume(20) == 10


def test_the_system_clock_does_not_go_back():
    clock = SystemClock()
    before = clock.monotonic_ns()
    clock.sleep(0.001)
    assert clock.monotonic_ns() >= before + 1_000_000


def test_usage_of_this_process_grows_with_work():
    usage = ProcessUsage()
    before, deadline = usage.cpu_seconds(), time.monotonic() + 30
    while usage.cpu_seconds() <= before and time.monotonic() < deadline:
        sum(range(10_000))
    assert usage.cpu_seconds() > before
    assert usage.rss_bytes() > 1_000_000


def test_a_process_that_ended_keeps_its_cpu_time_and_uses_no_memory():
    work = "sum(range(3_000_000)); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        usage = ProcessUsage(child.pid)
        seen = usage.cpu_seconds()
        assert usage.rss_bytes() > 0
        child.communicate(b"\n", timeout=30)
    assert usage.cpu_seconds() == seen > 0
    assert usage.rss_bytes() == 0
    assert ProcessUsage(child.pid).cpu_seconds() == 0.0
