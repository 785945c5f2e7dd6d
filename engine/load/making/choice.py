"""Where a worker's traffic is made: in a process of its own if there is much of it.

A process costs some 45 MB and half a second of CPU to start, and its worker saves a fifth of its
CPU and half of its lateness at 10,000/s. A hundred workers that share such a rate send a hundred
each: a thread of theirs makes that without being noticed.
"""

from __future__ import annotations

from engine.load.making.contract import Maker
from engine.load.making.process import ProcessMaker
from engine.load.making.thread import ThreadMaker
from engine.load.profiles import Profile
from engine.load.traffic.source import traffic_of
from engine.model.control import WorkerPlan

FAST_TPS = 1_000  # of one worker


def maker_of(plan: WorkerPlan, profile: Profile) -> Maker:
    """What makes the traffic of a worker whose share is of this profile.

    Raises:
        LimelightError: there is no such traffic.
    """
    peak_tps = max(rate for _, rate in profile.corner_points())
    if peak_tps / plan.shares >= FAST_TPS:
        return ProcessMaker(plan)
    return ThreadMaker(traffic_of(plan))
