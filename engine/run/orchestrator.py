"""The one that acts: one orchestrator is one run, in a thread of its own.

Commands come from any thread: they are checked against the table of `engine.run.states` at once, so
that a mistake is told to whoever made it, and are carried out by the run's thread. What must take
effect in time, a pause, its end, an emergency stop and a change of rate, reaches the workers
directly, whatever the run's thread is doing; that thread then says so and follows.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from engine.metrics.view import RunView
from engine.model.control import Redrive
from engine.model.errors import IllegalTransitionError, LimelightError
from engine.model.event import EventKind
from engine.model.fault import FailureScenario, FailureType
from engine.model.results import RateChange, RunSummary, TestStatus
from engine.model.run import RunMeta, RunProgress
from engine.model.tick import Tick
from engine.run.announcer import Announcer
from engine.run.commands import AT_ONCE, ClearFaults, Command
from engine.run.conclusion import Ending, conclude
from engine.run.events import EventLog
from engine.run.fault_control import FaultControl, Scene
from engine.run.look import look, progress
from engine.run.plan import RunPlan
from engine.run.rates import told
from engine.run.rig import Parts, Rig
from engine.run.states import Event, after, allow

TARGET_GRACE_SECONDS = 10.0
WATCHED_TICKS = 80
HEARTBEAT_TICKS = 4
_LAST_EVENT = {
    TestStatus.COMPLETED: Event.COMPLETE,
    TestStatus.FAILED: Event.FAIL,
    TestStatus.CANCELLED: Event.CANCEL,
}
T = TypeVar("T")
_log = logging.getLogger(__name__)


class StressTestOrchestrator:
    """One run of one plan; what it starts, it ends."""

    def __init__(self, plan: RunPlan, parts: Parts) -> None:
        self.plan = plan
        self.view = RunView(meta=None, status=TestStatus.NOT_STARTED)
        self._rig = Rig(plan, parts)
        self._store, self._buffer, self._changed = parts.store, parts.buffer, parts.changed
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._status = TestStatus.NOT_STARTED
        self._ending = Ending(TestStatus.COMPLETED)
        self._target_lost_at: float | None = None
        self._meta: RunMeta | None = None
        self._events = EventLog(self._rig.now, lambda event: parts.store.event(plan.run_id, event))
        self._faults = FaultControl((), None, self._events.add)
        self._alerts = Announcer(plan.config.max_cost_per_hour, self._events.add)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"run {plan.run_id}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._move(Event.START)
        self._thread.start()

    def request(self, event: Event) -> None:
        """Ask for pause, resume, stop or emergency stop; raises IllegalTransitionError."""
        with self._lock:  # or the workers could be told after the run has moved on
            after(self._status, event)
            self._commands.put(event)
            if event in AT_ONCE:
                self._rig.command(AT_ONCE[event]())

    def inject(self, fault: FailureScenario) -> None:
        """Ask for a fault by hand, now; raises IllegalTransitionError unless it may be."""
        allow(self._status, "inject a fault into", TestStatus.RUNNING)
        if not self.plan.config.enable_failure_injection:
            msg = "cannot inject a fault: enable_failure_injection is false in this run's settings"
            raise IllegalTransitionError(msg)
        self._commands.put(fault)

    def clear_faults(self, only: FailureType | None = None) -> None:
        """End all faults, or those of one type; raises IllegalTransitionError unless under way."""
        allow(self._status, "clear the faults of", TestStatus.RUNNING, TestStatus.PAUSED)
        self._commands.put(ClearFaults(only))

    def set_rate(self, factor: float) -> None:
        """From a moment on offer the planned rate times this, until the next change.

        Raises:
            IllegalTransitionError: The run is neither running nor paused.
            ConfigurationError: The factor is out of bounds.
        """
        allow(self._status, "change the rate of", TestStatus.RUNNING, TestStatus.PAUSED)
        self._commands.put(self._rig.crew.set_rate(factor))

    def redrive(self) -> None:
        """Have the dead letters sent again now; raises IllegalTransitionError unless running."""
        allow(self._status, "redrive the dead letters of", TestStatus.RUNNING)
        self._rig.command(Redrive())
        self._commands.put(Redrive())

    def wait(self, timeout_seconds: float | None = None) -> RunSummary | None:
        """Wait for the end; the summary, or None if there is none by then."""
        self._done.wait(timeout_seconds)
        return self.view.summary

    def _run(self) -> None:
        summary = None
        try:
            self._guarded(self._conduct)
            self._guarded(self._drain)
            summary = self._guarded(self._conclude)
        finally:
            self._guarded(self._rig.close)
            try:
                self._move(_LAST_EVENT[self._ending.status], summary)
            finally:
                self._done.set()

    def _guarded(self, part: Callable[[], T]) -> T | None:
        """Do one part of the run; whatever goes wrong is said, and the next part is done."""
        try:
            return part()
        except LimelightError as error:
            self._break(str(error))
        except Exception as error:  # noqa: BLE001 - the run ends in order whatever went wrong
            _log.exception("run %s broke", self.plan.run_id)
            self._break(f"the engine broke: {error!r}")
        return None

    def _conduct(self) -> None:
        self._initialize()
        while self._status in {TestStatus.RUNNING, TestStatus.PAUSED}:
            self._step()

    def _initialize(self) -> None:
        self._buffer.reset()
        self._meta = self._rig.start_target()
        self._store.create(self._meta)
        self._faults = FaultControl(
            self.plan.scaled.failure_scenarios, self._rig.target.injector(), self._events.add
        )
        self._rig.start_load(self._meta.target)
        self._obey()
        if self._status is TestStatus.INITIALIZING:
            self._move(Event.READY)
            self._events.add(EventKind.STATE, "load starts")

    def _step(self) -> None:
        self._obey()
        self._rig.collect(self._events.add)
        self._faults.step(self._rig.now(), self._rig.report(), self._rig.ticker.p99)
        if self._rig.tick_ready():
            self._close_tick()
            self._look_ahead()

    def _obey(self) -> None:
        while not self._commands.empty():
            command = self._commands.get()
            if isinstance(command, FailureScenario):
                self._begin_fault(command, by_hand=True)
            elif isinstance(command, Redrive):
                self._events.add(EventKind.OPERATOR, "redrive of the dead letters")
            elif isinstance(command, ClearFaults):
                self._events.add(EventKind.OPERATOR, command.told)
                self._faults.clear_all(self._rig.now(), command.only)
            elif isinstance(command, RateChange):
                self._events.add(EventKind.OPERATOR, told(command), **command.model_dump())
            else:
                self._try(command)

    def _try(self, event: Event) -> None:
        try:
            self._move(event)
        except LimelightError as error:
            self._events.add(EventKind.WARNING, str(error))
        else:
            self._act(event)

    def _act(self, event: Event) -> None:
        self._events.add(EventKind.OPERATOR, event.value)
        if event not in {Event.PAUSE, Event.RESUME}:
            emergency = event is Event.EMERGENCY_STOP
            cancelled = Ending(TestStatus.CANCELLED, f"ended by {event.value}", emergency)
            failed = self._ending.status is TestStatus.FAILED
            self._ending = replace(self._ending, emergency=emergency) if failed else cancelled

    def _close_tick(self) -> Tick:
        ticker = self._rig.ticker
        tick = self._rig.close_tick(self._faults.active)
        number = int(tick.tick)
        self._store.append(self.plan.run_id, tick, ticker.aggregator.tick_histograms(number))
        self._buffer.append(tick)
        self._faults.watch(self._buffer.frame(WATCHED_TICKS), tick.t_seconds, ticker.p99)
        self._alerts.look(tick)
        going_on = self._status in {TestStatus.RUNNING, TestStatus.PAUSED}
        self._publish(look(self.view, self._rig, tick, self._alerts.doubts, going_on=going_on))
        if number % HEARTBEAT_TICKS == HEARTBEAT_TICKS - 1:
            self._faults.score(self._buffer.frame, tick.t_seconds)
            self._store.heartbeat(self.plan.run_id, self._status, self._progress())
        return tick

    def _look_ahead(self) -> None:
        aggregator = self._rig.ticker.aggregator
        for due in self._faults.schedule.due(aggregator.clock_seconds):
            self._begin_fault(due.fault, by_hand=due.by_hand)
        if self._rig.crew.lost == self.plan.workers:
            self._break("every load worker ended before the plan did")
        elif not self._rig.target.alive():
            self._target_lost()
        elif self._status is TestStatus.RUNNING and self._plan_over():
            self._move(Event.PLAN_ENDED)

    def _plan_over(self) -> bool:
        aggregator = self._rig.ticker.aggregator
        return aggregator.finished or aggregator.clock_seconds >= self.plan.duration_seconds

    def _target_lost(self) -> None:
        """Go on for a while, so that the room sees it; nothing that started it is left to heal."""
        now = self._rig.now()
        if self._target_lost_at is None:
            self._target_lost_at = now
            self._events.add(EventKind.ALERT, "the target is gone: none of its processes is left")
        if self._plan_over() or now - self._target_lost_at > TARGET_GRACE_SECONDS:
            self._break("the target was gone and did not come back")

    def _begin_fault(self, spec: FailureScenario, *, by_hand: bool) -> None:
        scene = Scene(
            now=self._rig.now(),
            paused=self._rig.ticker.aggregator.paused_seconds,
            ticks=self._buffer.frame(WATCHED_TICKS),
            p99=self._rig.ticker.p99,
            report=self._rig.report(),
        )
        self._faults.begin(spec, scene, by_hand=by_hand)

    def _break(self, why: str) -> None:
        self._ending = Ending(TestStatus.FAILED, why, self._ending.emergency)
        if self._status is not TestStatus.STOPPING:
            self._move(Event.BREAK)
        self._events.add(EventKind.ERROR, why)

    def _drain(self) -> None:
        self._faults.clear_all(self._rig.now())
        self._rig.drain(at_once=self._at_once, close_tick=self._close_tick, log=self._events.add)

    def _conclude(self) -> RunSummary | None:
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
                self._move(Event.EMERGENCY_STOP)
                self._act(Event.EMERGENCY_STOP)
        return self._ending.emergency

    def _progress(self) -> RunProgress:
        return progress(self._rig, self._faults.records(), self.view.nodes)

    def _publish(self, view: RunView) -> None:
        self.view = replace(
            view,
            meta=self._meta,
            status=self._status,
            faults=(faults := tuple(self._faults.records())),
            resilience=self._alerts.resilience(faults),
            waiting_faults=self._faults.schedule.waiting,
            events=tuple(self._events.events),
            rate_changes=self._rig.crew.rates.changes,
            degraded=tuple(self._rig.crew.degraded),
        )
        if self.plan.config.enable_real_time_metrics or self._status.final:
            self._changed()

    def _move(self, event: Event, summary: RunSummary | None = None) -> None:
        with self._lock:
            self._status = after(self._status, event)
        view = self.view
        if summary is not None:
            view = replace(view, summary=summary, journal=summary.journal)
        self._publish(view)
