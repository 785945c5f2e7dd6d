"""Load workers as child processes of this program, on this machine."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from engine.adapters.children import Child
from engine.adapters.pulse import Pulse
from engine.model.control import (
    Abort,
    Start,
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
READY_SECONDS, READY_SECONDS_EACH = 30.0, 1.5
_decode = msgspec.msgpack.Decoder(WorkerMessage).decode


class LocalFleet:
    """Workers on this machine.

    `logs` takes what they write to standard error, `letters` the dead letters that their memory has
    no room for, in files without a name that end with the worker.
    """

    def __init__(self, logs: Path, letters: Path) -> None:
        self._logs, self._letters = logs, letters
        self._children: dict[int, Child] = {}
        self._pulses: dict[int, Pulse] = {}
        self._watch_from_ns: int | None = None
        self._looked_ns = 0
        self._over: set[int] = set()
        self._early: list[WorkerMessage | WorkerLost] = []
        self._ended = False

    def start(self, plans: list[WorkerPlan]) -> None:
        """Start one worker a plan and wait until each holds its connections.

        They start all at once, so each has its share of this machine's processors: the more there
        are, the longer all are given.

        Raises:
            FleetError: One ended, or was not ready in time; all are ended then.
        """
        limit_seconds = READY_SECONDS + READY_SECONDS_EACH * len(plans)
        self._letters.mkdir(parents=True, exist_ok=True)
        for plan in plans:
            if self._ended:
                self._early.append(WorkerLost(plan.share, "stopped before it was started"))
                continue
            child = Child(MODULE, self._logs / f"worker-{plan.share}.log")
            self._children[plan.share] = child
            self._pulses[plan.share] = Pulse(child.pid)
            child.send(msgspec.structs.replace(plan, spill_folder=str(self._letters)))
        waiting = set(self._children)
        deadline = time.monotonic() + limit_seconds
        while waiting:
            for share in sorted(waiting):
                if self._ready(share):
                    waiting.discard(share)
            if self._ended:
                return
            if waiting and time.monotonic() > deadline:
                self.close()
                msg = f"{len(waiting)} load workers were not ready in {limit_seconds:g} s"
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

    def command(self, command: WorkerCommand, share: int | None = None) -> None:
        """Tell every living worker, or the one with this share; from any thread.

        An abort also ends a start under way.
        """
        if isinstance(command, Abort):
            self._ended = True
        if isinstance(command, Start):
            self._watch_from_ns = command.at_ns
            for pulse in self._pulses.values():
                pulse.beat()  # what it waited for while it started is no excuse later
        for number, child in list(self._children.items()):
            if share in (None, number):
                child.send(command)

    def poll(self) -> list[WorkerMessage | WorkerLost]:
        """All that arrived since the last call; never blocks.

        A worker that ended before its final report is lost, and one that hangs is killed and lost.
        """
        passed_seconds = self._look()
        found, self._early = self._early, []
        for message in found:
            if isinstance(message, WorkerLost) or (
                isinstance(message, WorkerReport) and message.final
            ):
                self._over.add(message.share)
        for share in self._children:
            if share not in self._over:
                found += self._poll(share, passed_seconds)
        return found

    def _look(self) -> float:
        """Seconds since the last look, as far as reports could be expected in them."""
        now = time.monotonic_ns()
        began, self._looked_ns = self._looked_ns, now
        if self._watch_from_ns is None:
            return 0.0
        return max(0, now - max(began, self._watch_from_ns)) / 1e9

    def _poll(self, share: int, passed_seconds: float) -> list[WorkerMessage | WorkerLost]:
        child, pulse = self._children[share], self._pulses[share]
        found: list[WorkerMessage | WorkerLost] = [_decode(frame) for frame in child.frames()]
        if any(isinstance(message, WorkerReport) and message.final for message in found):
            self._over.add(share)
        elif child.ended and (code := child.exit_code) is not None:
            self._over.add(share)
            found.append(WorkerLost(share, _how_it_ended(code)))
        elif found:
            pulse.beat()
        elif pulse.wait(passed_seconds):
            self._over.add(share)
            child.kill()
            reason = f"hung: no report for {pulse.silent_seconds:.1f} s"
            found.append(WorkerLost(share, reason))
        return found

    def processes(self) -> list[int]:
        """Process ids of the workers."""
        return [child.pid for child in self._children.values()]

    def close(self) -> None:
        """End every worker; idempotent."""
        self._ended = True
        for child in list(self._children.values()):
            child.close()


def _how_it_ended(code: int) -> str:
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"
