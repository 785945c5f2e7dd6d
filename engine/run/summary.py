"""Ticks in, summary out: the same arithmetic for a run that ended and one that was cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from engine.analysis import criteria, honesty
from engine.analysis.instrument import instrument_of, late_spell
from engine.analysis.uptime import tallied
from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.measure.histogram import Histogram
from engine.metrics.aggregator import DECISIONS, OUTCOMES
from engine.metrics.view import marks_of
from engine.model.results import (
    Counts,
    JournalReconciliation,
    PerSecond,
    RateChange,
    RunSummary,
    TestStatus,
    Verdict,
)
from engine.model.run import RunMeta, RunProgress
from engine.run.attribution import with_cards
from engine.run.window import TickHistograms, latency, measurement_window


@dataclass(frozen=True)
class Latencies:
    """The whole run's merged histograms; `by_tick` gives response and service of every tick."""

    response: Histogram
    service: Histogram
    lateness: Histogram
    queue: Histogram
    by_tick: Callable[[], TickHistograms]


def summarise(
    meta: RunMeta,
    progress: RunProgress,
    ticks: pd.DataFrame,
    latencies: Latencies,
    journal: JournalReconciliation | None,
    ended: tuple[TestStatus, datetime, str],
) -> RunSummary:
    """The summary of a run.

    Args:
        meta: What was decided before it began.
        progress: Faults, confusion and CPU seconds.
        ticks: Every tick, in the columns of `engine.model.tick.COLUMNS`.
        latencies: Histograms of response, service, lateness and queue time.
        journal: The reconciliation, None where the target has no journal or it was not reached.
        ended: Final status, instant, and why, for runs that did not end by themselves.
    """
    status, ended_at, why = ended
    counts, faults = count(ticks), with_cards(progress.faults, ticks)
    tally = tallied(ticks, meta.tick_seconds)
    response = latency(latencies.response)
    service = latency(latencies.service)
    instrument = instrument_of(
        ticks,
        meta.tick_seconds,
        latencies.lateness,
        progress.workers_lost,
        late_spell((parts.lateness for parts in latencies.by_tick()), meta.tick_seconds),
    )
    doubts = honesty.doubts(instrument)
    evidence = criteria.Evidence(
        counts=counts,
        journal=journal,
        response=response,
        ticks=ticks,
        faults=faults,
        scalings=progress.scalings,
        scenario=meta.scenario,
        rate_scale=meta.rate_scale * min([1.0, *(c.factor for c in progress.rate_changes)]),
        speed=meta.speed,
        target=meta.target,
        status=status,
        max_error_rate=meta.config.max_error_rate,
        confusion=progress.confusion,
        resilience=tally.metrics(faults),
    )
    results = criteria.judge(meta.scenario, evidence)
    own = criteria.own_keys(meta.scenario)
    warnings = honesty.clauses(doubts)
    verdict, reason = criteria.verdict(results, warnings, status, counts, own)
    missing = _not_taken(meta, progress, ticks)
    if verdict is Verdict.PASSED and missing:
        verdict = Verdict.INCONCLUSIVE
        reason = f"What was planned did not all take place: {', '.join(missing)}."
    seconds = float(ticks["t_seconds"].max()) if len(ticks) else 0.0
    offering = float(ticks["schedule_seconds"].max()) if len(ticks) else 0.0
    return RunSummary(
        run_id=meta.run_id,
        preset=meta.scenario.scenario_id,
        name=meta.scenario.name,
        seed=meta.seed,
        target=meta.target,
        environment=meta.machine,
        marks=[
            *marks_of(meta, progress.rate_changes, progress.degraded),
            *(["INCONCLUSIVE"] if verdict is Verdict.INCONCLUSIVE else []),
        ],
        speed=meta.speed,
        rate_scale=meta.rate_scale,
        status=status,
        verdict=verdict,
        verdict_reason=f"{why}: {reason}" if why else reason,
        warnings=[one[:1].upper() + one[1:] for one in warnings],
        criteria=results,
        started_at=meta.started_at,
        ended_at=ended_at,
        duration_seconds=seconds,
        counts=counts,
        attempts=_total(ticks, "attempts"),
        outcomes={name: _total(ticks, f"outcome_{name}") for name in OUTCOMES},
        decisions={name: _total(ticks, column) for name, column in DECISIONS.items()},
        offered_tps=counts.due / offering if offering else None,
        achieved_tps=counts.decided / offering if offering else None,
        response_ms=response,
        service_ms=service,
        lateness_ms=latency(latencies.lateness),
        queue_ms=latency(latencies.queue),
        measured=measurement_window(meta, ticks, latencies.by_tick()),
        instrument=instrument,
        not_offered=_total(ticks, "not_offered"),
        rate_changes=progress.rate_changes,
        scalings=progress.scalings,
        degraded=progress.degraded,
        per_second=per_second(ticks, meta, progress.rate_changes),
        faults=faults,
        journal=journal,
        confusion=progress.confusion,
        cpu_seconds=progress.cpu_seconds,
        resilience=tally.metrics(faults),
        degradation=tally.degradation(),
        issues_detected=_issues(progress, counts, journal),
        traffic=meta.traffic,
    )


def count(ticks: pd.DataFrame) -> Counts:
    """Totals of all ticks; the gauges are the last tick's."""
    names = ("due", "sent", "dropped", "decided", "rejected", "failed")
    return Counts(
        **{name: _total(ticks, name) for name in names},
        backlog=int(ticks["backlog_now"].iloc[-1]) if len(ticks) else 0,
        in_flight=int(ticks["in_flight_now"].iloc[-1]) if len(ticks) else 0,
    )


def per_second(ticks: pd.DataFrame, meta: RunMeta, changes: Sequence[RateChange] = ()) -> PerSecond:
    """Sums by second since Start; gauges at its end; the plan from the run clock's progress.

    The plan is the one the operator changed; it counts what nobody offered too, so that
    planned = offered + not offered.
    """
    each = round(1 / meta.tick_seconds)
    second = (ticks["tick"] // each).astype(int)
    sums = ticks.groupby(second)[["due", "sent", "decided", "failed", "rejected", "dropped"]].sum()
    ends = ticks.groupby(second)[["backlog_now", "in_flight_now", "schedule_seconds"]].last()
    factors = [(change.schedule_seconds, change.factor) for change in changes]
    profile = Profile(meta.scaled.load_profile, meta.scaled.duration_seconds, meta.seed, factors)
    due = np.asarray(Pacer(profile).count_by(ends["schedule_seconds"].to_numpy(dtype=float)))
    return PerSecond(
        offered=_integers(sums["due"]),
        sent=_integers(sums["sent"]),
        decided=_integers(sums["decided"]),
        failed=_integers(sums["failed"]),
        rejected=_integers(sums["rejected"]),
        dropped=_integers(sums["dropped"]),
        backlog=_integers(ends["backlog_now"]),
        in_flight=_integers(ends["in_flight_now"]),
        planned=[float(value) for value in np.diff(due, prepend=0)],
    )


def _integers(column: pd.Series) -> list[int]:
    return [int(value) for value in column]


def _total(ticks: pd.DataFrame, column: str) -> int:
    return int(ticks[column].sum()) if len(ticks) else 0


def _not_taken(meta: RunMeta, progress: RunProgress, ticks: pd.DataFrame) -> list[str]:
    """Planned faults whose time came and that were never proven on, by name."""
    reached = float(ticks["schedule_seconds"].max()) if len(ticks) else 0.0
    planned = Counter(
        fault.display_name
        for fault in meta.scaled.failure_scenarios
        if fault.start_time_seconds < reached
    )
    proven = Counter(f.display_name for f in progress.faults if f.proven and not f.by_hand)
    return list((planned - proven).elements())


def _issues(
    progress: RunProgress, counts: Counts, journal: JournalReconciliation | None
) -> list[str]:
    issues = [
        f"{fault.display_name}: {fault.explanation}"
        for fault in progress.faults
        if fault.recovered_at_seconds is None
    ]
    if counts.failed:
        issues.append("some transactions were sent and got no decision after their retries")
    if counts.dropped:
        issues.append("some transactions were due and never sent")
    if journal is not None and journal.missing:
        issues.append("acknowledged transactions are missing from the journal")
    if journal is not None and journal.duplicated:
        issues.append("transactions were applied or answered twice")
    return issues
