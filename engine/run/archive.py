"""Runs read again from the store: those that ended, and those whose app died under them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

import pandas as pd

from engine.measure.histogram import Histogram
from engine.metrics.aggregator import is_count
from engine.metrics.view import RunView
from engine.model.errors import StoreError
from engine.model.results import RunSummary, TestStatus
from engine.model.run import RunMeta, RunProgress
from engine.model.tick import COLUMNS, Tick
from engine.ports import RunArchive, TickLatencies
from engine.run.summary import Latencies, summarise

_log = logging.getLogger(__name__)
ORPHANED = "the app that ran it ended before the run did"


def ticks_of(archive: RunArchive, run_id: str) -> pd.DataFrame:
    """All ticks of a run, in the columns of `engine.model.tick.COLUMNS`."""
    return pd.DataFrame(archive.rows(run_id), columns=list(COLUMNS))


def close_orphans(archive: RunArchive) -> list[str]:
    """Close as failed the runs whose owner is dead, with the figures of what they got to.

    Their journal was never reconciled, so nothing is said of lost transactions.
    """
    closed = []
    for run_id in archive.orphans():
        try:
            meta, progress, _none = archive.load(run_id)
        except StoreError as error:
            _log.warning("a run that never ended is left as it is: %s", error)
            continue
        ended = (TestStatus.FAILED, datetime.now(UTC), ORPHANED)
        archive.finish(run_id, progress, summary_so_far(archive, meta, progress, ended))
        closed.append(run_id)
    return closed


def summary_so_far(
    archive: RunArchive,
    meta: RunMeta,
    progress: RunProgress,
    ended: tuple[TestStatus, datetime, str],
) -> RunSummary:
    """The summary of what the store holds of a run that has none yet."""
    run_id = meta.run_id
    response, service, lateness, queue = _merged(archive.histograms(run_id))
    latencies = Latencies(response, service, lateness, queue, lambda: archive.histograms(run_id))
    ticks = ticks_of(archive, run_id)
    return summarise(meta, progress, ticks, latencies, None, ended)


def _merged(by_tick: Iterable[TickLatencies]) -> list[Histogram]:
    """The histograms of all ticks; one that no tick kept is empty, so nothing is said of it."""
    totals = [Histogram() for _name in TickLatencies._fields]
    for parts in by_tick:
        for total, part in zip(totals, parts, strict=True):
            if part.counts:
                total.add_sparse(part)
    return totals


def last_view(
    meta: RunMeta, progress: RunProgress, summary: RunSummary, ticks: pd.DataFrame
) -> RunView:
    """The run at its last instant, as it would have been published."""
    last = ticks.iloc[-1].to_dict() if len(ticks) else None
    return RunView(
        meta=meta,
        status=summary.status,
        clock_seconds=last["schedule_seconds"] if last else 0.0,
        tick=Tick(**{str(name): float(value) for name, value in last.items()}) if last else None,
        totals={name: float(ticks[name].sum()) for name in COLUMNS if is_count(name)},
        confusion=progress.confusion,
        cpu_seconds=progress.cpu_seconds,
        nodes=tuple(progress.nodes),
        faults=tuple(progress.faults),
        journal=summary.journal,
        summary=summary,
        rate_changes=tuple(progress.rate_changes),
        degraded=tuple(progress.degraded),
        dead_letters=tuple(progress.dead_letters),
    )
