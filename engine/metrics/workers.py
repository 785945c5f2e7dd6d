"""What is known of each load worker: whether it lives, how far it reported, and its gauges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.control import WorkerReport
from engine.model.tick import NAN

GAUGES = ("backlog_now", "in_flight_now", "dead_letters_now")
BREAKERS = {"breakers_half_open_now": 1, "breakers_open_now": 2}


@dataclass
class _Worker:
    alive: bool = True
    last_tick: int = -1
    counted_tick: int = -1
    final: bool = False
    gauges: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GAUGES, 0))
    rss_bytes: int = 0
    connections: int = 0
    breaker: int = 0
    schedule_seconds: float = 0.0


class Workers:
    """All workers of a run; reports are `add`ed as they come and `count`ed tick by tick."""

    def __init__(self, count: int, tick_seconds: float) -> None:
        self._tick_seconds = tick_seconds
        self._workers = {share: _Worker() for share in range(count)}

    def add(self, report: WorkerReport) -> None:
        """A report has come."""
        worker = self._workers[report.share]
        worker.last_tick = max(worker.last_tick, report.tick)
        worker.final = worker.final or report.final

    def lose(self, share: int) -> bool:
        """It ended without a final report; whether that was not known yet."""
        worker = self._workers[share]
        known = worker.final or not worker.alive
        worker.alive = worker.alive and known
        return not known

    def alive(self, share: int) -> bool:
        """Whether it was not lost."""
        return self._workers[share].alive

    def gauges(self, share: int) -> Mapping[str, int]:
        """Its gauges as last counted."""
        return self._workers[share].gauges

    @property
    def up(self) -> int:
        """How many have neither died nor finished."""
        return sum(worker.alive and not worker.final for worker in self._workers.values())

    @property
    def clock_seconds(self) -> float:
        """The run clock as last counted."""
        return max(worker.schedule_seconds for worker in self._workers.values())

    def complete(self, tick: int) -> bool:
        """Whether all that still report have reported this tick."""
        reporting = [one for one in self._workers.values() if one.alive and not one.final]
        return all(worker.last_tick >= tick for worker in reporting)

    def count(self, tick: int, reports: Sequence[WorkerReport]) -> dict[str, float]:
        """The gauges at the end of this tick, whose row these reports are counted in."""
        cores = self._cores(reports)
        irregular = self._irregular(tick, reports)
        for report in reports:
            worker = self._workers[report.share]
            worker.counted_tick = report.tick
            worker.gauges = {name: getattr(report, name) for name in GAUGES}
            worker.rss_bytes = report.rss_bytes_now
            worker.connections = report.connections_now
            worker.breaker = report.breaker_now
            worker.schedule_seconds = report.schedule_seconds
        living = [worker for worker in self._workers.values() if worker.alive]
        return {
            **{name: sum(worker.gauges[name] for worker in living) for name in GAUGES},
            **{
                name: sum(one.breaker == state for one in living)
                for name, state in BREAKERS.items()
            },
            "reports_missing": irregular,
            "workers_up_now": self.up,
            "connections_now": sum(worker.connections for worker in living),
            "worker_rss_mb": sum(worker.rss_bytes for worker in living) / 1e6,
            "schedule_seconds": self.clock_seconds,
            "worker_cpu_cores": sum(all_of for all_of, _ in cores) if cores else NAN,
            "busiest_worker_cpu_cores": max((pacing for _, pacing in cores), default=NAN),
            "worker_loop_lag_ms": max((one.loop_lag_ms_now for one in reports), default=NAN),
        }

    def _cores(self, reports: Sequence[WorkerReport]) -> list[tuple[float, float]]:
        """Cores of each worker that reported, over all the ticks its reports cover.

        All of it, and without the process that makes its traffic ahead of time: what is left is
        what paces, and late if it has no core.
        """
        total: dict[int, float] = {}
        making: dict[int, float] = {}
        until: dict[int, int] = {}
        for report in reports:
            share = report.share
            total[share] = total.get(share, 0.0) + report.cpu_seconds
            making[share] = making.get(share, 0.0) + report.maker_cpu_seconds
            until[share] = report.tick
        spans = {
            share: max(1, until[share] - self._workers[share].counted_tick) * self._tick_seconds
            for share in until
        }
        return [
            (total[share] / span, (total[share] - making[share]) / span)
            for share, span in spans.items()
        ]

    def _irregular(self, tick: int, reports: Sequence[WorkerReport]) -> int:
        """Workers of which this row does not hold what they did in its tick, and only that.

        A report that was not sent because the pipe was full is contained in the next.
        """
        first: dict[int, int] = {}
        for report in reports:
            first.setdefault(report.share, report.tick)
        late = sum(
            begin < tick or begin > self._workers[share].counted_tick + 1
            for share, begin in first.items()
        )
        silent = sum(
            worker.alive and not worker.final and share not in first
            for share, worker in self._workers.items()
        )
        return late + silent
