"""When each transaction is due: arrival number → due instant, a pure function.

Load is open: arrivals are due whether or not the target keeps up. With A(t) the area under the
profile's rate up to schedule time t (seconds), the arrivals due by t are ⌊A(t)⌋ and arrival n
(0, 1, 2, …) is due at the smallest t with A(t) ≥ n + 1. A schedule has no state, so any worker can
compute the instants of just the arrivals that are its own, and a late worker cannot shift them.

Workers count in whole nanoseconds: an arrival is due at ⌊t · 10⁹⌋, and one the run never reaches is
due at `NEVER_NS`. Areas are sums of floats: up to 3.6e8 arrivals they are right to 1e-7, so a count
takes an arrival whose area is within 1e-6 as reached.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import NDArray

from engine.load.profiles import Profile
from engine.load.shapes import Floats

ROUNDING = 1e-6
NEVER_NS = 1 << 62
_NEARBY = 4


class Pacer:
    """Due instants over one profile; `total` is the arrivals of the whole run."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.total = self.count_by(profile.duration_seconds)

    def due_seconds(self, numbers: NDArray[np.int64]) -> Floats:
        """Schedule time in seconds at which each arrival is due, shape (n,)."""
        return self.profile.invert(np.asarray(numbers, dtype=np.float64) + 1)

    def due_ns(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Schedule time in ns at which each arrival is due, `NEVER_NS` from `total` on."""
        due = (self.due_seconds(numbers) * 1e9).astype(np.int64)
        return np.where(numbers < self.total, due, NEVER_NS)

    def count_before_ns(self, schedule_ns: int) -> int:
        """Arrivals whose `due_ns` is less than this."""
        near = max(self.count_by(schedule_ns / 1e9) - _NEARBY, 0)
        numbers = np.arange(near, near + 2 * _NEARBY)
        return near + int((self.due_ns(numbers) < schedule_ns).sum())

    @overload
    def count_by(self, t: float) -> int: ...
    @overload
    def count_by(self, t: Floats) -> NDArray[np.int64]: ...
    def count_by(self, t: float | Floats) -> int | NDArray[np.int64]:
        """Arrivals due by schedule time t in seconds."""
        counts = np.floor(np.asarray(self.profile.area(t)) + ROUNDING).astype(np.int64)
        return counts if isinstance(t, np.ndarray) else int(counts)
