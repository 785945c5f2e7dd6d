"""A run read back from the store, whole: what pages, snapshots and comparisons draw."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.metrics.record import RunRecord
from engine.model.results import TestStatus
from engine.report.figures import stage_figures
from engine.report.stage import stage_input
from engine.run import archive
from engine.wiring import SqliteStore


def read_record(store: SqliteStore, run_id: str) -> RunRecord:
    """One run; one under way as far as it got. Raises StoreError."""
    meta, progress, summary = store.load(run_id)
    if summary is None:
        now = (TestStatus.RUNNING, datetime.now(UTC), "")
        summary = archive.summary_so_far(store, meta, progress, now)
    ticks = archive.ticks_of(store, run_id)
    view = archive.last_view(meta, progress, summary, ticks)
    return RunRecord(
        summary=summary,
        scenario=meta.scenario,
        config=meta.config,
        ticks=ticks,
        events=store.events(run_id),
        nodes=progress.nodes,
        figures=stage_figures(stage_input(view, meta, progress.nodes)),
    )
