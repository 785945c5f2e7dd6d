"""Where a run is measured."""

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
