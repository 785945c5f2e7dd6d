"""A worker as the app runs it: a child process, commands down, frames up."""

import contextlib
import subprocess
import sys
import threading
import time

import msgspec

from engine.measure.frames import FrameReader
from engine.measure.histogram import Histogram
from engine.model.control import (
    Start,
    Stop,
    WorkerFailed,
    WorkerMessage,
    WorkerPlan,
    WorkerReady,
    WorkerReport,
)

SUSTAINED = {"profile_type": "sustained"}
SUMMED = ("due", "sent", "dropped", "decided", "rejected", "failed", "attempts")
LETTERS = (
    "dead_lettered",
    "redriven",
    "redrive_failed",
    "stranded",
    "retries_refused",
    "breaker_trips",
    "breaker_recoveries",
)
MEASURED = ("response", "service", "lateness", "queue")
ALL_RETRIES = {"retry_ratio": 2.0, "breaker": False}  # nothing spares the target
COUNTED = ("outcomes", "decisions", "confusion", "fraud_value_usd")

_decode = msgspec.msgpack.Decoder(WorkerMessage).decode


def plan(url, tps=200, seconds=1.0, **changes):
    fields = {
        "run_id": "test",
        "id_prefix": "0a1b2c3d-",
        "seed": 7,
        "share": 0,
        "shares": 1,
        "profile": SUSTAINED | {"sustained_tps": tps},
        "duration_seconds": seconds,
        "mix": "stress",
        "sender": "engine.load.senders.fast_http:create",
        "url": url,
        "connections": 16,
    }
    return WorkerPlan(**fields | changes)


class Worker:
    """One worker process; as a context manager it leaves nothing behind."""

    def __init__(self, plan):
        self.reading = threading.Event()
        self.reading.set()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.load.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.messages = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.say(plan)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.reading.set()
        self.process.kill()
        self.process.wait(30)
        self._reader.join(30)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _read(self):
        frames = FrameReader()
        while data := self.process.stdout.read1(65536):
            self.reading.wait()
            with self._changed:
                self.messages += [_decode(body) for body in frames.feed(data)]
                self._changed.notify_all()

    def say(self, command):
        self.process.stdin.write(msgspec.json.encode(command) + b"\n")
        self.process.stdin.flush()

    def wait_for(self, condition, timeout=30.0):
        """Wait until the messages so far fulfil a condition; return what it returned."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.messages), timeout), (
                self.messages[-3:],
                self.process.poll(),
            )
            return condition(self.messages)

    def ready(self):
        return self.wait_for(lambda ms: [m for m in ms if isinstance(m, WorkerReady)])[0]

    def failure(self):
        return self.wait_for(lambda ms: [m for m in ms if isinstance(m, WorkerFailed)])[0]

    def start(self, after_seconds=0.05):
        start_all([self], after_seconds)

    def kill(self):
        """As the system would, and read what it had still said."""
        self.process.kill()
        self.process.wait(30)
        self._reader.join(30)

    @property
    def reports(self):
        with self._changed:
            return [m for m in self.messages if isinstance(m, WorkerReport)]

    def total(self, name):
        return sum(getattr(report, name) for report in self.reports)

    def wait_total(self, name, least, timeout=30.0):
        self.wait_for(
            lambda ms: sum(getattr(m, name) for m in ms if isinstance(m, WorkerReport)) >= least,
            timeout,
        )

    def finish(self, timeout=60.0):
        """Wait for the final report and the end; return the run's sums."""
        self.wait_for(lambda ms: ms and getattr(ms[-1], "final", False), timeout)
        assert self.process.wait(30) == 0, self.process.stderr.read().decode()
        return Sums(self.reports)

    def stop(self):
        self.say(Stop())
        return self.finish()


def start_all(workers, after_seconds=0.05):
    """Start them on one schedule."""
    for worker in workers:
        worker.ready()
    at_ns = time.monotonic_ns() + round(after_seconds * 1e9)
    for worker in workers:
        worker.at_ns = at_ns
        worker.say(Start(at_ns))


class Sums:
    """What the reports of one worker, or of several, add up to."""

    def __init__(self, reports):
        self.reports = reports
        for name in (*SUMMED, *LETTERS, "answer_mismatches", "not_offered"):
            setattr(self, name, sum(getattr(report, name) for report in reports))
        for name in COUNTED:
            setattr(self, name, _added(getattr(report, name) for report in reports))
        for name in MEASURED:
            histogram = Histogram()
            for report in reports:
                histogram.add_sparse(getattr(report, name))
            setattr(self, name, histogram)
        self.acknowledged = [
            int.from_bytes(report.acknowledged[i : i + 4], "little")
            for report in reports
            for i in range(0, len(report.acknowledged), 4)
        ]


def _added(counters):
    total = {}
    for counter in counters:
        for key, count in counter.items():
            total[key] = total.get(key, 0) + count
    return total


def assert_conserved(reports):
    """All laws in every report, over the sums up to it."""
    sums = dict.fromkeys((*SUMMED, *LETTERS), 0)
    for report in reports:
        for name in sums:
            sums[name] += getattr(report, name)
        assert sums["due"] == sums["sent"] + sums["dropped"] + report.backlog_now, report
        ended = sums["decided"] + sums["rejected"] + sums["failed"]
        assert sums["sent"] == ended + report.in_flight_now, report
        assert sums["failed"] == sums["dead_lettered"], report
        over = sums["redriven"] + sums["stranded"]
        assert sums["dead_lettered"] == over + report.dead_letters_now, report
    assert reports[-1].backlog_now == reports[-1].in_flight_now == 0
