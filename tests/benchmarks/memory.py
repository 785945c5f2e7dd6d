"""Resident memory of an app and its children over time, and how fast it grows.

The slope is that of the least-squares line through (minutes, MB); its standard error follows from
the line's residuals. MB are 10^6 bytes.
"""

import os
from dataclasses import dataclass, field

import numpy as np
import psutil

from engine.measure.resources import ProcessUsage

PARTS = {"worker": "engine.load.worker", "platform": "engine.platform"}
MEGABYTE = 1e6


@dataclass(frozen=True)
class Slope:
    """Growth in MB per minute, with its standard error, from that many samples."""

    mb_per_minute: float
    standard_error: float
    samples: int


def slope(seconds, megabytes):
    """The slope of one series; None where it is not determined (fewer than three samples)."""
    if len(seconds) < 3:
        return None
    minutes = np.asarray(seconds, dtype=float) / 60
    values = np.asarray(megabytes, dtype=float)
    spread = minutes - minutes.mean()
    square = float(spread @ spread)
    grown = float(spread @ (values - values.mean())) / square
    left = values - values.mean() - grown * spread
    error = float(np.sqrt(left @ left / (len(minutes) - 2) / square))
    return Slope(grown, error, len(minutes))


def from_share(seconds, share):
    """Which samples lie in the part of the time that begins at this share of it."""
    seconds = np.asarray(seconds, dtype=float)
    return seconds >= seconds[0] + share * (seconds[-1] - seconds[0])


@dataclass
class Memory:
    """Samples of this process (`app`) and of its load workers and platform processes, summed."""

    seconds: list[float] = field(default_factory=list)
    megabytes: dict[str, list[float]] = field(
        default_factory=lambda: {name: [] for name in ("app", *PARTS)}
    )
    processes: dict[str, int] = field(default_factory=dict)

    def sample(self, at_seconds):
        """Take one sample, unless a part is not there."""
        found = {name: _tree(module) for name, module in PARTS.items()}
        if not all(found.values()):
            return
        found["app"] = [os.getpid()]
        self.seconds.append(at_seconds)
        for name, pids in found.items():
            used = sum(ProcessUsage(pid).rss_bytes() for pid in pids)
            self.megabytes[name].append(used / MEGABYTE)
            self.processes[name] = len(pids)


def _tree(module):
    """Pids of the children that run a module, and of all below them."""
    tops = [one for one in psutil.Process().children() if _runs(one, module)]
    return [one.pid for top in tops for one in (top, *_below(top))]


def _below(process):
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _runs(process, module):
    try:
        return module in process.cmdline()
    except psutil.Error:
        return False
