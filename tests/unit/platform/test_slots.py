"""A process that hangs is killed like one that died, and one that is slow is not accused."""

from __future__ import annotations

import asyncio
import math

from engine.platform import slots
from engine.platform.telemetry import Vital

QUIET = "engine.platform.scorer"  # says nothing until it is given its settings


def looks_until_killed(warm: bool, seconds: float) -> int:
    """How often a quiet process was looked at, so many seconds apart, until it was killed."""

    async def run() -> int:
        died = asyncio.Event()
        slot = slots.Slot(QUIET, Vital(), lambda: None, lambda _: None, died.set)
        slot.start()
        child, looks = slot.child, 0
        assert child is not None
        slot.warm = warm
        while child._process.poll() is None:
            looks += 1
            slot.waited(seconds)
            await asyncio.sleep(0.02 if looks * seconds > slots.SILENT_SECONDS else 0)
            assert looks < 1_000
        slot.closing = True
        async with asyncio.timeout(30.0):
            await died.wait()
        return looks

    return asyncio.run(run())


def test_a_process_that_says_nothing_is_killed_and_sooner_once_it_was_warm():
    assert math.isclose(looks_until_killed(True, 0.5), slots.SILENT_SECONDS / 0.5, abs_tol=3)
    assert looks_until_killed(False, 0.5) >= slots.WARM_SECONDS / 0.5


def test_time_in_which_nobody_looked_accuses_no_process():
    assert looks_until_killed(True, 3600.0) >= slots.SILENT_SECONDS / slots.LONGEST_LOOK_SECONDS
