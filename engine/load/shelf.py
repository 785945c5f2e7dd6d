"""Dead letters in the order they came: the oldest in memory, the rest in a file.

So memory is bounded, however long a target is down: `MOST_IN_MEMORY` letters of less than a
kilobyte. The file lies in the run's folder and has no name: it is gone with the worker, whatever
ends that. It holds bodies, never a request's head, which may bear a secret. What neither has room
for is not kept, and whoever adds it is told.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable
from typing import IO

import msgspec

from engine.load.arrival import Arrival
from engine.load.senders.answer_head import END_OF_HEAD
from engine.measure.frames import FrameReader, encode
from engine.model.dead_letter import Why

MOST_IN_MEMORY = 4096
MOST_ON_DISK_BYTES = 256 * 1024 * 1024
READ_BYTES = 256 * 1024

Prepare = Callable[[bytes], bytes]


class Letter(msgspec.Struct):
    """A transaction that failed; `turn` says which failed before which, `outcome` how it ended."""

    arrival: Arrival
    turn: int
    outcome: str
    why: Why
    failed_ns: int
    redrives: int = 0


_decode = msgspec.msgpack.Decoder(Letter).decode


class Shelf:
    """First in, first out.

    Args:
        prepare: Makes a request of a body again.
        folder: Where the file lies; empty: there is none.
        in_memory: How many letters are kept in memory.
        on_disk_bytes: How long the file may become.
    """

    def __init__(
        self,
        prepare: Prepare,
        folder: str = "",
        in_memory: int = MOST_IN_MEMORY,
        on_disk_bytes: int = MOST_ON_DISK_BYTES,
    ) -> None:
        self._prepare, self._folder = prepare, folder
        self._in_memory, self._on_disk_bytes = in_memory, on_disk_bytes
        self._letters: deque[Letter] = deque()
        self._file: IO[bytes] | None = None
        self._frames = FrameReader()
        self._read = self._written = self._spilled = 0

    def __len__(self) -> int:
        return len(self._letters) + self._spilled

    def add(self, letter: Letter) -> bool:
        """Put it last; whether there was room."""
        if not self._spilled and len(self._letters) < self._in_memory:
            self._letters.append(letter)
            return True
        return bool(self._folder) and self._spill(letter)

    def first(self) -> Letter | None:
        """Who came first of those that are left."""
        if not self._letters and self._spilled:
            self._unspill()
        return self._letters[0] if self._letters else None

    def take(self) -> Letter:
        """Take out what `first` returned."""
        return self._letters.popleft()

    def close(self) -> None:
        """Let the file go, and with it all that is in it."""
        if self._file is not None:
            self._file.close()

    def _spill(self, letter: Letter) -> bool:
        head, blank, body = letter.arrival.request.partition(END_OF_HEAD)
        kept = msgspec.structs.replace(letter.arrival, request=body if blank else head)
        data = encode(msgspec.structs.replace(letter, arrival=kept))
        if self._written + len(data) > self._on_disk_bytes:
            return False
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
            os.pwrite(self._file.fileno(), data, self._written)
        except OSError:
            return False
        self._written += len(data)
        self._spilled += 1
        return True

    def _unspill(self) -> None:
        """Read some back; once all is read, the file begins again."""
        assert self._file is not None
        while not self._letters:
            data = os.pread(self._file.fileno(), READ_BYTES, self._read)
            self._read += len(data)
            for body in self._frames.feed(data):
                letter = _decode(body)
                letter.arrival.request = self._prepare(letter.arrival.request)
                self._letters.append(letter)
        self._spilled -= len(self._letters)
        if not self._spilled:
            os.ftruncate(self._file.fileno(), 0)
            self._read = self._written = 0
