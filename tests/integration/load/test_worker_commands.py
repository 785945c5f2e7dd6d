"""A worker process under command: pause, stop, abort, a parent that dies, plans that cannot run."""

import signal
import subprocess
import sys
import time
from itertools import pairwise

import msgspec
import psutil
import pytest

from engine.model.control import Abort, Pause, Resume, Start
from tests.integration.load.harness import ALL_RETRIES, Worker, assert_conserved, plan
from tests.servers import Server, approve, http, unused_port

AT_ONCE_SECONDS = 0.25  # product.md: from the press of the button to the last request
RETRY_SECONDS = 0.3  # later than that, so that a retry still to come would be seen


def busy(request):
    request.write(http(503, b"{}", Retry_After=str(RETRY_SECONDS)))


def stands_still(messages):
    return messages[-1].schedule_seconds == messages[-2].schedule_seconds


def test_a_pause_sends_nothing_stands_the_clock_still_and_is_not_caught_up():
    asked = set()

    def busy_at_first(request):
        if request.id in asked:
            approve(request)
        else:
            asked.add(request.id)
            busy(request)

    changes = {"mix": "realistic", "seconds": 2, **ALL_RETRIES}
    with Server(busy_at_first) as server, Worker(plan(server.url, **changes)) as worker:
        worker.start()
        worker.wait_total("decided", 60)
        said_at = time.monotonic()
        worker.say(Pause())
        worker.wait_for(stands_still)
        stood, tick = worker.reports[-1].schedule_seconds, worker.reports[-1].tick
        worker.wait_for(lambda ms: ms[-1].tick >= tick + 3)
        assert worker.reports[-1].in_flight_now > 0, "retries wait"
        assert worker.reports[-1].schedule_seconds == stood
        resumed_at = time.monotonic()
        worker.say(Resume())
        sums = worker.finish()
    assert resumed_at > said_at + AT_ONCE_SECONDS + RETRY_SECONDS, "retries would have come"
    assert not [at for at, _ in server.arrivals if said_at + AT_ONCE_SECONDS < at < resumed_at]
    assert (sums.due, sums.decided, sums.attempts) == (400, 400, 800)
    assert_conserved(sums.reports)


def test_a_stop_drains_what_is_under_way():
    def slow(request):
        request.later(0.3, approve, request)

    with Server(slow) as server, Worker(plan(server.url, seconds=30, mix="realistic")) as worker:
        worker.start()
        worker.wait_total("decided", 20)
        sums = worker.stop()
    assert_conserved(sums.reports)
    assert sums.failed == 0
    assert sums.decided + sums.dropped == sums.due < 6000


def test_what_is_left_after_the_drain_is_failed_or_dropped():
    def silent(request):
        pass

    changes = {"connections": 4, "drain_seconds": 0.5, "mix": "realistic"}
    with Server(silent) as server, Worker(plan(server.url, seconds=30, **changes)) as worker:
        worker.start()
        worker.wait_total("due", 50)
        sums = worker.stop()
    assert_conserved(sums.reports)
    assert (sums.sent, sums.failed, sums.decided) == (4, 4, 0)
    assert sums.dropped == sums.due - 4


@pytest.mark.parametrize("paused", [False, True])
def test_an_abort_sends_nothing_more_and_reports_at_once(paused):
    with Server(busy) as server, Worker(plan(server.url, seconds=30)) as worker:
        worker.start()
        worker.wait_total("sent", 60)
        if paused:
            worker.say(Pause())
        said_at = time.monotonic()
        worker.say(Abort())
        worker.wait_for(lambda ms: ms[-1].final, 10)
        time.sleep(max(0.0, said_at + AT_ONCE_SECONDS + 2 * RETRY_SECONDS - time.monotonic()))
        assert not [at for at, _ in server.arrivals if at > said_at + AT_ONCE_SECONDS]
        sums = worker.finish()
    assert_conserved(sums.reports)
    assert sums.decided == 0
    assert sums.reports[-1].failed > 0, "retries were still to come"


@pytest.mark.parametrize("command", [Abort(), None])
def test_a_worker_that_never_started_can_be_ended(command):
    with Server() as server, Worker(plan(server.url)) as worker:
        worker.ready()
        if command is None:
            sums = worker.stop()
        else:
            worker.say(command)
            sums = worker.finish()
    assert (sums.due, sums.sent, server.arrivals) == (0, 0, [])


def test_a_pause_before_the_start_holds_the_start():
    with Server() as server, Worker(plan(server.url, seconds=1, mix="realistic")) as worker:
        worker.ready()
        worker.say(Pause())
        worker.start()
        worker.wait_for(lambda ms: len(ms) > 3)
        assert server.arrivals == []
        worker.say(Resume())
        assert worker.finish().decided == 200


@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_ends_when_its_parents_pipe_does(busy):
    with Server() as server, Worker(plan(server.url, seconds=60)) as worker:
        worker.start()
        worker.wait_total("sent", 10)
        if busy:
            server.stall(60)
        worker.process.stdin.close()
        worker.process.wait(10)


def test_a_worker_does_not_outlive_a_parent_that_is_killed():
    script = (
        "import sys, subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'engine.load.worker'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)\n"
        "child.stdin.write(sys.argv[1].encode() + b'\\n'); child.stdin.flush()\n"
        "child.stdout.read(4)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with Server() as server:
        line = msgspec.json.encode(plan(server.url, seconds=60)).decode()
        with subprocess.Popen([sys.executable, "-c", script, line], stdout=subprocess.PIPE) as app:
            worker = psutil.Process(int(app.stdout.readline()))
            app.send_signal(signal.SIGKILL)
        gone, alive = psutil.wait_procs([worker], timeout=10)
    assert [process.pid for process in gone] == [worker.pid]
    assert alive == []


def test_an_app_that_does_not_read_does_not_hold_up_the_load():
    changes = {"tick_seconds": 0.01, "mix": "realistic"}
    with Server() as server, Worker(plan(server.url, 500, 4, **changes)) as worker:
        worker.start()
        worker.wait_total("sent", 20)
        worker.reading.clear()
        deadline = time.monotonic() + 30
        while len(server.arrivals) < 2000 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(server.arrivals) == 2000
        worker.reading.set()
        sums = worker.finish()
    assert_conserved(sums.reports)
    assert sorted(sums.acknowledged) == list(range(2000))
    assert sums.lateness.count == sums.queue.count == sums.response.count == 2000
    instants = [at for at, _ in server.arrivals]
    longest_gap = max(after - before for before, after in pairwise(instants))
    assert longest_gap < (instants[-1] - instants[0]) / 4, "it did not read for nearly all of it"
    ticks = [report.tick for report in sums.reports]
    assert len(ticks) < ticks[-1], "the pipe never backed up"


def test_a_worker_that_was_kept_from_running_owns_up_and_reports_every_tick():
    with Server() as server, Worker(plan(server.url, 200, 2, mix="realistic")) as worker:
        worker.start()
        worker.wait_total("decided", 40)
        worker.process.send_signal(signal.SIGSTOP)
        time.sleep(0.6)
        worker.process.send_signal(signal.SIGCONT)
        sums = worker.finish()
    assert [report.tick for report in sums.reports] == list(range(len(sums.reports)))
    assert sums.due == sums.decided == 400
    assert max(report.loop_lag_ms_now for report in sums.reports) > 500
    assert sums.lateness.max_ms > 500
    assert sums.queue.max_ms >= sums.lateness.max_ms
    assert sums.service.quantile_ms(50) < sums.lateness.max_ms / 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sender": "engine.load.senders.fast_http:nothing"}, "module:callable"),
        ({"sender": "no.such.module:create"}, "no.such.module"),
        ({"url": "https://127.0.0.1:1"}, "address like http://"),
        ({"profile": {"profile_type": "sustained"}}, "sustained_tps"),
        ({"mix": "wild"}, "wild"),
    ],
)
def test_a_plan_that_cannot_run_is_one_message(changes, message):
    with Server() as server, Worker(plan(**{"url": server.url} | changes)) as worker:
        failed = worker.failure()
        assert worker.process.wait(30) == 2
    assert message in failed.message
    assert server.arrivals == []


def test_a_target_that_is_not_there_is_one_message():
    with unused_port() as port, Worker(plan(f"http://127.0.0.1:{port}")) as worker:
        assert "start the target" in worker.failure().message
        assert worker.process.wait(30) == 2


def test_a_first_line_that_is_no_plan_is_one_message():
    with Worker(Start(0)) as worker:
        assert "must be a plan" in worker.failure().message
        assert worker.process.wait(30) == 2


def test_a_worker_loads_nothing_heavy():
    probe = (
        "import engine.load.worker, engine.load.senders.fast_http, sys\n"
        "heavy = {'pandas', 'streamlit', 'lightgbm', 'boto3', 'onnxruntime', 'plotly', 'aiohttp'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.strip() == "[]"
