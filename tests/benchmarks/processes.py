"""Resident memory of each process of a run over transactions, and how fast it grows.

The slope is that of the least-squares line through (million transactions decided, MB) over the
second half of the samples, when what has a bound is full. MB are 10^6 bytes.
"""

import os
from dataclasses import dataclass, field

import numpy as np
import psutil

from engine.measure.resources import ProcessUsage

MEGABYTE = 1e6
MODULES = {
    "engine.load.worker": "worker",
    "engine.platform": "supervisor",
    "engine.platform.edge": "edge",
    "engine.platform.scorer": "scorer",
}


@dataclass
class Series:
    """Samples of every process by name; a process that came later has fewer."""

    millions: dict[str, list[float]] = field(default_factory=dict)
    megabytes: dict[str, list[float]] = field(default_factory=dict)

    def sample(self, millions):
        """Take one sample of this process (`app`) and of what it started."""
        found = {"app": os.getpid(), **named(psutil.Process())}
        for name, pid in found.items():
            try:
                used = ProcessUsage(pid).rss_bytes() / MEGABYTE
            except (OSError, psutil.Error):
                continue  # it ended a moment ago
            self.millions.setdefault(name, []).append(round(millions, 4))
            self.megabytes.setdefault(name, []).append(round(used, 2))


def named(process):
    """Pids of load workers and platform processes below a process, by name and order of start."""
    found = {}
    for child in sorted(process.children(recursive=True), key=lambda one: one.pid):
        try:
            words = child.cmdline()
        except psutil.Error:
            continue
        module = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
        if module in MODULES:
            found.setdefault(MODULES[module], []).append(child.pid)
    return {
        kind if len(pids) == 1 and kind != "scorer" else f"{kind} {place + 1}": pid
        for kind, pids in found.items()
        for place, pid in enumerate(pids)
    }


def slope(millions, megabytes):
    """MB per million over the second half; None with fewer than three samples in it."""
    x, y = np.asarray(millions, dtype=float), np.asarray(megabytes, dtype=float)
    if not len(x):
        return None
    chosen = x >= x[0] + (x[-1] - x[0]) / 2
    x, y = x[chosen], y[chosen]
    if len(x) < 3 or x[0] == x[-1]:
        return None
    away = x - x.mean()
    return float(away @ (y - y.mean()) / (away @ away))
