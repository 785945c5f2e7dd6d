"""A recorded run as it was at any of its ticks, so that it can be shown again as it happened.

Everything shown is what was recorded by then: ticks, events, faults. What was recorded only at the
end (the summary, the journal, the nodes' states, the table of right and wrong decisions) is not
there before the end. Every instant carries the mark REPLAY in the run's own marks, so that nothing
made from it can be without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from engine.metrics.aggregator import is_count
from engine.metrics.view import RunView
from engine.model.errors import StoreError
from engine.model.event import RunEvent
from engine.model.fault import FailureScenario
from engine.model.presentation import TransactionFlowNode
from engine.model.results import FaultRecord, RunSummary, TestStatus, Verdict
from engine.model.run import RunMeta, RunProgress, RunRow
from engine.model.tick import COLUMNS, Tick
from engine.ports import RunArchive
from engine.run.archive import ticks_of

REPLAY = "REPLAY"


@dataclass(frozen=True)
class Recording:
    """One finished run, read whole; `meta` and `summary` carry the mark already."""

    meta: RunMeta
    progress: RunProgress
    summary: RunSummary
    ticks: pd.DataFrame
    events: tuple[RunEvent, ...] = field(default=())

    @cached_property
    def instants(self) -> list[float]:
        """When each tick ended, in seconds since Start, increasing."""
        return [float(second) for second in self.ticks["t_seconds"]]

    @cached_property
    def rows(self) -> list[Tick]:
        """The ticks in order."""
        return [Tick(*(float(value) for value in row)) for row in self.ticks.to_numpy()]

    @cached_property
    def _totals(self) -> tuple[list[str], np.ndarray]:
        names = [name for name in COLUMNS if is_count(name)]
        return names, self.ticks[names].cumsum().to_numpy()

    def totals(self, count: int) -> dict[str, float]:
        """The counts of the first `count` ticks."""
        names, sums = self._totals
        return {} if count == 0 else dict(zip(names, map(float, sums[count - 1]), strict=True))

    def first_tick_of(self, schedule_seconds: float) -> int:
        """How many ticks ended by this second of the run clock."""
        return int((self.ticks["schedule_seconds"] <= schedule_seconds).sum())


def read_recording(store: RunArchive, run_id: str, speed: float) -> Recording:
    """A run that has ended and left ticks; raises StoreError for any other."""
    meta, progress, summary = store.load(run_id)
    ticks = ticks_of(store, run_id)
    if summary is None or ticks.empty:
        what = "has not ended" if summary is None else "left no tick"
        msg = f"run {run_id} {what}, so there is nothing to replay: choose another of the runs"
        raise StoreError(msg)
    mark = replay_mark(meta, speed)
    return Recording(
        meta=meta.model_copy(update={"marks": (mark, *meta.marks)}),
        progress=progress,
        summary=summary.model_copy(update={"marks": [mark, *summary.marks]}),
        ticks=ticks,
        events=tuple(store.events(run_id)),
    )


def replay_mark(meta: RunMeta, speed: float) -> str:
    """What stands on every screen of a replay: that it is one, of when, and how fast."""
    at = f" AT ×{speed:g}" if speed != 1 else ""
    return f"{REPLAY} OF {meta.started_at:%Y-%m-%d %H:%M} UTC{at}"


def view_at(recording: Recording, count: int) -> RunView:
    """The run after its first `count` ticks; after the last one, as it ended."""
    meta, summary = recording.meta, recording.summary
    ended = count >= len(recording.rows)
    tick = recording.rows[count - 1] if count else None
    now = tick.t_seconds if tick else 0.0
    clock = tick.schedule_seconds if tick else 0.0
    begun = [fault for fault in summary.faults if fault.onset_seconds <= now]
    return RunView(
        meta=meta,
        status=summary.status if ended else TestStatus.RUNNING,
        clock_seconds=clock,
        tick=tick,
        totals=recording.totals(count),
        confusion=recording.progress.confusion if ended else {},
        cpu_seconds=recording.progress.cpu_seconds if ended else {},
        nodes=tuple(recording.progress.nodes if ended else map(_unknown, recording.progress.nodes)),
        faults=tuple(begun if ended else (_by(fault, now) for fault in begun)),
        waiting_faults=() if ended else _waiting(meta, clock),
        events=tuple(event for event in recording.events if ended or event.t_seconds <= now),
        journal=summary.journal if ended else None,
        summary=summary if ended else None,
        rate_changes=tuple(
            change for change in recording.progress.rate_changes if change.schedule_seconds <= clock
        ),
        degraded=tuple(lost for lost in recording.progress.degraded if lost.from_seconds <= clock),
        dead_letters=tuple(recording.progress.dead_letters) if ended else (),
        resilience=summary.resilience if ended else None,
    )


def _unknown(node: TransactionFlowNode) -> TransactionFlowNode:
    """A node of which no state was recorded for that instant."""
    return TransactionFlowNode(
        node_id=node.node_id, node_type=node.node_type, node_name=node.node_name
    )


def _waiting(meta: RunMeta, clock: float) -> tuple[FailureScenario, ...]:
    return tuple(f for f in meta.scaled.failure_scenarios if f.start_time_seconds > clock)


def _by(fault: FaultRecord, now: float) -> FaultRecord:
    """What was known of a fault by then."""
    cleared = fault.clear_seconds is not None and fault.clear_seconds <= now
    back = fault.recovered_at_seconds is not None and fault.recovered_at_seconds <= now
    changes: dict[str, object] = {"scorecard": None}
    if not cleared:
        changes |= {"clear_seconds": None, "removed": False, "removal": ""}
    if not back:
        changes |= {
            "recovered_at_seconds": None,
            "recovery_from_onset_seconds": None,
            "recovery_from_clear_seconds": None,
            "failed_during": 0,
            "explanation": "",
        }
    detected = fault.detected_after_seconds
    if detected is None or fault.onset_seconds + detected > now:
        changes["detected_after_seconds"] = None
    return fault.model_copy(update=changes)


def good(row: RunRow) -> bool:
    """Whether a recording may stand in for a live run: it reached its end, and it passed."""
    return row.status is TestStatus.COMPLETED and row.verdict is Verdict.PASSED


def act_of(meta: RunMeta, clock_seconds: float) -> str | None:
    """The act under way at this second of the run clock."""
    begun = [act.title for act in meta.scaled.acts if act.start_seconds <= clock_seconds]
    return begun[-1] if begun else None


def start_of_act(meta: RunMeta, title: str | None) -> float:
    """When the act of this title begins on a run's clock; 0 without one."""
    return next((act.start_seconds for act in meta.scaled.acts if act.title == title), 0.0)
