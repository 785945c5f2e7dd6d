"""Fakes of the engine's ports: target, load workers, store and clock of a run without a machine.

Time passes only where a run sleeps, so a run of a minute takes milliseconds and ends the same way
every time. What a fake was asked to do is kept, and each can be told to fail.
"""

import threading
from dataclasses import astuple

import numpy as np

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.measure.histogram import Histogram
from engine.model.control import Abort, Pause, Resume, SetRate, Start, Stop, TakeOver, WorkerReport
from engine.model.errors import StoreError, TargetError
from engine.model.results import Target
from engine.model.scenario import LoadProfile
from engine.model.tick import COLUMNS
from engine.ports import JournalRows, WorkerLost


class JumpingClock:
    """A clock that goes on when it is slept on, by `jump` seconds more in the sleep after `at`."""

    def __init__(self, at=float("inf"), jump=0.0):
        self._now_ns = 1_000_000_000
        self._jump_at_ns, self._jump_ns = self._now_ns + at * 1e9, round(jump * 1e9)

    def monotonic_ns(self):
        return self._now_ns

    def sleep(self, seconds):
        self._now_ns += round(seconds * 1e9)
        if self._now_ns >= self._jump_at_ns:
            self._now_ns += self._jump_ns
            self._jump_at_ns = float("inf")


class FakeWorker:
    """One worker: what it offers, how far it is with it, and how often it took something over."""

    def __init__(self, plan):
        self.plan, self.takeovers, self.lost = plan, 0, False
        self._profile = Profile(
            LoadProfile.model_validate(plan.profile), plan.duration_seconds, plan.seed
        )
        self._pacer = Pacer(self._profile)
        self._classes = [[plan.share, plan.shares, 0, 0.0]]  # the third: arrivals gone through

    def obey(self, command):
        if isinstance(command, SetRate):
            self._pacer = Pacer(self._profile.changed(command.changes))
        elif isinstance(command, TakeOver):
            done = self._pacer.count_by(command.since_seconds)
            self._classes.append([command.share, command.shares, done, command.from_seconds])
            self.takeovers += 1

    def due(self, until):
        """The numbers due by this second and not gone through yet, and how many it left out."""
        offered, left_out = [], 0
        for one in self._classes:
            share, shares, done, begins = one
            one[2] = max(done, self._pacer.count_by(until))
            numbers = np.arange(done, one[2])
            numbers = numbers[numbers % shares == share]
            skipped = np.count_nonzero(numbers < self._pacer.count_by(begins))
            offered += numbers[skipped:].tolist()
            left_out += skipped
        return offered, left_out


class FakeFleet:
    """Workers whose every arrival is decided the moment it is due, reported tick by tick.

    Attributes:
        commands: Everything they were told, in order.
        obeys_stop: False if only an abort ends them.
        loses: Shares of workers that are lost, each with the second of its last report.
        told: Called with every command, after it was taken.
        decided: All arrival numbers decided so far.
    """

    def __init__(self, clock, *, obeys_stop=True, told=lambda command: None, loses=()):
        self.clock, self.obeys_stop, self.told, self.loses = clock, obeys_stop, told, dict(loses)
        self.commands, self.workers, self.decided = [], {}, []
        self.closed = False
        self._started_ns = None
        self._ended, self._final, self._tick = False, False, 0
        self._paused, self._seconds = False, 0.0

    def start(self, plans):
        self.workers = {plan.share: FakeWorker(plan) for plan in plans}
        self._plan = plans[0]

    def command(self, command, share=None):
        self.commands.append(command)
        if isinstance(command, Start):
            self._started_ns = command.at_ns
        elif isinstance(command, Abort) or (isinstance(command, Stop) and self.obeys_stop):
            self._ended = True
        elif isinstance(command, Pause | Resume):
            self._paused = isinstance(command, Pause)
        for worker in self.workers.values() if share is None else [self.workers[share]]:
            worker.obey(command)
        self.told(command)

    def poll(self):
        if self._started_ns is None or self._final:
            return []
        messages = []
        while self._end_ns(self._tick) <= self.clock.monotonic_ns() and not self._ended:
            self._seconds += 0 if self._paused else self._plan.tick_seconds
            self._seconds = min(self._seconds, self._plan.duration_seconds)
            messages += [self._report(worker) for worker in self._living()]
            self._tick += 1
            messages += [WorkerLost(worker.plan.share, "a test lost it") for worker in self._die()]
        if self._ended:
            messages += [self._report(worker, final=True) for worker in self._living()]
            self._final = True
        return messages

    def close(self):
        self.closed = True

    def _living(self):
        return [worker for worker in self.workers.values() if not worker.lost]

    def _die(self):
        dying = [
            worker
            for worker in self._living()
            if self._seconds >= self.loses.get(worker.plan.share, float("inf"))
        ]
        for worker in dying:
            worker.lost = True
        return dying

    def _end_ns(self, tick):
        return self._started_ns + round((tick + 1) * self._plan.tick_seconds * 1e9)

    def _report(self, worker, *, final=False):
        numbers, left_out = ([], 0) if final else worker.due(self._seconds)
        self.decided += numbers
        count, latency = len(numbers), Histogram()
        latency.record(np.full(count, 2_000))
        return WorkerReport(
            share=worker.plan.share,
            tick=self._tick,
            schedule_seconds=self._seconds,
            due=count,
            sent=count,
            dropped=0,
            decided=count,
            rejected=0,
            failed=0,
            backlog_now=0,
            in_flight_now=0,
            attempts=count,
            answer_mismatches=0,
            outcomes={"ok": count},
            decisions={"APPROVE": count},
            confusion={"legitimate:APPROVE": count},
            fraud_value_usd={},
            response=latency.sparse(),
            service=latency.sparse(),
            lateness=latency.sparse(),
            queue=latency.sparse(),
            not_offered=left_out,
            acknowledged=np.asarray(numbers, dtype=np.uint32).tobytes(),
            cpu_seconds=0.01,
            rss_bytes_now=1,
            loop_lag_ms_now=0.1,
            connections_now=1,
            final=final,
            accounted_seconds=(self._seconds,) * (1 + worker.takeovers),
        )


class FakeTarget:
    """A target without a process; its journal holds what `fleet` decided.

    Attributes:
        problem: What it says when it is started, if it cannot start.
        lives: Whether it can still answer; may be changed during a run.
    """

    def __init__(self, fleet, *, problem=None, lives=True):
        self.fleet, self.problem, self.lives = fleet, problem, lives
        self.closed = self.discarded = False
        self.evidence = None

    def start(self, run_id):
        if self.problem is not None:
            raise TargetError(self.problem)
        return Target(
            name="Fake",
            kind="loopback",
            line="Target: a fake of the tests",
            url="http://127.0.0.1:1/v1/transactions",
            has_journal=True,
            has_faults=False,
            has_telemetry=False,
        )

    def poll(self):
        return None

    def agents(self):
        return ()

    def injector(self):
        return None

    def alive(self):
        return self.lives

    def journal(self, id_prefix):
        return JournalRows(np.array(self.fleet.decided, dtype=np.uint32), applied_twice=0)

    def discard(self):
        self.discarded = True

    def keep_evidence(self, run_id):
        self.evidence = run_id

    def close(self):
        self.closed = True


class FakeStore:
    """A store in memory; the methods named in `fails` raise StoreError, `append` from `after` on.

    Attributes:
        written: What it was asked to keep, by method.
    """

    MESSAGE = "results.sqlite: the disk is full"

    def __init__(self, *fails, after=0):
        self._fails, self._after = fails, after
        self.written = {name: [] for name in ("create", "append", "event", "heartbeat", "finish")}
        self._latencies = []
        self._lock = threading.Lock()

    def create(self, meta):
        self._write("create", meta)

    def append(self, run_id, tick, latencies):
        self._write("append", tick)
        self._latencies.append(latencies)

    def event(self, run_id, event):
        self._write("event", event)

    def heartbeat(self, run_id, status, progress):
        self._write("heartbeat", progress)

    def finish(self, run_id, progress, summary):
        self._write("finish", summary)

    def rows(self, run_id):
        ticks = [astuple(tick) for tick in self.written["append"]]
        return np.array(ticks, dtype=float).reshape(-1, len(COLUMNS))

    def histograms(self, run_id):
        return list(self._latencies)

    def _write(self, name, what):
        with self._lock:
            kept = self.written[name]
            if name in self._fails and len(kept) >= self._after:
                raise StoreError(self.MESSAGE)
            kept.append(what)
