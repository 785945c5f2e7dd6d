"""Child processes of this program: `python -m …` with a command pipe down and frames up.

A child ends when its command pipe closes, so it cannot outlive this process however that dies.
Frames are read by a thread; writing commands never blocks for long, because children read them in
a thread of their own.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO

import msgspec

from engine.measure.frames import FrameReader

READ_BYTES = 1 << 16
END_SECONDS = 2.0
_encode = msgspec.json.Encoder().encode


class Child:
    """One child process running `module`.

    Args:
        module: What to run with `python -m`.
        log: File that takes what the child writes to standard error.
        kept: How many unread frames are kept, the newest; None keeps all.
    """

    def __init__(self, module: str, log: Path, kept: int | None = None) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._errors: IO[bytes] = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._frames: deque[bytes] = deque(maxlen=kept)
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, name=f"frames {module}", daemon=True)
        self._reader.start()

    def send(self, message: msgspec.Struct) -> bool:
        """Write one command; whether the child could still be told."""
        pipe = self._process.stdin
        with self._writing:
            if pipe is None or pipe.closed:
                return False
            try:
                pipe.write(_encode(message) + b"\n")
                pipe.flush()
            except OSError:
                return False
        return True

    def frames(self) -> list[bytes]:
        """The bodies that arrived since the last call; never blocks."""
        found = []
        while self._frames:
            found.append(self._frames.popleft())
        return found

    @property
    def ended(self) -> bool:
        """Whether the child has closed its end and everything it sent was taken."""
        return self._ended.is_set() and not self._frames

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End the process now, also one that is stopped; `close` takes it away."""
        self._process.kill()

    def close(self, patience_seconds: float = END_SECONDS) -> None:
        """Close its command pipe, wait, kill if need be; idempotent."""
        pipe = self._process.stdin
        if pipe is not None:
            with self._writing, contextlib.suppress(OSError):
                pipe.close()
        try:
            self._process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(END_SECONDS)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()
        self._errors.close()

    def _read(self) -> None:
        reader = FrameReader()
        pipe = self._process.stdout
        if pipe is None:
            return
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(pipe.fileno(), READ_BYTES):
                self._frames.extend(reader.feed(chunk))
        self._ended.set()
