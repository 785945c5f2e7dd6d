"""The five load profiles as rates over the run clock, with area and inverse.

Times are schedule seconds (0 at Start, pauses left out), rates per second. A profile is cut at
the duration of its run; what the fields mean is in `engine.model.scenario.LoadProfile`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from engine.load.changes import Change, Changed, in_order
from engine.load.shapes import Floats, Pieces, Shape, Wave
from engine.model.scenario import LoadProfile, LoadProfileType

Point = tuple[float, float]

SHORTEST_SECONDS = 1e-9


class Profile:
    """One load profile over one duration; `seed` decides the rates of chaos.

    From each of `changes` (schedule seconds, factor) on the rate is the profile's times the factor.
    """

    def __init__(
        self,
        profile: LoadProfile,
        duration_seconds: float,
        seed: int,
        changes: Sequence[Change] = (),
    ) -> None:
        self.duration_seconds = float(duration_seconds)
        self._load, self._seed = profile, seed
        self._shape: Shape = _shape(profile, self.duration_seconds, seed)
        within = [change for change in in_order(changes) if change[0] < self.duration_seconds]
        if within:
            self._shape = Changed(self._shape, within)

    def changed(self, changes: Iterable[Change]) -> Profile:
        """The same with these changes, which are all: any it has now do not count.

        Raises:
            LimelightError: a factor is not above 0.
        """
        return Profile(self._load, self.duration_seconds, self._seed, list(changes))

    @overload
    def rate_tps(self, t: float) -> float: ...
    @overload
    def rate_tps(self, t: Floats) -> Floats: ...
    def rate_tps(self, t: float | Floats) -> float | Floats:
        """Arrivals per second at schedule time t; 0 before the start and after the end."""
        times = np.asarray(t, dtype=np.float64)
        inside = (times >= 0) & (times <= self.duration_seconds)
        rates = np.where(inside, self._shape.rate(np.clip(times, 0, self.duration_seconds)), 0.0)
        return rates if isinstance(t, np.ndarray) else float(rates)

    @overload
    def area(self, t: float) -> float: ...
    @overload
    def area(self, t: Floats) -> Floats: ...
    def area(self, t: float | Floats) -> float | Floats:
        """Expected arrivals by schedule time t, clamped to the run."""
        areas = self._shape.area(np.clip(np.asarray(t, dtype=np.float64), 0, self.duration_seconds))
        return areas if isinstance(t, np.ndarray) else float(areas)

    def invert(self, area: Floats) -> Floats:
        """The smallest schedule time with that area, shape (n,); at most the duration."""
        return np.clip(self._shape.invert(area), 0, self.duration_seconds)

    def steady_spans(self) -> list[tuple[float, float]]:
        """(begin, end) in schedule seconds of all but ramp up, ease and ramp down; may be empty."""
        load, end = self._load, self.duration_seconds
        if load.profile_type is not LoadProfileType.RAMP_UP:
            return [(0.0, end)]
        up = load.ramp_up_seconds
        down = max(end - load.ramp_down_seconds, up)
        spans = [(up, down)]
        if load.hold_seconds is not None and load.ease_seconds > SHORTEST_SECONDS:
            held = up + load.hold_seconds
            spans = [(up, min(held, down)), (held + load.ease_seconds, down)]
        return [(begin, over) for begin, over in spans if begin < over]

    def corner_points(self, max_points: int = 400) -> list[Point]:
        """Points (schedule seconds, rate) that draw the plan with straight lines.

        Exact where the rate is made of at most `max_points` corners, else evenly sampled.
        """
        corners = self._shape.corners()
        if corners is not None and len(corners) <= max_points:
            return corners
        times: NDArray[np.float64] = np.linspace(0, self.duration_seconds, max_points)
        return list(zip(times.tolist(), self.rate_tps(times).tolist(), strict=True))


def _shape(profile: LoadProfile, duration: float, seed: int) -> Shape:
    match profile.profile_type:
        case LoadProfileType.RAMP_UP:
            return _through(_ramp_points(profile, duration))
        case LoadProfileType.SUSTAINED:
            rate = profile.sustained_tps
            return _through([(0, rate), (duration, rate)])
        case LoadProfileType.BURST:
            return _bursts(profile, duration)
        case LoadProfileType.WAVE:
            return Wave(profile.sustained_tps, profile.wave_amplitude, profile.wave_period_seconds)
        case LoadProfileType.CHAOS:
            return _chaos(profile, duration, seed)


def _ramp_points(profile: LoadProfile, duration: float) -> list[Point]:
    """Corners of ramp, hold, ease and ramp down, cut at the duration.

    The ramp down begins no earlier than the ramp up has ended, so a run that is cut short is a
    ramp up that ends early, not a run without load.
    """
    up = profile.ramp_up_seconds
    corners: list[Point] = [(0, profile.start_tps), (up, profile.peak_tps)]
    if profile.hold_seconds is not None:
        held = up + profile.hold_seconds
        corners += [(held, profile.peak_tps), (held + profile.ease_seconds, profile.sustained_tps)]
    corners.append((max(duration, corners[-1][0]), corners[-1][1]))
    down = max(duration - profile.ramp_down_seconds, up)
    if profile.ramp_down_seconds > 0 and down < duration:
        return [*_cut(corners, down), (duration, 0)]
    return _cut(corners, duration)


def _cut(corners: list[Point], end: float) -> list[Point]:
    """The corners up to `end`, with the rate reached there."""
    kept = [corner for corner in corners if corner[0] <= end]
    if kept[-1][0] < end:
        (t0, r0), (t1, r1) = kept[-1], corners[len(kept)]
        kept.append((end, r0 + (r1 - r0) * (end - t0) / (t1 - t0)))
    return kept


def _through(corners: list[Point]) -> Pieces:
    """Straight lines through the corners; two corners within a nanosecond are a jump."""
    lines = [(t0, r0, r1) for (t0, r0), (t1, r1) in pairwise(corners) if t1 - t0 > SHORTEST_SECONDS]
    starts, first, last = np.asarray(lines, dtype=np.float64).T
    starts[0] = 0.0
    return Pieces(starts, first, last, corners[-1][0])


def _bursts(profile: LoadProfile, duration: float) -> Pieces:
    interval, length = profile.burst_interval_seconds, profile.burst_duration_seconds
    begins = np.arange(profile.first_burst_seconds, duration, interval)
    ends = begins + min(length, interval)
    starts = np.concatenate(([0.0], np.stack([begins, ends], axis=1).ravel()))
    rates = np.concatenate(
        ([profile.sustained_tps], np.tile([profile.burst_tps, profile.sustained_tps], len(begins)))
    )
    return _steps(starts, rates, duration)


def _chaos(profile: LoadProfile, duration: float, seed: int) -> Pieces:
    starts = np.arange(0, duration, profile.chaos_change_interval_seconds)
    draws = np.random.default_rng(seed).random(len(starts))
    low, high = profile.chaos_min_tps, profile.chaos_max_tps
    return _steps(starts, low + (high - low) * draws, duration)


def _steps(starts: Floats, rates: Floats, duration: float) -> Pieces:
    """Constant rates; of several that start at one time the last counts."""
    lasting = (np.diff(np.append(starts, duration)) > 0) & (starts < duration)
    return Pieces(starts[lasting], rates[lasting], rates[lasting], duration)
