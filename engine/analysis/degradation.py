"""How far the target is from well, in four levels, as its clients and its own reports show it.

The level is that of the worst signal; a signal is at a level from its bound on (mean health: down
to it), in shares of 1 unless the unit says otherwise:

    signal         moderate  severe  critical   from the tick's columns
    errors             1 %      5 %      10 %   error_rate, of the latest second
    p99                5 s     10 s      20 s   response_p99_ms, from the due instant
    CPU               80 %     90 %      95 %   platform_cpu_cores ÷ the cores it can use
    memory            85 %     92 %      97 %   memory_share: fullest scorer ÷ what it may take
    timeouts           2 %      5 %      10 %   timeout_rate, of the latest second's attempts
    agent health      0.80     0.60      0.40   agent_health: mean over agents of answered ÷ asked

CPU is that of all the platform's processes together. Each of them computes in one thread, so the
cores it can use are the fewer of this machine's and of edge and scorers. What was not measured asks
for no level; a tick in which no signal was measured has none. A target that reports nothing of
itself is judged by errors, p99 and timeouts alone.

A level counts as changed once it was another for `HELD_TICKS` ticks in a row, so that a value that
flickers about its bound does not fill the timeline; the seconds at a level are those of the ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

from engine.model.metrics import DegradationLevel
from engine.model.tick import Tick

LEVELS = tuple(DegradationLevel)
HELD_TICKS = 3


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on a signal is moderate, severe and critical; `falling`: the less the worse."""

    name: str
    unit: str
    moderate: float
    severe: float
    critical: float
    falling: bool = False

    def level(self, value: float) -> int:
        """Index in `LEVELS`; 0 for what is not a number."""
        bounds = (self.moderate, self.severe, self.critical)
        if self.falling:
            return sum(value <= bound for bound in bounds)
        return sum(value >= bound for bound in bounds)


BOUNDS = (
    Bounds("errors", "ratio", 0.01, 0.05, 0.10),
    Bounds("p99", "ms", 5_000.0, 10_000.0, 20_000.0),
    Bounds("cpu", "ratio", 0.80, 0.90, 0.95),
    Bounds("memory", "ratio", 0.85, 0.92, 0.97),
    Bounds("timeouts", "ratio", 0.02, 0.05, 0.10),
    Bounds("agent health", "ratio", 0.80, 0.60, 0.40, falling=True),
)


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of one tick: its name, value in its unit, and the level it asks for (0..3)."""

    name: str
    unit: str
    value: float
    level: int


def signals(tick: Tick, processors: int) -> list[Signal]:
    """What was measured of the six signals in a tick, on a machine of so many processors."""
    values = (
        tick.error_rate,
        tick.response_p99_ms,
        _cpu_share(tick, processors),
        tick.memory_share,
        tick.timeout_rate,
        tick.agent_health,
    )
    return [
        Signal(bounds.name, bounds.unit, value, bounds.level(value))
        for bounds, value in zip(BOUNDS, values, strict=True)
        if not isnan(value)
    ]


def _cpu_share(tick: Tick, processors: int) -> float:
    if isnan(tick.platform_cpu_cores) or isnan(tick.scorers_asked):
        return nan
    return tick.platform_cpu_cores / min(processors, 1 + tick.scorers_asked)


def worst(found: list[Signal]) -> Signal | None:
    """The signal that makes the level: the first of the worst; None where none was measured."""
    return max(found, key=lambda signal: signal.level, default=None)


def level_of(tick: Tick, processors: int) -> float:
    """The tick column `degradation_level`: 0 (none) to 3 (critical), nan where unknown."""
    found = worst(signals(tick, processors))
    return nan if found is None else float(found.level)


class Levels:
    """The levels of a run, tick after tick.

    Attributes:
        now: The level that counts, an index in `LEVELS`; None before the first known one.
        worst: The highest of any tick, likewise.
        ticks: Ticks at each level.
        events: How often the level that counts rose above none.
    """

    def __init__(self) -> None:
        self.now: int | None = None
        self.worst: int | None = None
        self.ticks = [0] * len(LEVELS)
        self.events = 0
        self._other: tuple[int, int] = (0, 0)  # level, for how many ticks

    def add(self, level: float) -> bool:
        """Take one tick's `degradation_level`; whether the level that counts changed.

        The first known level is taken as it comes, and is no change where it is none.
        """
        if isnan(level):
            return False
        found = int(level)
        self.ticks[found] += 1
        self.worst = found if self.worst is None else max(self.worst, found)
        if found == (self.now or 0):
            self.now, self._other = found, (found, 0)
            return False
        lasting = self._other[1] + 1 if self._other[0] == found else 1
        self._other = (found, lasting)
        if lasting < HELD_TICKS:
            return False
        self.events += not self.now
        self.now, self._other = found, (found, 0)
        return True
