"""The shared buffer: one writer appends ticks, everybody else gets consistent pandas copies."""

from __future__ import annotations

import threading
from dataclasses import astuple

import numpy as np
import pandas as pd

from engine.model.tick import COLUMNS, Tick

_FIRST_CAPACITY = 1_024


class MetricsBuffer:
    """Ticks of the current run, one row each, in the columns of `engine.model.tick.COLUMNS`.

    `version` grows with every append and reset, so a reader can tell whether anything changed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows = np.full((_FIRST_CAPACITY, len(COLUMNS)), np.nan)
        self._count = 0
        self._version = 0

    def append(self, tick: Tick) -> int:
        """Add one row; returns the new version."""
        with self._lock:
            if self._count == len(self._rows):
                self._rows = np.concatenate([self._rows, np.full_like(self._rows, np.nan)])
            self._rows[self._count] = astuple(tick)
            self._count += 1
            self._version += 1
            return self._version

    def reset(self) -> None:
        """Forget all rows: a new run begins."""
        with self._lock:
            self._count = 0
            self._version += 1

    @property
    def version(self) -> int:
        """How often the buffer has changed."""
        return self._version

    def frame(self, last: int | None = None) -> pd.DataFrame:
        """A copy of all rows, or of the last few: float64, shape (rows, len(COLUMNS))."""
        with self._lock:
            first = 0 if last is None else max(0, self._count - last)
            rows = self._rows[first : self._count].copy()
        return pd.DataFrame(rows, columns=list(COLUMNS))
