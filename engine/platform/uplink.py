"""The supervisor's way up to the app: frames on stdout that never make it wait.

An app that is busy does not read. Reports are offers: with one still unsent, a new one is dropped,
so nothing piles up and restarts go on. What must arrive (ready, failed) is sent after what waits.
"""

from __future__ import annotations

import os

from engine.measure.frames import encode
from engine.model.control import PlatformMessage


class Uplink:
    """Writes to a non-blocking descriptor, and keeps what did not fit."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._unsent = b""

    def offer(self, message: PlatformMessage) -> None:
        """Send, or drop it if the last one is still unsent."""
        self.flush()
        if not self._unsent:
            self.send(message)

    def send(self, message: PlatformMessage) -> None:
        """Send as soon as there is room."""
        self._unsent += encode(message)
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        while self._unsent:
            try:
                self._unsent = self._unsent[os.write(self._descriptor, self._unsent) :]
            except BlockingIOError:
                return
            except OSError:  # nobody reads any more; stdin will say so, too
                self._unsent = b""
