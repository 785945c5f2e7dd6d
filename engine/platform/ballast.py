"""Ballast: memory that a scorer takes on purpose, really, and gives back at an instant.

Anonymous mappings, every page of them written, so that they are resident and leave at once when
they are unmapped. Taken and given back by a thread of its own, in parts, so that the thread that
serves waits for none of it and nobody has to remember to end it.
"""

from __future__ import annotations

import mmap
import sys
import threading
import time
from collections.abc import Callable

from engine.platform.wire import Load

PART_BYTES = 8_000_000
LOOK_SECONDS = 0.25  # at how long it may hold by now
_PAGE = mmap.PAGESIZE


class Ballast:
    """What a process takes beside its customers.

    Args:
        limit_bytes: What the customers may have without ballast.
        leave: Told how many bytes are left for them, whenever that changes; in any thread.
    """

    def __init__(self, limit_bytes: int, leave: Callable[[int], None]) -> None:
        self._limit_bytes, self._leave = limit_bytes, leave
        self._guard = threading.Lock()
        self._heap: Heap | None = None

    @property
    def bytes(self) -> int:
        """What is taken and touched now."""
        heap = self._heap
        return heap.bytes if heap is not None else 0

    def burden(self, load: Load | None) -> None:
        """Take this much from now on, or nothing; in place of what was before."""
        with self._guard:
            former = self._heap
            if former is not None and load is not None and former.share == load.share:
                former.until_ns = load.until_ns
                return
            if former is not None:
                former.ended.set()
            self._heap = None
            wanted = 0
            if load is not None:
                wanted = int(min(max(load.share, 0.0), 1.0) * self._limit_bytes)
                self._heap = Heap(load, wanted)
                threading.Thread(
                    target=self._hold, args=(self._heap,), name="ballast", daemon=True
                ).start()
            self._leave(self._limit_bytes - wanted)

    def _hold(self, heap: Heap) -> None:
        heap.hold()
        with self._guard:
            if self._heap is heap:
                self._heap = None
                self._leave(self._limit_bytes)


class Heap:
    """One order's memory; `bytes` of it are touched now."""

    def __init__(self, load: Load, wanted: int) -> None:
        self.share = load.share
        self.until_ns = load.until_ns
        self.ended = threading.Event()
        self.bytes = 0
        self._wanted = wanted

    def hold(self) -> None:
        """Take it, keep it until its end, give it back."""
        parts: list[mmap.mmap] = []
        try:
            while self.bytes < self._wanted and not self._over():
                parts.append(_touched(min(PART_BYTES, self._wanted - self.bytes)))
                self.bytes += len(parts[-1])
        except (OSError, MemoryError) as error:
            print(f"scorer: ballast ends at {self.bytes} bytes: {error}", file=sys.stderr)  # noqa: T201 - the one place where a child says why
        while not self._over():
            rest = (self.until_ns - time.monotonic_ns()) / 1e9
            self.ended.wait(min(max(0.0, rest), LOOK_SECONDS))
        for part in parts:
            self.bytes -= len(part)
            part.close()

    def _over(self) -> bool:
        return self.ended.is_set() or time.monotonic_ns() >= self.until_ns


def _touched(size: int) -> mmap.mmap:
    """So many bytes of memory, every page of it written."""
    part = mmap.mmap(-1, size)
    pages = -(-size // _PAGE)
    for page in range(pages):
        part[page * _PAGE] = 1 + page % 255
    return part
