"""Arrival rate over time as a function with an exact area, and the inverse of that area.

Two kinds are enough for the five profiles. With r the rate (per second), t the schedule time
(seconds) and A(t) = ∫₀ᵗ r the expected arrivals by t:

`Pieces`: r is linear in each piece, so A is quadratic there and is inverted in closed form. In a
piece that starts at t₀ with rate r₀, slope s and area A₀

    A(t) = A₀ + r₀·d + s·d²/2             d = t - t₀
    d    = 2a / (r₀ + √(r₀² + 2·s·a))     a = A - A₀; this form does not cancel

`Wave`: r = m·(1 + α·sin(ωt)), so A(t) = m·t + m·α·(1 - cos ωt)/ω, which has no closed inverse. As
m·t ≤ A(t) ≤ m·t + 2·m·α/ω, the answer is bracketed by A/m - 2α/ω and A/m; Newton's steps are
taken inside the bracket and replaced by its middle where they would leave it.

All functions take and return numpy arrays of float64.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INVERSION_SECONDS = 1e-9
_STEPS = 80


class Shape(Protocol):
    """A rate over time with its area."""

    def rate(self, t: Floats) -> Floats:
        """Arrivals per second at schedule time t."""

    def area(self, t: Floats) -> Floats:
        """Expected arrivals by schedule time t."""

    def invert(self, area: Floats) -> Floats:
        """The smallest schedule time by which the area is reached."""

    def corners(self) -> list[tuple[float, float]] | None:
        """Points that draw the rate exactly with straight lines; None if there are none."""


class Pieces:
    """A rate that is linear in each piece; it may jump from piece to piece."""

    def __init__(self, starts: Floats, first: Floats, last: Floats, end: float) -> None:
        """Take the pieces' start times, rates at their start and end, and the end of the last."""
        lengths = np.diff(np.append(starts, end))
        self._starts, self._end = starts, end
        self._first, self._last = first, last
        self._slopes = (last - first) / lengths
        areas = np.cumsum((first + last) / 2 * lengths)
        self._areas = np.concatenate(([0.0], areas[:-1]))
        self._reached = areas

    def _piece(self, t: Floats) -> NDArray[np.intp]:
        return np.maximum(np.searchsorted(self._starts, t, side="right") - 1, 0)

    def rate(self, t: Floats) -> Floats:
        """Arrivals per second at schedule time t; at a jump, the rate after it."""
        k = self._piece(t)
        rates: Floats = self._first[k] + self._slopes[k] * (t - self._starts[k])
        return rates

    def area(self, t: Floats) -> Floats:
        """Expected arrivals by schedule time t."""
        k = self._piece(t)
        d = t - self._starts[k]
        areas: Floats = self._areas[k] + d * (self._first[k] + self._slopes[k] * d / 2)
        return areas

    def invert(self, area: Floats) -> Floats:
        """The smallest schedule time by which the area is reached."""
        k = np.minimum(np.searchsorted(self._reached, area, side="left"), len(self._starts) - 1)
        a = area - self._areas[k]
        root = np.sqrt(np.maximum(self._first[k] ** 2 + 2 * self._slopes[k] * a, 0))
        below = self._first[k] + root
        d = np.divide(2 * a, below, out=np.zeros_like(below), where=below > 0)
        times: Floats = np.minimum(self._starts[k] + d, self._end)
        return times

    def corners(self) -> list[tuple[float, float]]:
        """Start and end of every piece."""
        ends = np.append(self._starts[1:], self._end)
        columns = np.stack([self._starts, self._first, ends, self._last], axis=1)
        return [(float(t), float(r)) for row in columns for t, r in (row[:2], row[2:])]


class Wave:
    """A sine around a mean rate."""

    def __init__(self, mean_tps: float, amplitude: float, period_seconds: float) -> None:
        self._mean, self._amplitude = mean_tps, amplitude
        self._omega = 2 * math.pi / period_seconds

    def rate(self, t: Floats) -> Floats:
        """Arrivals per second at schedule time t."""
        rates: Floats = self._mean * (1 + self._amplitude * np.sin(self._omega * t))
        return rates

    def area(self, t: Floats) -> Floats:
        """Expected arrivals by schedule time t."""
        swing = self._amplitude / self._omega * (1 - np.cos(self._omega * t))
        areas: Floats = self._mean * (t + swing)
        return areas

    def invert(self, area: Floats) -> Floats:
        """The schedule time at which the area is reached, to a nanosecond."""
        high = area / self._mean
        low = np.maximum(high - 2 * self._amplitude / self._omega, 0)
        t = (low + high) / 2
        for _ in range(_STEPS):
            excess = self.area(t) - area
            high = np.where(excess >= 0, t, high)
            low = np.where(excess < 0, t, low)
            rate = self.rate(t)
            step = np.divide(excess, rate, out=np.full_like(t, np.inf), where=rate > 0)
            newton = t - step
            inside = (newton >= low) & (newton <= high)
            following = np.where(inside, newton, (low + high) / 2)
            if np.all(np.abs(following - t) < INVERSION_SECONDS):
                return following
            t = following
        return t

    def corners(self) -> None:
        """Draw a sine with straight lines and it is none."""
        return
