"""A run on a machine with a capacity; its time passes when a calibration looks at it."""

from dataclasses import astuple
from types import SimpleNamespace

import numpy as np

from engine.measure.histogram import Histogram
from engine.model.control import SparseHistogram
from engine.model.errors import IllegalTransitionError
from engine.model.results import TestStatus
from engine.model.tick import COLUMNS, Tick
from engine.ports import TickLatencies
from engine.run.climb import BASE_TPS
from engine.run.plan import TICK_SECONDS
from engine.run.states import Event

QUICK_MS = 5.0


class SimulatedRun:
    """What is above `capacity_tps` waits; a new rate takes effect after `lag` ticks.

    It is its own archive. After `ends_after` ticks somebody ends it. With `stumbles` a transaction
    fails in the first tick at every new rate.

    Attributes:
        rates: All rates asked for, in order.
        requests: The events asked for, in order.
        ticks: One a quarter of a second of its own time.
    """

    def __init__(self, capacity_tps, ends_after=float("inf"), lag=1, stumbles=False):
        self.plan = SimpleNamespace(run_id="simulated")
        self.capacity_tps, self.ends_after = capacity_tps, ends_after
        self.rates, self.requests, self.ticks = [], [], []
        self._latencies, self._looks = [], 0
        self._status, self._queue = TestStatus.NOT_STARTED, 0.0
        self._rate, self._before = BASE_TPS, None
        self._lag, self._stumbles = lag, stumbles
        self._waiting = []

    @property
    def view(self):
        """Every other look, a tick later: a reader looks for the tick, and then at the status."""
        self._looks += 1
        if self._status is TestStatus.RUNNING and self._looks % 2:
            self._tick()
        return SimpleNamespace(
            status=self._status,
            tick=self.ticks[-1] if self.ticks else None,
            summary=SimpleNamespace(verdict_reason="ended by somebody")
            if self._status.final
            else None,
        )

    @property
    def seconds(self):
        return len(self.ticks) * TICK_SECONDS

    def start(self):
        self._status = TestStatus.RUNNING

    def set_rate(self, factor):
        if self._status is not TestStatus.RUNNING:
            raise IllegalTransitionError("cannot change the rate")
        self.rates.append(factor * BASE_TPS)
        self._waiting.append((len(self.ticks) + self._lag, factor * BASE_TPS))

    def request(self, event):
        self.requests.append(event)
        self._status = TestStatus.CANCELLED

    def wait(self, timeout_seconds=None):
        return self.view.summary

    def rows(self, run_id):
        return np.array([astuple(tick) for tick in self.ticks]).reshape(-1, len(COLUMNS))

    def histograms(self, run_id):
        return iter(self._latencies)

    def _tick(self):
        while self._waiting and self._waiting[0][0] <= len(self.ticks):
            self._rate = self._waiting.pop(0)[1]
        new, self._before = self._rate != self._before, self._rate
        due = self._rate * TICK_SECONDS
        answered = round(min(self._queue + due, self.capacity_tps * TICK_SECONDS))
        self._queue = max(0.0, self._queue + due - answered)
        response = Histogram()
        waited_ms = 1_000 * self._queue / self.capacity_tps
        response.record(np.full(answered, round(1_000 * (QUICK_MS + waited_ms))))
        lateness = Histogram()
        lateness.record(np.full(round(due), 200))
        same = response.sparse()
        self._latencies.append(TickLatencies(same, same, lateness.sparse(), SparseHistogram()))
        self.ticks.append(
            Tick(
                tick=len(self.ticks),
                due=due,
                decided=answered,
                failed=float(self._stumbles and new),
                attempts=due,
                in_flight_now=round(self._queue),
                workers_asked=1,
                workers_up_now=1,
                rate_factor=self._rate / BASE_TPS,
            )
        )
        if len(self.ticks) >= self.ends_after:
            self.request(Event.EMERGENCY_STOP)
