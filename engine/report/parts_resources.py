"""What a run takes of this machine: platform, load generator, the app and the machine itself."""

from __future__ import annotations

from engine.model.figure import Figure
from engine.model.tick import Tick
from engine.report.make import Number, known, measured

TICK_SECONDS = 0.25
BUSIEST = "the busiest load worker, with the process that makes its traffic"


def resource_figures(tick: Tick) -> list[Figure]:
    """Figures `part.resource.*` of the newest tick."""
    machine = known(tick.machine_cpu_percentage)
    memory = known(tick.machine_memory_percentage)
    return [
        _gauge("platform_cpu", "Platform, all processes", tick.platform_cpu_cores, "cores"),
        _gauge("platform_rss", "Platform, resident memory", tick.platform_rss_mb, "mb"),
        _gauge("workers_cpu", "Load workers", tick.worker_cpu_cores, "cores"),
        _gauge("workers_rss", "Load workers, resident memory", tick.worker_rss_mb, "mb"),
        _gauge(
            "busiest_cpu", "Busiest load worker", tick.busiest_worker_cpu_cores, "cores", BUSIEST
        ),
        _gauge("app_cpu", "This app", tick.app_cpu_cores, "cores"),
        _gauge("machine_cpu", "Machine, all cores", _share(machine), "ratio"),
        _gauge("machine_memory", "Machine, memory in use", _share(memory), "ratio"),
        _gauge("connections", "Connections to the target", tick.connections_now, "count"),
    ]


def _share(percentage: Number) -> Number:
    return None if percentage is None else percentage / 100


def _gauge(key: str, label: str, value: Number, unit: str, note: str | None = None) -> Figure:
    return measured(f"part.resource.{key}", label, value, unit, window=TICK_SECONDS, note=note)
