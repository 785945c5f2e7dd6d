"""The one that acts: one orchestrator is one run, in a thread of its own.

Commands come from any thread: they are checked against the table of `engine.run.states` at once, so
that a mistake is told to whoever made it, and are carried out by the run's thread. An emergency
stop reaches the workers directly, whatever the run's thread is doing.
"""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import replace

from engine.analysis.alerts import Level, Watch
from engine.analysis.cost import vcpu_hour_usd
from engine.metrics.view import RunView
from engine.model.control import Abort, Pause, Resume
from engine.model.errors import LimelightError
from engine.model.event import EventKind
from engine.model.fault import FailureScenario
from engine.model.results import RunSummary, TestStatus
from engine.model.run import RunMeta, RunProgress
from engine.model.tick import Tick
from engine.run.conclusion import Ending, conclude
from engine.run.events import EventLog
from engine.run.fault_control import FaultControl
from engine.run.plan import RunPlan
from engine.run.rig import Parts, Rig
from engine.run.states import Event, after

TARGET_GRACE_SECONDS = 10.0
WATCHED_TICKS = 80
HEARTBEAT_TICKS = 4

_LAST_EVENT = {
    TestStatus.COMPLETED: Event.COMPLETE,
    TestStatus.FAILED: Event.FAIL,
    TestStatus.CANCELLED: Event.CANCEL,
}
_log = logging.getLogger(__name__)


class StressTestOrchestrator:
    """One run of one plan; what it starts, it ends."""

    def __init__(self, plan: RunPlan, parts: Parts) -> None:
        self.plan = plan
        self.view = RunView(meta=None, status=TestStatus.NOT_STARTED)
        self._rig = Rig(plan, parts)
        self._store, self._buffer, self._changed = parts.store, parts.buffer, parts.changed
        self._commands: queue.SimpleQueue[Event | FailureScenario] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._status = TestStatus.NOT_STARTED
        self._ending = Ending(TestStatus.COMPLETED)
        self._target_lost_at: float | None = None
        self._meta: RunMeta | None = None
        self._events = EventLog(self._rig.now, lambda event: parts.store.event(plan.run_id, event))
        self._faults = FaultControl((), None, self._events.add)
        self._alerts = Watch(plan.config.max_cost_per_hour, float(vcpu_hour_usd().value or 0))
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"run {plan.run_id}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._move(Event.START)
        self._thread.start()

    def request(self, event: Event) -> None:
        """Ask for pause, resume, stop or emergency stop; raises IllegalTransitionError."""
        after(self._status, event)
        self._commands.put(event)
        if event is Event.EMERGENCY_STOP:
            self._rig.command(Abort())

    def inject(self, fault: FailureScenario) -> None:
        """Ask for a fault by hand, now; raises LimelightError unless the run is running."""
        if self._status is not TestStatus.RUNNING:
            msg = f"cannot inject a fault into a run that is {self._status.value.replace('_', ' ')}"
            raise LimelightError(msg)
        self._commands.put(fault)

    def wait(self, timeout_seconds: float | None = None) -> RunSummary | None:
        """Wait for the end; the summary, or None if there is none by then."""
        self._done.wait(timeout_seconds)
        return self.view.summary

    def _run(self) -> None:
        summary = None
        try:
            self._initialize()
            while self._status in {TestStatus.RUNNING, TestStatus.PAUSED}:
                self._step()
        except LimelightError as error:
            self._break(str(error))
        except Exception as error:  # noqa: BLE001 - the run ends in order whatever went wrong
            _log.exception("run %s broke", self.plan.run_id)
            self._break(f"the engine broke: {error!r}")
        try:
            summary = self._wind_up()
        except Exception as error:  # noqa: BLE001 - processes are ended and the page told regardless
            _log.exception("run %s could not be concluded", self.plan.run_id)
            self._ending = Ending(TestStatus.FAILED, f"the run could not be concluded: {error!r}")
        finally:
            self._rig.close()
            self._move(_LAST_EVENT[self._ending.status], summary)
            self._done.set()

    def _initialize(self) -> None:
        self._buffer.reset()
        self._meta = self._rig.start_target()
        self._store.create(self._meta)
        self._faults = FaultControl(
            self.plan.scaled.failure_scenarios, self._rig.target.injector(), self._events.add
        )
        self._rig.start_load(self._meta.target.url)
        self._obey()
        if self._status is TestStatus.INITIALIZING:
            self._move(Event.READY)
            self._events.add(EventKind.STATE, "load starts")

    def _step(self) -> None:
        self._obey()
        self._rig.collect(self._events.add)
        self._faults.step(self._rig.now(), self._rig.ticker.flow.latest)
        if self._rig.tick_ready():
            self._close_tick()
            self._look_ahead()

    def _obey(self) -> None:
        while not self._commands.empty():
            command = self._commands.get()
            if isinstance(command, FailureScenario):
                self._begin_fault(command, by_hand=True)
                continue
            try:
                self._move(command)
            except LimelightError as error:
                self._events.add(EventKind.WARNING, str(error))
                continue
            self._act(command)

    def _act(self, event: Event) -> None:
        self._events.add(EventKind.OPERATOR, event.value)
        if event is Event.PAUSE:
            self._rig.command(Pause())
        elif event is Event.RESUME:
            self._rig.command(Resume())
        else:
            emergency = event is Event.EMERGENCY_STOP
            self._ending = Ending(TestStatus.CANCELLED, f"ended by {event.value}", emergency)

    def _close_tick(self) -> Tick:
        ticker = self._rig.ticker
        tick = ticker.close(self._faults.active, self._rig.target.alive())
        number = int(tick.tick)
        self._store.append(self.plan.run_id, tick, ticker.aggregator.tick_histograms(number))
        self._buffer.append(tick)
        self._faults.watch(self._buffer.frame(WATCHED_TICKS), tick.t_seconds, ticker.p99)
        for alert in self._alerts.look(tick):
            critical = alert.level is Level.CRITICAL
            self._events.add(EventKind.ALERT if critical else EventKind.WARNING, alert.message)
        self._publish(self._look(tick))
        if number % HEARTBEAT_TICKS == HEARTBEAT_TICKS - 1:
            self._store.heartbeat(self.plan.run_id, self._status, self._progress())
        return tick

    def _look_ahead(self) -> None:
        aggregator = self._rig.ticker.aggregator
        for due in self._faults.schedule.due(aggregator.clock_seconds):
            self._begin_fault(due.fault, by_hand=due.by_hand)
        if self._rig.workers_lost == self.plan.workers:
            self._break("every load worker ended before the plan did")
        elif aggregator.clock_seconds >= self.plan.duration_seconds or aggregator.finished:
            if self._status is TestStatus.RUNNING:
                self._move(Event.PLAN_ENDED)
        elif not self._rig.target.alive():
            self._wait_for_target()

    def _wait_for_target(self) -> None:
        now = self._rig.now()
        if self._target_lost_at is None:
            self._target_lost_at = now
            self._events.add(EventKind.ALERT, "the target is gone: none of its processes is left")
        elif now - self._target_lost_at > TARGET_GRACE_SECONDS:
            self._break("the target was gone and did not come back")

    def _begin_fault(self, spec: FailureScenario, *, by_hand: bool) -> None:
        self._faults.begin(
            spec,
            by_hand=by_hand,
            now=self._rig.now(),
            ticks=self._buffer.frame(WATCHED_TICKS),
            p99=self._rig.ticker.p99,
            report=self._rig.ticker.flow.latest if self._rig.target.alive() else None,
        )

    def _break(self, why: str) -> None:
        self._events.add(EventKind.ERROR, why)
        self._ending = Ending(TestStatus.FAILED, why)
        if self._status is not TestStatus.STOPPING:
            self._move(Event.BREAK)

    def _wind_up(self) -> RunSummary | None:
        self._faults.clear_all(self._rig.now())
        self._rig.drain(at_once=self._at_once, close_tick=self._close_tick, log=self._events.add)
        self._rig.close()
        if self._meta is None:
            return None
        return conclude(
            self._meta,
            self._rig.ticker,
            self._rig.target,
            self._store,
            self._progress(),
            self._ending,
        )

    def _at_once(self) -> bool:
        while not self._commands.empty():
            if self._commands.get() is Event.EMERGENCY_STOP:
                self._ending = Ending(TestStatus.CANCELLED, "ended by emergency stop", True)
        return self._ending.emergency

    def _progress(self) -> RunProgress:
        return RunProgress(
            faults=self._faults.records(),
            confusion=dict(self._rig.ticker.aggregator.confusion),
            cpu_seconds=self._rig.ticker.cpu_seconds(),
            nodes=list(self.view.nodes),
            workers_lost=self._rig.workers_lost,
        )

    def _look(self, tick: Tick) -> RunView:
        ticker = self._rig.ticker
        going_on = self._status in {TestStatus.RUNNING, TestStatus.PAUSED}
        return replace(
            self.view,
            clock_seconds=ticker.aggregator.clock_seconds,
            tick=tick,
            totals=dict(ticker.aggregator.totals),
            confusion=dict(ticker.aggregator.confusion),
            cpu_seconds=ticker.cpu_seconds(),
            nodes=self._rig.nodes() if going_on else self.view.nodes,
            exchange=ticker.aggregator.exchange,
        )

    def _publish(self, view: RunView) -> None:
        self.view = replace(
            view,
            meta=self._meta,
            status=self._status,
            faults=tuple(self._faults.records()),
            waiting_faults=self._faults.schedule.waiting,
            events=tuple(self._events.events),
        )
        if self.plan.config.enable_real_time_metrics or self._status.final:
            self._changed()

    def _move(self, event: Event, summary: RunSummary | None = None) -> None:
        with self._lock:
            self._status = after(self._status, event)
        view = self.view
        if summary is not None:
            view = replace(
                view,
                summary=summary,
                journal=summary.journal,
                warnings=tuple(summary.warnings),
            )
        self._publish(view)
