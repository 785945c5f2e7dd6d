"""The machine that measures, and the line that tells it from another."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import psutil

from engine.model.results import Machine


def this_machine() -> Machine:
    """The machine and the versions that measure."""
    try:
        limelight = version("limelight")
    except PackageNotFoundError:
        limelight = "not installed"
    return Machine(
        cpu_count=os.cpu_count() or 1,
        memory_gb=round(psutil.virtual_memory().total / 1e9, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        limelight=limelight,
    )


def described(machine: Machine) -> str:
    """A machine in one line, as a calibration keeps it."""
    return f"{machine.cpu_count} cores, {machine.memory_gb:g} GB, {machine.system}"
