"""Which fault a lost or unacknowledged transaction belongs to: by when it was due.

A transaction belongs to a fault when it was due between `MARGIN_SECONDS` before the onset (it can
have been under way then) and the end of the fault's span: the window in which recovery was seen,
else the end of the run. With overlapping faults it belongs to each of them. Arrival numbers due by
an instant are the pacer's count at the run clock of that instant.

The journal counts ids applied twice without naming them; so a fault's `duplicated` (answers that
contradicted an earlier one, in its ticks) is only known where no id was applied twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.analysis.resilience import WINDOW_SECONDS
from engine.analysis.scorecard import Compared, FaultTimes, scorecard
from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.measure.arrivals import ArrivalSet
from engine.model.results import FaultRecord, RateChange
from engine.model.run import RunMeta
from engine.ports import JournalRows

MARGIN_SECONDS = 5.0


def attribute(
    faults: Sequence[FaultRecord],
    spans: Sequence[tuple[int, int]],
    acknowledged: ArrivalSet,
    rows: JournalRows,
    ticks: pd.DataFrame,
) -> list[Compared]:
    """Lost, duplicated and unacknowledged of each fault; `spans` are first and end numbers."""
    kept = ArrivalSet()
    kept.add(rows.numbers)
    named = rows.applied_twice == 0
    return [
        _compare(span, acknowledged, kept, _mismatches(fault, ticks) if named else None)
        for fault, span in zip(faults, spans, strict=True)
    ]


def _compare(
    span: tuple[int, int], acknowledged: ArrivalSet, kept: ArrivalSet, duplicated: int | None
) -> Compared:
    numbers = np.arange(*span)
    answered, found = acknowledged.contains(numbers), kept.contains(numbers)
    return Compared(
        lost=int((answered & ~found).sum()),
        duplicated=duplicated,
        unacknowledged=int((found & ~answered).sum()),
    )


def _until(fault: FaultRecord, ticks: pd.DataFrame) -> float:
    if fault.recovered_at_seconds is not None:
        return fault.recovered_at_seconds + WINDOW_SECONDS
    return float(ticks["t_seconds"].max()) if len(ticks) else fault.onset_seconds


def _mismatches(fault: FaultRecord, ticks: pd.DataFrame) -> int:
    at = ticks["t_seconds"]
    within = ticks[(at > fault.onset_seconds) & (at <= _until(fault, ticks))]
    return int(within["answer_mismatches"].sum())


def spans_of(
    meta: RunMeta,
    changes: Sequence[RateChange],
    faults: Sequence[FaultRecord],
    ticks: pd.DataFrame,
) -> list[tuple[int, int]]:
    """First arrival number and the one after the last that belong to each fault."""
    factors = [(change.schedule_seconds, change.factor) for change in changes]
    profile = Profile(meta.scaled.load_profile, meta.scaled.duration_seconds, meta.seed, factors)
    pacer = Pacer(profile)
    known = ticks[["t_seconds", "schedule_seconds"]].dropna()
    found = []
    for fault in faults:
        ends = (fault.onset_seconds - MARGIN_SECONDS, _until(fault, ticks))
        clock = np.interp(ends, known["t_seconds"], known["schedule_seconds"], left=0.0)
        first, end = (pacer.count_by(float(at)) for at in clock)
        found.append((first, end))
    return found


def scored(
    faults: Sequence[FaultRecord],
    ticks: pd.DataFrame,
    compared: Sequence[Compared] | None = None,
) -> list[FaultRecord]:
    """The faults with their scorecards, from the ticks of the whole run.

    Args:
        faults: In order of onset.
        ticks: In the columns of `engine.model.tick.COLUMNS`.
        compared: Of `attribute`, one a fault; None where no journal was compared.
    """
    journals: Sequence[Compared | None] = compared or [None] * len(faults)
    return [
        fault.model_copy(update={"scorecard": scorecard(ticks, times_of(fault, faults), journal)})
        for fault, journal in zip(faults, journals, strict=True)
    ]


def times_of(fault: FaultRecord, faults: Sequence[FaultRecord]) -> FaultTimes:
    """The instants that the scorecard of a fault goes by, among all faults of the run."""
    back = fault.recovered_at_seconds
    times = FaultTimes(fault.onset_seconds, fault.clear_seconds, back)
    over = times.until
    later = [] if over is None else [f.onset_seconds for f in faults if f.onset_seconds > over]
    return FaultTimes(fault.onset_seconds, fault.clear_seconds, back, min(later, default=None))


def with_cards(faults: Sequence[FaultRecord], ticks: pd.DataFrame) -> list[FaultRecord]:
    """The faults; all with new cards where the journal was not compared for any of them."""
    if any(f.scorecard is not None and f.scorecard.lost is not None for f in faults):
        return list(faults)
    return scored(faults, ticks)
