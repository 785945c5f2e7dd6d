"""One worker's run in time: takes what is due, reports every tick, pauses, drains and ends.

The loop is woken at the next due instant, but not more often than every millisecond, so at high
rates a send is half of one late on average. Half that spacing was measured to cost a quarter more
CPU a transaction at 10,000/s: every waking finds the caches cold. Each turn ends, however much is
overdue, so answers are always read between two turns.

Tick i covers [at + i · tick, at + (i + 1) · tick) on the machine's clock, pauses included. A turn
that comes after a boundary first takes what was due before it and reports, so a report counts
exactly the arrivals due in its tick.
"""

from __future__ import annotations

import asyncio
import time

from engine.load.alarm import best_alarm
from engine.load.dispatcher import Dispatcher
from engine.load.feeds import Feeds
from engine.load.ledger import Ledger
from engine.load.pacer import Pacer
from engine.load.redrive import Redriver
from engine.load.reporter import Reporter
from engine.load.senders.contract import Sender
from engine.load.wire import UpPipe
from engine.measure.clock import RunClock
from engine.model.control import (
    Abort,
    Pause,
    Redrive,
    Resume,
    SetRate,
    Start,
    Stop,
    TakeOver,
    WorkerCommand,
    WorkerPlan,
)

SWEEP_NS = 50_000_000
SPACING_NS = 1_000_000


class Conductor:
    """Obeys the app's commands from `Start` to the final report."""

    def __init__(
        self, plan: WorkerPlan, feeds: Feeds, pacer: Pacer, sender: Sender, parts: Parts
    ) -> None:
        self._feeds, self._pacer, self._sender = feeds, pacer, sender
        self._dispatcher, self._redriver, self._ledger, pipe = parts
        shown = (self._dispatcher, self._redriver)
        self._reporter = Reporter(self._ledger, pipe, shown, sender, feeds)
        self._clock: RunClock | None = None
        self._pause_ns: int | None = None
        self._tick_ns = round(plan.tick_seconds * 1e9)
        self._boundary_ns = 0
        self._end_ns = round(plan.duration_seconds * 1e9)
        self._drain_ns = round(plan.drain_seconds * 1e9)
        self._give_up_ns: int | None = None
        self._drain_until_ns: int | None = None
        self._sweep_at_ns = 0
        self._armed_ns = 0
        self._alarm = best_alarm(asyncio.get_running_loop(), self._turn)
        self.finished = asyncio.get_running_loop().create_future()
        feeds.tell(self._turn)

    def handle(self, command: WorkerCommand) -> None:
        """Obey one command; those that make no sense now have no effect."""
        if not self.finished.done():
            try:
                self._obey(command, time.monotonic_ns())
            except BaseException as error:
                self.finished.set_exception(error)
                raise
            self._turn()

    def _obey(self, command: WorkerCommand, now: int) -> None:
        match command:
            case Start():
                self._start(command.at_ns, now)
            case Pause():
                self._pause(now)
            case Resume():
                self._resume(now)
            case Stop():
                self._stop(now)
            case Abort():
                self._finish(now)
            case SetRate() | TakeOver():
                self._change(command, now)
            case Redrive():
                self._redriver.order()

    def _change(self, command: SetRate | TakeOver, now: int) -> None:
        schedule_ns = 0 if self._clock is None else max(self._clock.schedule_ns(now), 0)
        if isinstance(command, SetRate):
            self._pacer = Pacer(self._pacer.profile.changed(command.changes))
            self._feeds.repace(self._pacer, schedule_ns)
            return
        self._feeds.take_over(command, self._pacer, schedule_ns)
        if self._drain_until_ns is not None:
            self._feeds.offer_no_more()

    def _start(self, at_ns: int, now: int) -> None:
        if self._clock is None:
            self._clock = RunClock(at_ns)
            self._boundary_ns = at_ns + self._tick_ns
            self._dispatcher.begin(self._sender, self._clock)
            self._redriver.held = False
            if self._pause_ns is not None:
                self._pause(now)

    def _pause(self, now: int) -> None:
        if self._clock is None or not self._clock.paused:
            self._pause_ns = now
            self._dispatcher.held = self._redriver.held = True
            if self._clock is not None:
                self._take(now, now)
                self._clock.pause(now)

    def _resume(self, now: int) -> None:
        if self._clock is not None and self._pause_ns is not None:
            self._clock.resume(now)
            self._dispatcher.resumed(self._pause_ns, now)
            self._redriver.held = False
        self._pause_ns = None

    def _stop(self, now: int) -> None:
        if self._clock is None:
            self._finish(now)
            return
        if self._drain_until_ns is None:
            self._resume(now)
            self._end_ns = min(self._clock.schedule_ns(now), self._end_ns)
            self._give_up_ns = now + self._drain_ns

    def _drain(self, now: int) -> None:
        self._drain_until_ns = self._give_up_ns or now + self._drain_ns
        self._feeds.offer_no_more()
        self._redriver.drain()

    def _turn(self) -> None:
        """Do all that is due now, and arrange to be called again.

        What goes wrong here would stop the run without a word, so it ends the worker.
        """
        if self._clock is None or self.finished.done():
            return
        try:
            self._advance(self._clock, time.monotonic_ns())
        except BaseException as error:
            self.finished.set_exception(error)
            raise

    def _advance(self, clock: RunClock, now: int) -> None:
        if self._armed_ns:
            self._reporter.woke(now - self._armed_ns)
        while self._boundary_ns <= now:
            self._take(self._boundary_ns, now)
            self._end_tick(self._boundary_ns)
        due_ns = self._take(now + 1, now)
        if now >= self._sweep_at_ns:
            self._sweep_at_ns = now + SWEEP_NS
            self._dispatcher.sweep(now)
            self._redriver.look(now)
        self._dispatcher.release(now)
        self._dispatcher.pump()
        self._end_if_over(clock, now)
        if not self.finished.done():
            self._armed_ns = self._next_turn_ns(clock, now, due_ns)
            self._alarm.arm(self._armed_ns)

    def _take(self, before_ns: int, now: int) -> int | None:
        """Take what is due before this instant; at the run's end, also what is due right then.

        Returns the schedule time of the next arrival, if that is known.
        """
        assert self._clock is not None
        before, turn_ns = self._before(before_ns), self._clock.schedule_ns(now)
        while True:
            due_ns, arrivals = self._feeds.take(before)
            if due_ns:
                self._ledger.taken(turn_ns, due_ns)
                self._dispatcher.due(arrivals)
            next_ns = self._feeds.next_due_ns()
            if not due_ns or next_ns is None or next_ns >= before:
                return next_ns

    def _end_if_over(self, clock: RunClock, now: int) -> None:
        if self._drain_until_ns is None and clock.schedule_ns(now) < self._end_ns:
            return
        gave_all = self._feeds.gave_before(self._end_ns + 1)
        if self._drain_until_ns is None:
            gave_up = self._give_up_ns is not None and now >= self._give_up_ns
            if not clock.paused and (gave_all or gave_up):
                self._drain(now)
            return
        sending = self._dispatcher.in_flight or self._dispatcher.backlog
        if now >= self._drain_until_ns or (gave_all and not sending and not self._redriver.busy):
            self._finish(now)

    def _next_turn_ns(self, clock: RunClock, now: int, due_ns: int | None) -> int:
        earliest = now + SPACING_NS
        soonest = min(self._boundary_ns, self._sweep_at_ns)
        if not clock.paused:
            if due_ns is not None:
                soonest = min(soonest, clock.instant_ns(due_ns))
            if soonest <= earliest:
                return earliest
            retry = self._dispatcher.next_retry_ns
            if retry is not None:
                soonest = min(soonest, retry)
            if self._drain_until_ns is None:
                soonest = min(soonest, clock.instant_ns(self._end_ns))
        return max(soonest, earliest)

    def _before(self, at_ns: int) -> int:
        """The schedule time before which all is due by then; at the end, its last instant too."""
        schedule_ns = 0 if self._clock is None else self._clock.schedule_ns(at_ns)
        return schedule_ns if schedule_ns < self._end_ns else self._end_ns + 1

    def _end_tick(self, at_ns: int) -> None:
        """Report the tick that ends at this instant."""
        before_ns = self._before(at_ns)
        seconds = max(min(before_ns, self._end_ns), 0) / 1e9
        self._reporter.tick_ended(seconds, before_ns)
        self._boundary_ns += self._tick_ns

    def _finish(self, now: int) -> None:
        """Close everything, settle what is left, and report for the last time."""
        self._feeds.close()
        self._alarm.close()
        self._sender.close()
        self._redriver.close()
        self._dispatcher.finish()
        before_ns = self._before(now)
        self._reporter.finish(max(min(before_ns, self._end_ns), 0) / 1e9, before_ns)
        self.finished.set_result(None)


Parts = tuple[Dispatcher, Redriver, Ledger, UpPipe]
