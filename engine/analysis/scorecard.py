"""The scorecard of one fault, from the ticks around it: while it runs and at the end alike.

Spans, in seconds since Start, each with the ticks that end in (begin, end]:

    before    the `BEFORE_SECONDS` before the onset, without ticks in which a fault was on
    degraded  onset to clear (the newest tick while it is on)
    whole     onset to `until`: the end of the window in which recovery was seen, else the newest
              tick
    after     onset to the onset of the next fault that began after `until`, else the newest tick

    failed, retried     whole: Σ failed; Σ attempts − Σ sent (attempts after the first)
    redriven            after: Σ redriven, dead letters decided when they were sent again
    recall, false-positive rate   of the decisions in degraded and in before, as
                        `engine.analysis.quality` has them: None under `MIN_SAMPLES` decisions
    missed fraud        degraded: frauds approved; its value in USD beside it
    false declines      degraded: legitimate transactions declined (sent to review is none)
    backlog at clear    backlog + in flight at the end of the last tick before the clear
    backlog drained     from the clear to the first tick at whose end backlog + in flight were no
                        more than the most in before; 0 if they were none more at the clear

Decisions count in the tick in which they came, so those on transactions sent just before the onset
are in degraded. Detection and the return within criteria are `engine.analysis.resilience`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from engine.analysis.quality import MIN_SAMPLES, share
from engine.analysis.resilience import WINDOW_SECONDS
from engine.model.metrics import Interval
from engine.model.scorecard import Scorecard

BEFORE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class FaultTimes:
    """The instants of one fault; `next_onset` is of the first one after it was over, if any."""

    onset: float
    clear: float | None
    recovered: float | None
    next_onset: float | None = None

    @property
    def until(self) -> float | None:
        """The end of the window in which recovery was seen; None while it was not."""
        return None if self.recovered is None else self.recovered + WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class Compared:
    """What the journal says of the transactions of one fault; None where it cannot tell."""

    lost: int | None
    duplicated: int | None
    unacknowledged: int | None


def scorecard(
    ticks: pd.DataFrame, times: FaultTimes, journal: Compared | None = None
) -> Scorecard | None:
    """The card; None before the first tick that ends after the onset.

    Args:
        ticks: Rows from `BEFORE_SECONDS` before the onset on, columns of `engine.model.tick`.
        times: Of the fault.
        journal: None before the journal was compared.
    """
    newest = float(ticks["t_seconds"].iloc[-1]) if len(ticks) else 0.0
    if newest <= times.onset:
        return None
    until = min(newest, newest if times.until is None else times.until)
    degraded = _between(ticks, times.onset, newest if times.clear is None else times.clear)
    before = _before(ticks, times.onset)
    whole = _between(ticks, times.onset, until)
    after = _between(ticks, times.onset, _end_of_after(times, newest))
    at_clear, drained = _backlog(ticks, before, times.clear)
    return Scorecard(
        until_seconds=until,
        failed=_sum(whole, "failed"),
        retried=max(0, _sum(whole, "attempts") - _sum(whole, "sent")),
        redriven=_sum(after, "redriven"),
        lost=journal.lost if journal else None,
        duplicated=journal.duplicated if journal else None,
        unacknowledged=journal.unacknowledged if journal else None,
        recall_before=_recall(before),
        recall_during=_recall(degraded),
        false_positive_rate_before=_false_positive_rate(before),
        false_positive_rate_during=_false_positive_rate(degraded),
        least_samples=MIN_SAMPLES,
        missed_fraud=_sum(degraded, "fraud_missed"),
        missed_fraud_usd=float(degraded["fraud_missed_usd"].sum()),
        false_declines=_sum(degraded, "legitimate_declined"),
        backlog_at_clear=at_clear,
        backlog_drained_seconds=drained,
    )


def _between(ticks: pd.DataFrame, begin: float, end: float) -> pd.DataFrame:
    at = ticks["t_seconds"]
    return ticks[(at > begin) & (at <= end)]


def _before(ticks: pd.DataFrame, onset: float) -> pd.DataFrame:
    found = _between(ticks, onset - BEFORE_SECONDS, onset)
    return found[found["faults_active_now"] == 0]


def _end_of_after(times: FaultTimes, newest: float) -> float:
    return newest if times.next_onset is None else min(newest, times.next_onset)


def _sum(ticks: pd.DataFrame, column: str) -> int:
    return int(ticks[column].sum())


def _recall(ticks: pd.DataFrame) -> Interval | None:
    flagged = _sum(ticks, "fraud_flagged")
    return share(flagged, flagged + _sum(ticks, "fraud_missed"))


def _false_positive_rate(ticks: pd.DataFrame) -> Interval | None:
    flagged = _sum(ticks, "legitimate_flagged")
    return share(flagged, flagged + _sum(ticks, "legitimate_passed"))


def _backlog(
    ticks: pd.DataFrame, before: pd.DataFrame, clear: float | None
) -> tuple[int | None, float | None]:
    """What waited at the clear, and the seconds from it until no more did than before."""
    if clear is None or before.empty:
        return None, None
    waiting = ticks["backlog_now"] + ticks["in_flight_now"]
    usual = float(waiting[before.index].max())
    at_clear = waiting[ticks["t_seconds"] <= clear]
    if at_clear.empty:
        return None, None
    left = float(at_clear.iloc[-1])
    if left <= usual:
        return int(left), 0.0
    drained = ticks[(ticks["t_seconds"] > clear) & (waiting <= usual)]
    seconds = None if drained.empty else float(drained["t_seconds"].iloc[0]) - clear
    return int(left), seconds
