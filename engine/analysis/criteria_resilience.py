"""Criteria on faults: recovery, containment, graceful degradation and scaling."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.analysis.evidence import (
    Evidence,
    Finding,
    compare,
    not_exercised,
    not_measured,
    scorers_hit,
)
from engine.analysis.resilience import STEADY_SECONDS
from engine.model.fault import WITH_CRASH
from engine.model.results import CriterionOutcome, FaultRecord

UTILISATION = 0.80
STAYED_SECONDS = 5.0
TICKS_HELD = 4  # a gauge stands for one second when a report is late


def _missing_faults(evidence: Evidence) -> Finding | None:
    """Why the faults cannot decide, or None if every planned one that was reached took place."""
    proven = evidence.proven_faults
    if not proven:
        return not_exercised("No fault took place.")
    reached = [
        fault
        for fault in evidence.scenario.failure_scenarios
        if fault.start_time_seconds / evidence.speed <= evidence.seconds
    ]
    by_plan = [fault for fault in proven if not fault.by_hand]
    if len(by_plan) < len(reached):
        return not_exercised(
            f"Only {len(by_plan)} of the {len(reached)} planned faults took place."
        )
    return None


def _recovered(evidence: Evidence) -> Finding:
    proven = evidence.proven_faults
    if any(rate_changed(evidence, fault) for fault in proven):
        return Finding(
            CriterionOutcome.NOT_TESTED,
            None,
            "The rate was changed by hand between the steady state and the recovery.",
        )
    judged = [fault for fault in proven if fault.steady_state is not None]
    back = [fault for fault in judged if fault.recovered_at_seconds is not None]
    if len(back) == len(judged) < len(proven):
        return not_exercised("A fault came before there was a steady state to recover to.")
    return compare(
        len(back) == len(judged),
        len(back) / len(judged),
        f"The target returned to its steady state after {len(back)} of {len(judged)} faults.",
    )


def rate_changed(evidence: Evidence, fault: FaultRecord) -> bool:
    """Whether the operator changed the rate from the steady state before a fault to its end."""
    since = fault.onset_seconds - STEADY_SECONDS
    return evidence.during(since, fault.recovered_at_seconds)["rate_factor"].nunique() > 1


def automatic_recovery(evidence: Evidence, _threshold: float) -> Finding:
    """Faults recovered ÷ faults = 1, with every planned fault having taken place."""
    return _missing_faults(evidence) or _recovered(evidence)


def recovery_demonstrated(evidence: Evidence, _threshold: float) -> Finding:
    """Faults recovered ÷ faults = 1, with at least one proven fault."""
    faults = evidence.proven_faults
    return _recovered(evidence) if faults else not_exercised("No fault took place.")


def no_cascading_failures(evidence: Evidence, _threshold: float) -> Finding:
    """Ticks since the first fault with a component down that no fault had hit = 0."""
    if not evidence.target.has_telemetry:
        return not_measured("The target does not report on its components.")
    undecided = _missing_faults(evidence)
    if undecided is not None:
        return undecided
    since = evidence.during(min(f.onset_seconds for f in evidence.proven_faults), None)
    gauges = since[["edge_up", "scorers_up_now", "scorers_asked"]].ffill(limit=TICKS_HELD)
    if gauges["scorers_asked"].isna().all():
        return not_exercised("The target sent no report on its components.")
    allowed = _scorers_allowed_down(evidence, since["t_seconds"].to_numpy())
    up = gauges["scorers_up_now"].to_numpy() + allowed >= gauges["scorers_asked"].to_numpy()
    beyond = ~(up & (gauges["edge_up"] >= 1).to_numpy())
    return compare(
        not beyond.any(),
        float(beyond.sum()),
        f"In {int(beyond.sum()):,} of {len(beyond):,} ticks since the first fault a component "
        f"was down that no fault had hit.",
    )


def _scorers_allowed_down(evidence: Evidence, at: np.ndarray) -> np.ndarray:
    """How many scorers the faults of each instant hold down, until each is recovered from."""
    allowed = np.zeros(len(at))
    for fault in evidence.proven_faults:
        if fault.failure_type in WITH_CRASH:
            end = fault.recovered_at_seconds
            within = (at >= fault.onset_seconds) & (at <= (np.inf if end is None else end + 1))
            allowed += within * scorers_hit(
                fault.severity, evidence.scorers_at(fault.onset_seconds)
            )
    return allowed


def graceful_degradation(evidence: Evidence, _threshold: float) -> Finding:
    """While a fault was active, failed share − share of the target that was hit ≤ 0."""
    undecided = _missing_faults(evidence)
    if undecided is not None:
        return undecided
    excess = []
    for fault in evidence.proven_faults:
        ticks = evidence.during(fault.onset_seconds, fault.clear_seconds)
        failed = float(ticks["failed"].sum())
        ended = failed + float(ticks["decided"].sum() + ticks["rejected"].sum())
        if ended == 0:
            return not_exercised("No transaction came to an end while a fault was active.")
        excess.append(failed / ended - evidence.share_hit(fault))
    worst = max(excess)
    return compare(
        worst <= 0,
        worst,
        f"During {sum(e <= 0 for e in excess)} of {len(excess)} faults no larger share of "
        f"transactions failed than the share of the target that was hit.",
    )


def auto_scaling_triggered(evidence: Evidence, threshold: float) -> Finding:
    """Longest time from utilisation passing 80 % to one more scorer at work ≤ threshold."""
    if not evidence.target.has_telemetry:
        return not_measured("The target does not report its utilisation.")
    spell = _longest_above(evidence.ticks)
    if spell > threshold:
        return compare(
            False, spell, f"Utilisation was above 80 % for {spell:.0f} s and no scorer was added."
        )
    added = [
        scaling.seconds
        for scaling in evidence.scalings
        if scaling.cause == "utilisation" and scaling.to_scorers > scaling.from_scorers
    ]
    if added:
        return compare(
            max(added) <= threshold,
            max(added),
            f"Scorers added: {len(added)}, each at most {max(added):.1f} s after utilisation "
            f"passed 80 %.",
        )
    if spell < STAYED_SECONDS:
        return not_exercised("Utilisation never stayed above 80 %.")
    return not_exercised("Utilisation fell, or the run ended, before the time to scale was up.")


def _longest_above(ticks: pd.DataFrame) -> float:
    """Seconds of the longest spell of ticks above the limit; one without a figure ends a spell.

    The platform's figure begins anew with each change of its scorers, so none goes across one.
    """
    longest, start = 0.0, None
    for at, used in zip(ticks["t_seconds"], ticks["scorer_utilisation"], strict=True):
        start = None if not used > UTILISATION else float(at) if start is None else start
        if start is not None:
            longest = max(longest, float(at) - start)
    return longest


def business_value_clear(_evidence: Evidence, _threshold: float) -> Finding:
    """Claims of the closing act held or said not to ÷ claims = 1."""
    return not_exercised("The closing act makes no claims that could be checked.")
