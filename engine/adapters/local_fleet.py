"""Load workers as child processes of this program, on this machine."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from engine.adapters.children import Child
from engine.model.control import (
    Abort,
    WorkerCommand,
    WorkerFailed,
    WorkerMessage,
    WorkerPlan,
    WorkerReady,
    WorkerReport,
)
from engine.model.errors import FleetError
from engine.ports import WorkerLost

MODULE = "engine.load.worker"
READY_SECONDS = 30.0
_decode = msgspec.msgpack.Decoder(WorkerMessage).decode


class LocalFleet:
    """Workers on this machine; `logs` takes what they write to standard error."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[int, Child] = {}
        self._over: set[int] = set()
        self._early: list[WorkerMessage | WorkerLost] = []
        self._ended = False

    def start(self, plans: list[WorkerPlan]) -> None:
        """Start one worker a plan and wait until each holds its connections.

        Raises:
            FleetError: One ended or was not ready in `READY_SECONDS`; all are ended then.
        """
        for plan in plans:
            if self._ended:
                self._early.append(WorkerLost(plan.share, "stopped before it was started"))
                continue
            child = Child(MODULE, self._logs / f"worker-{plan.share}.log")
            self._children[plan.share] = child
            child.send(plan)
        waiting = set(self._children)
        deadline = time.monotonic() + READY_SECONDS
        while waiting:
            for share in sorted(waiting):
                if self._ready(share):
                    waiting.discard(share)
            if self._ended:
                return
            if waiting and time.monotonic() > deadline:
                self.close()
                msg = f"{len(waiting)} load workers were not ready in {READY_SECONDS:g} s"
                raise FleetError(msg)
            time.sleep(0.005)

    def _ready(self, share: int) -> bool:
        child = self._children[share]
        for frame in child.frames():
            message = _decode(frame)
            if isinstance(message, WorkerReady):
                return True
            if isinstance(message, WorkerFailed):
                self.close()
                raise FleetError(message.message)
            self._early.append(message)
        if (child.ended or not child.running) and not self._ended:
            code = child.exit_code
            self.close()
            msg = f"load worker {share} ended before it was ready (exit code {code}): see its log"
            raise FleetError(msg)
        return False

    def command(self, command: WorkerCommand) -> None:
        """Tell every living worker; from any thread. An abort also ends a start under way."""
        if isinstance(command, Abort):
            self._ended = True
        for child in list(self._children.values()):
            child.send(command)

    def poll(self) -> list[WorkerMessage | WorkerLost]:
        """All that arrived since the last call; a worker that ended early is lost once."""
        found, self._early = self._early, []
        for message in found:
            if isinstance(message, WorkerLost) or (
                isinstance(message, WorkerReport) and message.final
            ):
                self._over.add(message.share)
        for share, child in self._children.items():
            if share in self._over:
                continue
            for frame in child.frames():
                message = _decode(frame)
                found.append(message)
                if isinstance(message, WorkerReport) and message.final:
                    self._over.add(share)
            if share not in self._over and child.ended:
                self._over.add(share)
                found.append(WorkerLost(share, f"exit code {child.exit_code}"))
        return found

    def processes(self) -> list[int]:
        """Process ids of the workers."""
        return [child.pid for child in self._children.values()]

    def close(self) -> None:
        """End every worker; idempotent."""
        self._ended = True
        for child in list(self._children.values()):
            child.close()
