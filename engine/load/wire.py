"""A worker's two pipes: commands down, frames up.

Down: a daemon thread reads lines from stdin, so the end of the pipe (the app is gone) ends the
process at once, whatever the event loop is doing. Up: writes never block; what the pipe does not
take waits here, and while more than `MOST_PENDING` bytes wait the worker sends no further report
but lets its deltas add up.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable
from io import FileIO
from typing import NoReturn

import msgspec

from engine.measure.frames import encode
from engine.model.control import WorkerCommand, WorkerMessage

MOST_PENDING = 256 * 1024

_decoder = msgspec.json.Decoder(WorkerCommand)


def read_command(stream: FileIO) -> WorkerCommand:
    """The next command; ends the process where the pipe has ended.

    Raises:
        msgspec.MsgspecError: the line is no command.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        end_process()
    command: WorkerCommand = _decoder.decode(line)
    return command


def end_process() -> NoReturn:
    """End at once: nobody is left to report to."""
    os._exit(0)


def listen(
    stream: FileIO, loop: asyncio.AbstractEventLoop, handle: Callable[[WorkerCommand], None]
) -> None:
    """Hand every command to the loop, from a daemon thread; end with the pipe."""

    def listening() -> None:
        while True:
            try:
                command = read_command(stream)
            except msgspec.MsgspecError:
                end_process()
            if not loop.is_closed():
                loop.call_soon_threadsafe(handle, command)

    threading.Thread(target=listening, name="commands", daemon=True).start()


class UpPipe:
    """Frames to the app over a pipe that is never waited for."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pending = bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None
        os.set_blocking(fd, False)

    @property
    def backed_up(self) -> bool:
        """Whether so much waits that deltas should add up instead."""
        return len(self._pending) > MOST_PENDING

    def send(self, message: WorkerMessage) -> None:
        """Write now what the pipe takes, and the rest when it takes more."""
        self._pending += encode(message)
        self._write()
        if self._pending and self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_writer(self._fd, self._write)

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until all is written, but not for ever; whether it is."""
        deadline = time.monotonic() + timeout_seconds
        while self._pending and time.monotonic() < deadline:
            select.select([], [self._fd], [], max(deadline - time.monotonic(), 0))
            self._write()
        return not self._pending

    def _write(self) -> None:
        try:
            while self._pending:
                del self._pending[: os.write(self._fd, self._pending)]
        except BlockingIOError:
            return
        except BrokenPipeError:
            end_process()
        if self._loop is not None:
            self._loop.remove_writer(self._fd)
            self._loop = None
