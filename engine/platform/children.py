"""One child process of the supervisor: started, spoken to, listened to, and buried."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import msgspec

from engine.measure.frames import FrameReader
from engine.platform.wire import Control, Note

_CHUNK = 65_536
_encode = msgspec.json.Encoder().encode
_decode = msgspec.msgpack.Decoder(Note).decode


class Child:
    """A running process of `python -m module`, in a session of its own.

    Its stdin is a socket pair (orders and sockets go down), its stdout a pipe of frames.
    """

    def __init__(self, module: str) -> None:
        ours, theirs = socket.socketpair()
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                start_new_session=True,
                env=environment,
            )
        self._control = ours
        self._frames = FrameReader()
        self.pid = self._process.pid

    def fileno(self) -> int:
        """The descriptor that becomes readable when notes arrive or the process ends."""
        if self._process.stdout is None:
            msg = "a child always has a pipe for its notes"
            raise RuntimeError(msg)
        return self._process.stdout.fileno()

    def tell(self, control: Control, carried: socket.socket | None = None) -> None:
        """Send an order; one that is dying does not hear it."""
        line = _encode(control) + b"\n"
        with suppress(OSError):
            if carried is None:
                self._control.sendall(line)
            else:
                socket.send_fds(self._control, [line], [carried.fileno()])

    def notes(self) -> list[Note] | None:
        """What it said since the last call; None once it has ended."""
        data = os.read(self.fileno(), _CHUNK)
        return [_decode(body) for body in self._frames.feed(data)] if data else None

    def kill(self) -> None:
        """SIGKILL; idempotent."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def bury(self) -> float:
        """Make sure it has ended, close its pipes; return the CPU seconds it used in its life."""
        self.kill()
        _, status, usage = os.wait4(self.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._control.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return usage.ru_utime + usage.ru_stime
