"""Worker crash: a share of the scorers is killed, and again as often as they return.

Severity scales the share: max(1, round(severity × N)) of N scorers, SIGKILL, until the time is up.
The probe asks the operating system whether the processes are there.
"""

from __future__ import annotations

import psutil

from engine.faults.fault import Fault, Sight
from engine.model.errors import TargetError
from engine.model.fault import FailureType
from engine.model.orders import HoldDown


def victims(severity: float, scorers: int) -> list[int]:
    """The slots that die: the first max(1, round(severity × scorers))."""
    return list(range(min(scorers, max(1, round(severity * scorers)))))


class WorkerCrash(Fault):
    """Scorers killed and kept down."""

    TYPE = FailureType.LAMBDA_CRASH
    SEVERITY = "share of the scorers killed, and again as they come back; at least one"
    proof = "the victims' processes are gone from this machine"
    tags = ("hold_down",)

    def apply(self) -> None:
        """Kill the victims and keep them down."""
        scorers = self.before.newest.scorers
        if not scorers:
            msg = "Worker crash needs a target with scorers, and this one shows none"
            raise TargetError(msg)
        down = victims(self.spec.severity, len(scorers))
        self.injector.inject(HoldDown(scorers=down, lease_seconds=self.lease_seconds))
        self.processes = {one.index: one.pid for one in scorers if one.index in down}
        self.share = f"{len(down)} of {len(scorers)}"
        self.message = f"{self.share} scorers killed"

    def seen_on(self, sight: Sight) -> str | None:
        """The processes that were in the victims' slots do not exist any more."""
        left = [pid for pid in self.processes.values() if exists(pid)]
        if left or len(sight.reports) < 2:
            return None
        gone = ", ".join(str(pid) for pid in self.processes.values())
        return f"{self.share} scorers gone: no process {gone} on this machine"

    def seen_off(self, sight: Sight) -> str | None:
        """Every victim's slot has a living process again, and another one."""
        slots = {one.index: one for one in sight.newest.scorers}
        for index, pid in self.processes.items():
            now = slots.get(index)
            if now is None or now.status != "up" or now.pid == pid or not exists(now.pid):
                return None
        back = ", ".join(f"{pid} → {slots[index].pid}" for index, pid in self.processes.items())
        return f"all scorers are up, in new processes: {back}"


def exists(pid: int) -> bool:
    """Whether a process lives; one that only waits to be reaped does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
