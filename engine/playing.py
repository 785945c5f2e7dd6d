"""A recorded run played in the terminal, by the lines of a live one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console

from engine.model.results import RunSummary
from engine.report.progress import Progress

if TYPE_CHECKING:
    from engine.replays import Replays

POLL_SECONDS = 0.05


def play(engine: Replays, run_id: str, speed: float, console: Console) -> RunSummary:
    """Play a run to its end; its summary, with the mark. Raises LimelightError."""
    engine.replay(run_id, speed)
    with Progress(console) as progress:
        state = engine.replay_state()
        progress.say(f"{state.marks[0]}: run {run_id}", "yellow")
        while state.summary is None:
            time.sleep(POLL_SECONDS)
            state = engine.replay_state()
            progress.show(state)
    return state.summary
