"""A maker in a process of its own, so that the event loop has its interpreter for itself.

The worker asks over one pipe and reads frames from another as they come. What the process makes is
a pure function of what it is asked, so one that was killed is replaced and asked again; one that
ends before it has made anything would end the next time too, and is an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections import deque
from dataclasses import dataclass

import msgspec

from engine.load.making.frames import ASK, HEAD, unpacked
from engine.load.traffic.source import BLOCK, TrafficBlock
from engine.measure.resources import ProcessUsage
from engine.model.control import WorkerPlan
from engine.model.errors import LimelightError

MODULE = "engine.load.making.maker"
FIRST_BYTES = 1 << 20


@dataclass(frozen=True)
class _Asked:
    """A block that was asked for, in `ASK`'s words, and who waits for it."""

    words: bytes
    made: asyncio.Future[TrafficBlock]


class _Child:
    """One such process and its pipes."""

    def __init__(self, plan: bytes) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._down, self._up = self.process.stdin, self.process.stdout
        self.fd = self._up.fileno()
        os.set_blocking(self.fd, False)
        self.usage = ProcessUsage(self.process.pid)
        self.answered = False
        self.tell(plan)

    def tell(self, words: bytes) -> None:
        """Write a few words, for which the pipe always has room; one that ended is past telling."""
        with contextlib.suppress(BrokenPipeError):
            self._down.write(words)

    def end(self) -> int:
        """End it now; its exit code."""
        self.process.kill()
        code = self.process.wait()
        self._down.close()
        self._up.close()
        return code


class ProcessMaker:
    """Makes blocks in a child process; to be used on one event loop."""

    block_size = BLOCK

    def __init__(self, plan: WorkerPlan) -> None:
        self._plan = msgspec.json.encode(plan) + b"\n"
        self._loop = asyncio.get_running_loop()
        self._asked: deque[_Asked] = deque()
        self._frame = bytearray(FIRST_BYTES)
        self._filled = 0
        self._spent_seconds = 0.0
        self._child: _Child | None = self._start()

    def make(self, share: int, shares: int, index: int) -> asyncio.Future[TrafficBlock]:
        """A block of this share."""
        asked = _Asked(ASK.pack(share, shares, index), self._loop.create_future())
        self._asked.append(asked)
        if self._child is None:
            self._child = self._start()
        else:
            self._child.tell(asked.words)
        return asked.made

    def cpu_seconds(self) -> float:
        """User and system time of the process, and of those it replaced."""
        now = 0.0 if self._child is None else self._child.usage.cpu_seconds()
        return self._spent_seconds + now

    def rss_bytes(self) -> int:
        """Resident memory of the process."""
        return 0 if self._child is None else self._child.usage.rss_bytes()

    def close(self) -> None:
        """End the process."""
        for asked in self._asked:
            asked.made.cancel()
        self._asked.clear()
        if self._child is not None:
            self._end(self._child)

    def _start(self) -> _Child:
        """Start a process and ask it for all that is still to come."""
        child = _Child(self._plan)
        for asked in self._asked:
            child.tell(asked.words)
        self._filled = 0
        self._loop.add_reader(child.fd, self._readable, child)
        return child

    def _end(self, child: _Child) -> int:
        self._loop.remove_reader(child.fd)
        self._child = None
        self._spent_seconds += child.usage.cpu_seconds()
        return child.end()

    def _readable(self, child: _Child) -> None:
        """Read what is there of the one frame that is under way."""
        wanted = HEAD.size
        if self._filled >= HEAD.size:
            wanted += HEAD.unpack_from(self._frame)[0]
            if len(self._frame) < wanted:
                self._frame.extend(bytes(wanted - len(self._frame)))
        with memoryview(self._frame) as frame:
            try:
                count = os.readv(child.fd, [frame[self._filled : wanted]])
            except BlockingIOError:
                return
        self._filled += count
        if not count:
            self._ended(child)
        elif self._filled == wanted > HEAD.size:
            child.answered = True
            self._arrived(bytes(memoryview(self._frame)[HEAD.size : wanted]))

    def _arrived(self, body: bytes) -> None:
        rows = HEAD.unpack_from(self._frame)[1]
        self._filled = 0
        made = self._asked.popleft().made
        if made.cancelled():
            return
        try:
            made.set_result(unpacked(body, rows))
        except LimelightError as error:
            made.set_exception(error)

    def _ended(self, child: _Child) -> None:
        """Replace it if somebody waits for it, unless it never made anything."""
        code = self._end(child)
        if child.answered and self._asked:
            self._child = self._start()
        for asked in () if child.answered else self._asked:
            if not asked.made.done():
                msg = f"what makes the traffic ended (exit code {code}) before any: see the log"
                asked.made.set_exception(LimelightError(msg))
        if not child.answered:
            self._asked.clear()
