"""A set of arrival numbers as a bitmap: one bit an arrival, flat in memory however long the run."""

from __future__ import annotations

import numpy as np

_FIRST_BYTES = 1 << 14


class ArrivalSet:
    """Distinct arrival numbers (0 and up)."""

    def __init__(self) -> None:
        self._bits = np.zeros(_FIRST_BYTES, dtype=np.uint8)

    def add(self, numbers: np.ndarray) -> None:
        """Add arrival numbers, shape (n,), any integer type; repeats are harmless."""
        if not len(numbers):
            return
        numbers = numbers.astype(np.int64)
        self._grow(int(numbers.max()))
        np.bitwise_or.at(self._bits, numbers >> 3, (1 << (numbers & 7)).astype(np.uint8))

    def contains(self, numbers: np.ndarray) -> np.ndarray:
        """Which of the numbers are in the set: bool, shape (n,)."""
        numbers = numbers.astype(np.int64)
        inside = (numbers >= 0) & (numbers >> 3 < len(self._bits))
        found = np.zeros(len(numbers), dtype=bool)
        kept = numbers[inside]
        found[inside] = (self._bits[kept >> 3] >> (kept & 7).astype(np.uint8)) & 1 == 1
        return found

    def take(self, most: int) -> np.ndarray:
        """Remove the lowest numbers and return them, ascending, at most `most` ≥ 8: int64."""
        at = np.flatnonzero(self._bits)[: most // 8]
        rows, places = np.nonzero(np.unpackbits(self._bits[at], bitorder="little").reshape(-1, 8))
        self._bits[at] = 0
        numbers: np.ndarray = at[rows] * 8 + places
        return numbers

    def __bool__(self) -> bool:
        return bool(self._bits.any())

    def __len__(self) -> int:
        return int(np.unpackbits(self._bits).sum())

    def _grow(self, number: int) -> None:
        needed = (number >> 3) + 1
        if needed <= len(self._bits):
            return
        size = len(self._bits)
        while size < needed:
            size *= 2
        grown = np.zeros(size, dtype=np.uint8)
        grown[: len(self._bits)] = self._bits
        self._bits = grown
