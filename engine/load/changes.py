"""A rate changed by hand while the run goes on, as a pure function of time like any other rate.

With A the area under the plan's rate and changes (t₁, f₁), (t₂, f₂), … in order of time, the
changed area is A(t) up to t₁, and from each change to the next

    A'(t) = A'(tᵢ) + fᵢ·(A(t) - A(tᵢ))           tᵢ ≤ t ≤ tᵢ₊₁

It is continuous and does not fall, so the same arrivals come in the same order at other instants,
and whoever knows the same changes agrees on all of them. Its inverse is that of A within the
interval the area falls into.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.load.shapes import Floats, Shape
from engine.model.errors import LimelightError

Change = tuple[float, float]


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes (schedule seconds, factor) by time; of several at one time the last counts.

    Raises:
        LimelightError: a factor is not above 0, so arrivals would never come.
    """
    by_time = {max(float(at), 0.0): float(factor) for at, factor in changes}
    if any(not 0 < factor < np.inf for factor in by_time.values()):
        msg = f"a rate's factor must be > 0, got {list(by_time.values())}"
        raise LimelightError(msg)
    return sorted(by_time.items())


class Changed:
    """A shape whose rate is multiplied from each change on."""

    def __init__(self, shape: Shape, changes: Iterable[Change]) -> None:
        self._shape = shape
        table = in_order([(0.0, 1.0), *changes])
        self._at, self._factors = np.asarray(table, dtype=np.float64).T
        self._before = shape.area(self._at)
        grown = np.cumsum(self._factors[:-1] * np.diff(self._before))
        self._areas = np.concatenate(([0.0], grown))

    def rate(self, t: Floats) -> Floats:
        """Arrivals per second at schedule time t; at a change, the rate after it."""
        rates: Floats = self._factors[self._interval(t)] * self._shape.rate(t)
        return rates

    def area(self, t: Floats) -> Floats:
        """Expected arrivals by schedule time t."""
        k = self._interval(t)
        areas: Floats = self._areas[k] + self._factors[k] * (self._shape.area(t) - self._before[k])
        return areas

    def invert(self, area: Floats) -> Floats:
        """The smallest schedule time by which the area is reached."""
        k = np.maximum(np.searchsorted(self._areas, area, side="left") - 1, 0)
        times = self._shape.invert(self._before[k] + (area - self._areas[k]) / self._factors[k])
        ends = np.append(self._at[1:], np.inf)
        return np.clip(times, self._at[k], ends[k])

    def corners(self) -> list[tuple[float, float]] | None:
        """Those of what was changed, and two at every change."""
        corners = self._shape.corners()
        if corners is None:
            return None
        drawn: list[tuple[float, float]] = []
        for (t0, r0), (t1, r1) in zip(corners[::2], corners[1::2], strict=True):
            cuts = [t0, *self._at[(self._at > t0) & (self._at < t1)].tolist(), t1]
            for begin, end in pairwise(cuts):
                factor = float(self._factors[self._interval(np.asarray((begin + end) / 2))])
                rates = (r0 + (r1 - r0) * (t - t0) / (t1 - t0) for t in (begin, end))
                drawn += [(t, factor * r) for t, r in zip((begin, end), rates, strict=True)]
        return drawn

    def _interval(self, t: Floats) -> NDArray[np.intp]:
        return np.maximum(np.searchsorted(self._at, t, side="right") - 1, 0)
