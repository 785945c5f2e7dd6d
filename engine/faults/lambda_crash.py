"""Worker crash: a share of the scorers is killed, and again as often as they return.

Severity scales the share: max(1, round(severity × N)) of N scorers, SIGKILL, until the time is up.
"""

from __future__ import annotations

from engine.faults.fault import Applied
from engine.model.control import PlatformReport
from engine.model.errors import TargetError
from engine.model.fault import FailureScenario
from engine.ports import FaultInjector

LEASE_MARGIN_SECONDS = 1.0


def victims(severity: float, scorers: int) -> list[int]:
    """The slots that die: the first max(1, round(severity × scorers))."""
    return list(range(min(scorers, max(1, round(severity * scorers)))))


def apply(fault: FailureScenario, injector: FaultInjector, report: PlatformReport) -> Applied:
    """Kill the victims and keep them down; the platform frees them by itself after the lease."""
    if not report.scorers:
        msg = "Worker crash needs a target with scorers, and this one shows none"
        raise TargetError(msg)
    down = victims(fault.severity, len(report.scorers))
    injector.hold_down(down, fault.duration_seconds + LEASE_MARGIN_SECONDS)
    before = {scorer.index: scorer.pid for scorer in report.scorers}
    share = f"{len(down)} of {len(report.scorers)}"
    return Applied(
        share=share,
        message=f"{share} scorers killed",
        proof="the victims' processes are gone",
        victims=tuple(down),
        processes=tuple(before[index] for index in down),
    )


def clear(injector: FaultInjector) -> None:
    """Let the victims return; idempotent."""
    injector.release()


def probe(applied: Applied, report: PlatformReport) -> bool:
    """Whether the victims are dead as processes: down or starting, or another process by now."""
    slots = {scorer.index: scorer for scorer in report.scorers}
    return all(
        slots[index].status != "up" or slots[index].pid != process
        for index, process in zip(applied.victims, applied.processes, strict=True)
    )
