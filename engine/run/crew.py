"""The load workers of one run: told what to do, listened to, and replaced by each other when lost.

A change of rate and a takeover are told with an instant on the run clock that is still to come, so
that all workers agree on it. The crew keeps that clock as it tells them to pause and to go on;
their reports set it right where they were slower to obey.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine.measure.clock import RunClock
from engine.metrics.aggregator import Aggregator
from engine.model.control import (
    Abort,
    Pause,
    Resume,
    SetRate,
    Start,
    WorkerCommand,
    WorkerFailed,
    WorkerPlan,
    WorkerReport,
)
from engine.model.errors import FleetError
from engine.model.event import EventKind
from engine.model.results import DegradedInterval, RateChange
from engine.ports import Clock, Fleet, WorkerLost
from engine.run.rates import Rates
from engine.run.takeover import Coverage, Gap

START_DELAY_SECONDS, START_DELAY_SECONDS_EACH = 0.1, 0.005
TAKEOVER_SECONDS = 0.5

Log = Callable[..., None]
ALL_OFFERED = "all its arrivals had been offered"


class Crew:
    """The fleet of one run; owned by the run's thread except `command` and `set_rate`."""

    def __init__(self, fleet: Fleet, clock: Clock, aggregator: Aggregator, rates: Rates) -> None:
        self.rates = rates
        self.lost = 0
        self.degraded: list[DegradedInterval] = []
        self.start_ns: int | None = None
        self._fleet, self._clock, self._aggregator = fleet, clock, aggregator
        self._coverage = Coverage(0, 0.0)
        self._workers = 0
        self._run_clock: RunClock | None = None
        self._reported_seconds = 0.0
        self._aborted = False
        self._telling = threading.Lock()

    def start(self, plans: list[WorkerPlan]) -> None:
        """Start the workers; `Start` is as far away as it takes to tell them all."""
        self._workers = len(plans)
        self._coverage = Coverage(self._workers, max(plan.duration_seconds for plan in plans))
        self._fleet.start(plans)
        delay = START_DELAY_SECONDS + START_DELAY_SECONDS_EACH * self._workers
        self.start_ns = self._clock.monotonic_ns() + int(delay * 1e9)
        self._run_clock = RunClock(self.start_ns)
        self._fleet.command(Start(at_ns=self.start_ns))

    def command(self, command: WorkerCommand) -> None:
        """Tell every worker; from any thread."""
        self._aborted = self._aborted or isinstance(command, Abort)
        if self._run_clock is not None and isinstance(command, Pause):
            self._run_clock.pause(self._clock.monotonic_ns())
        if self._run_clock is not None and isinstance(command, Resume):
            self._run_clock.resume(self._clock.monotonic_ns())
        self._fleet.command(command)

    def set_rate(self, factor: float) -> RateChange:
        """Offer the planned rate times this from a moment on; from any thread.

        Raises:
            ConfigurationError: The factor is out of bounds.
        """
        with self._telling:  # or two at once could leave workers with the older list
            change = self.rates.change(factor, self.clock_seconds())
            self._fleet.command(SetRate(changes=self.rates.pairs()))
        return change

    def clock_seconds(self) -> float:
        """The run clock now; 0 before the start."""
        if self._run_clock is None:
            return 0.0
        mine = self._run_clock.schedule_ns(self._clock.monotonic_ns()) / 1e9
        return max(0.0, mine, self._reported_seconds)

    def collect(self, log: Log) -> None:
        """Hand on what the workers sent, and have those that were lost replaced.

        Raises:
            FleetError: A worker cannot go on.
        """
        lost: list[WorkerLost] = []
        failed: list[WorkerFailed] = []
        for message in self._fleet.poll():
            if isinstance(message, WorkerReport):
                self._take(message)
            elif isinstance(message, WorkerFailed):
                failed.append(message)
            elif isinstance(message, WorkerLost):
                lost.append(message)
        if lost:
            self._replace(lost, log)
        self._account()
        if failed:
            raise FleetError(failed[0].message)

    def _take(self, report: WorkerReport) -> None:
        self._aggregator.add(report)
        self._reported_seconds = max(self._reported_seconds, report.schedule_seconds)
        self._coverage.reported(report.share, report.accounted_seconds, report.final)

    def _replace(self, lost: list[WorkerLost], log: Log) -> None:
        """All that were lost at once are counted as lost before their customers are divided."""
        for one in lost:
            self.lost += 1
            self._aggregator.lose(one.share)
        if self._aborted:
            return
        from_seconds = self.clock_seconds() + TAKEOVER_SECONDS
        reasons = {one.share: one.reason for one in lost}
        for gap in self._coverage.lose(reasons, from_seconds):
            for worker, order in gap.orders:
                self._fleet.command(order, worker)
            self._degrade(gap, reasons[gap.worker], log)

    def _account(self) -> None:
        """Once no worker reports any more and some were lost, nobody counts what was left to offer.

        Those are the arrivals planned up to the last instant reported that no report accounts for.
        """
        if self.lost and not self._aborted and not self._aggregator.reporting:
            planned = self.rates.planned_by(self._reported_seconds)
            self._aggregator.account_for(planned)

    def _degrade(self, gap: Gap, reason: str, log: Log) -> None:
        begin, end = gap.since_seconds, gap.until_seconds
        who = f"load worker {gap.worker + 1} of {self._workers} was lost ({reason})"
        if gap.nothing:
            log(EventKind.DEGRADED, f"{who}: {ALL_OFFERED}", reason=reason)
            return
        interval = DegradedInterval(
            share=gap.worker,
            shares=self._workers,
            reason=reason,
            from_seconds=begin,
            to_seconds=end,
        )
        self.degraded.append(interval)
        what = (
            f"nobody is left to offer its arrivals from {begin:.2f} s on"
            if end is None
            else f"its arrivals from {begin:.2f} to {end:.2f} s are not offered, "
            "from then on the others offer them"
        )
        log(EventKind.DEGRADED, f"{who}: {what}", **interval.model_dump())

    def abandon(self, log: Log) -> None:
        """End all that are still there, and count them as lost."""
        self._fleet.close()
        for share in range(self._workers):
            if self._aggregator.lose(share):
                self.lost += 1
                log(EventKind.DEGRADED, "a load worker did not end its drain in time: killed")
        self._account()
