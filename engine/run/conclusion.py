"""The end of a run: journal against acknowledgements, summary, and the store closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from engine.model.results import JournalReconciliation, RunSummary, TestStatus
from engine.model.run import RunMeta, RunProgress
from engine.model.tick import COLUMNS
from engine.ports import RunStore, TargetSystem
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
    journal = _reconcile(meta.id_prefix, ticker, target)
    total = ticker.aggregator
    latencies = Latencies(
        total.response.total,
        total.service.total,
        total.lateness.total,
        total.queue.total,
        lambda: store.histograms(meta.run_id),
    )
    ended = (ending.status, datetime.now(UTC), ending.why)
    ticks = pd.DataFrame(store.rows(meta.run_id), columns=list(COLUMNS))
    summary = summarise(meta, progress, ticks, latencies, journal, ended)
    store.finish(meta.run_id, progress, summary)
    if journal is not None and journal.missing + journal.duplicated == 0:
        target.discard()
    elif meta.target.has_journal:
        target.keep_evidence(meta.run_id)
    return summary


def _reconcile(
    id_prefix: str, ticker: Ticker, target: TargetSystem
) -> JournalReconciliation | None:
    rows = target.journal(id_prefix)
    if rows is None:
        return None
    aggregator = ticker.aggregator
    mismatches = int(aggregator.totals.get("answer_mismatches", 0))
    return reconcile(aggregator.acknowledged, rows, mismatches)
