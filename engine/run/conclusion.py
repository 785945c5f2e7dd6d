"""The end of a run: journal against acknowledgements, summary, and the store closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from engine.metrics.aggregator import Aggregator
from engine.model.results import JournalReconciliation, RunSummary, TestStatus
from engine.model.run import RunMeta, RunProgress
from engine.model.tick import COLUMNS
from engine.ports import JournalRows, RunStore, TargetSystem
from engine.run.attribution import attribute, scored, spans_of
from engine.run.reconcile import reconcile
from engine.run.summary import Latencies, summarise
from engine.run.ticker import Ticker


@dataclass(frozen=True)
class Ending:
    """How a run ends: its final status, why (empty if by itself), and whether at once."""

    status: TestStatus
    why: str = ""
    emergency: bool = False


def conclude(
    meta: RunMeta,
    ticker: Ticker,
    target: TargetSystem,
    store: RunStore,
    progress: RunProgress,
    ending: Ending,
) -> RunSummary:
    """Reconcile, summarise and close the run; the target is closed already.

    A journal that does not agree, or could not be read, is kept as evidence.
    """
    total = ticker.aggregator
    rows = target.journal(meta.id_prefix)
    journal = None if rows is None else _reconcile(rows, total)
    latencies = Latencies(
        total.response.total,
        total.service.total,
        total.lateness.total,
        total.queue.total,
        lambda: store.histograms(meta.run_id),
    )
    ended = (ending.status, datetime.now(UTC), ending.why)
    ticks = pd.DataFrame(store.rows(meta.run_id), columns=list(COLUMNS))
    if rows is not None:
        spans = spans_of(meta, progress.rate_changes, progress.faults, ticks)
        compared = attribute(progress.faults, spans, total.acknowledged, rows, ticks)
        progress = progress.model_copy(update={"faults": scored(progress.faults, ticks, compared)})
    summary = summarise(meta, progress, ticks, latencies, journal, ended)
    store.finish(meta.run_id, progress, summary)
    if journal is not None and journal.missing + journal.duplicated == 0:
        target.discard()
    elif meta.target.has_journal:
        target.keep_evidence(meta.run_id)
    return summary


def _reconcile(rows: JournalRows, aggregator: Aggregator) -> JournalReconciliation:
    mismatches = int(aggregator.totals.get("answer_mismatches", 0))
    return reconcile(aggregator.acknowledged, rows, mismatches)
