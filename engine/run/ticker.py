"""One tick: what the workers, the platform, the app and the machine measured, in one row."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import psutil

from engine.analysis.degradation import level_of
from engine.measure.resources import ProcessUsage
from engine.metrics.aggregator import Aggregator
from engine.metrics.flow import PlatformFlow
from engine.model.tick import COLUMNS, Tick
from engine.run.rates import Rates


class Ticker:
    """Closes ticks of one run."""

    def __init__(self, rates: Rates, workers: int, tick_seconds: float) -> None:
        self.aggregator = Aggregator(workers, tick_seconds)
        self.flow = PlatformFlow()
        self.worker_cpu_seconds = 0.0
        self._rates = rates
        self._workers = workers
        self._tick_seconds = tick_seconds
        self.processors = os.cpu_count() or 1
        self._usage = ProcessUsage()
        self._app_cpu_start = self._app_cpu_last = self._usage.cpu_seconds()
        psutil.cpu_percent(interval=None)

    def close(self, faults_active: int, target_alive: bool, now_ns: int) -> Tick:
        """The next tick's row; `now_ns` is the clock of the platform's reports."""
        row = self.aggregator.close_tick()
        row.update(self.flow.columns(target_alive, now_ns))
        row["plan_tps"] = self._rates.planned_tps(row["schedule_seconds"])
        row["rate_factor"] = self._rates.factor_at(row["schedule_seconds"])
        row["workers_asked"] = self._workers
        row["faults_active_now"] = faults_active
        row.update(self._resources())
        if not np.isnan(row["worker_cpu_cores"]):
            self.worker_cpu_seconds += row["worker_cpu_cores"] * self._tick_seconds
        tick = Tick(**{name: value for name, value in row.items() if name in _KNOWN})
        return replace(tick, degradation_level=level_of(tick, self.processors))

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds since Start by part: workers, app, and platform where it is measured."""
        parts = {
            "workers": self.worker_cpu_seconds,
            "app": self._app_cpu_last - self._app_cpu_start,
        }
        platform = self.flow.cpu_seconds
        return parts if platform is None else {**parts, "platform": platform}

    def p99(self, start: float, end: float) -> float | None:
        """Merged response p99 in ms between two instants of the last two minutes."""
        first = round(start / self._tick_seconds)
        last = round(end / self._tick_seconds) - 1
        return self.aggregator.response.between(first, last).percentile_ms(99)

    def _resources(self) -> dict[str, float]:
        now = self._usage.cpu_seconds()
        spent, self._app_cpu_last = now - self._app_cpu_last, now
        return {
            "app_cpu_cores": spent / self._tick_seconds,
            "machine_cpu_percentage": psutil.cpu_percent(interval=None),
            "machine_memory_percentage": psutil.virtual_memory().percent,
        }


_KNOWN = frozenset(COLUMNS)
