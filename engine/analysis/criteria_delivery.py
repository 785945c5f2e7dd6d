"""Criteria on what was answered and kept: loss, errors and response time."""

from __future__ import annotations

from engine.analysis.evidence import Evidence, Finding, compare, not_exercised, not_measured
from engine.model.results import CriterionOutcome
from engine.model.scenario import LoadProfileType


def journal_finding(evidence: Evidence) -> Finding | None:
    """Why the journal cannot decide, or None if it can."""
    if not evidence.target.has_journal:
        return not_measured("The target has no journal, so loss cannot be measured.")
    if evidence.journal is None:
        return Finding(
            CriterionOutcome.DID_NOT_HOLD,
            None,
            "The journal could not be reconciled, so nothing shows that no transaction was lost.",
        )
    if evidence.journal.acknowledged == 0:
        return not_exercised("No transaction was acknowledged, so none could be lost.")
    return None


def zero_data_loss(evidence: Evidence, _threshold: float) -> Finding:
    """Missing = 0 and duplicated = 0 and acknowledged > 0."""
    undecided = journal_finding(evidence)
    journal = evidence.journal
    if undecided is not None or journal is None:
        return undecided or not_measured("There is no journal.")
    bad = journal.missing + journal.duplicated
    return compare(
        bad == 0,
        float(bad),
        f"Of {journal.acknowledged:,} acknowledged transactions {journal.missing:,} are missing "
        f"from the journal and {journal.duplicated:,} are duplicated.",
    )


def no_transaction_loss(evidence: Evidence, _threshold: float) -> Finding:
    """Missing + duplicated + failed + dropped = 0."""
    undecided = journal_finding(evidence)
    counts, journal = evidence.counts, evidence.journal
    unserved = counts.failed + counts.dropped + counts.backlog
    if (undecided is not None or journal is None) and unserved == 0:
        return undecided or not_measured("There is no journal.")
    lost = journal.missing + journal.duplicated if journal is not None else 0
    return compare(
        lost + unserved == 0,
        float(lost + unserved),
        f"{lost:,} acknowledged transactions are missing or duplicated, {counts.failed:,} failed "
        f"and {counts.dropped + counts.backlog:,} were never sent.",
    )


def all_transactions_queued(evidence: Evidence, _threshold: float) -> Finding:
    """Due − decided − rejected = 0, over a run with at least one whole burst."""
    profile, counts = evidence.scenario.load_profile, evidence.counts
    burst_end = (profile.first_burst_seconds + profile.burst_duration_seconds) / evidence.speed
    reached = evidence.ticks["schedule_seconds"].max() if len(evidence.ticks) else 0.0
    if profile.profile_type is not LoadProfileType.BURST or not reached >= burst_end:
        return not_exercised("No whole burst took place.")
    left = counts.due - counts.decided - counts.rejected
    return compare(
        left == 0,
        float(left),
        f"Of {counts.due:,} transactions due {left:,} were not processed to an answer.",
    )


def error_rate(evidence: Evidence, threshold: float) -> Finding:
    """Failed ÷ (decided + rejected + failed) ≤ threshold."""
    counts = evidence.counts
    answered = counts.decided + counts.rejected + counts.failed
    if answered == 0:
        return not_exercised("No transaction came to an end.")
    rate = counts.failed / answered
    return compare(rate <= threshold, rate, f"{counts.failed:,} of {answered:,} failed.")


def steady_error_rate(evidence: Evidence, threshold: float) -> Finding:
    """The error rate in ticks that end before a fault's onset or after recovery from it."""
    ticks = evidence.ticks
    for fault in evidence.faults:
        end = fault.recovered_at_seconds
        before = ticks["t_seconds"] <= fault.onset_seconds
        ticks = ticks[before if end is None else before | (ticks["t_seconds"] > end)]
    failed = float(ticks["failed"].sum())
    answered = float(ticks[["decided", "rejected", "failed"]].to_numpy().sum())
    if answered == 0:
        return not_exercised("No transaction came to an end outside faults.")
    rate = failed / answered
    return compare(
        rate <= threshold,
        rate,
        f"Outside faults and their recovery {failed:,.0f} of {answered:,.0f} failed.",
    )


def success_rate(evidence: Evidence, threshold: float) -> Finding:
    """(decided + rejected) ÷ (decided + rejected + failed) ≥ threshold."""
    counts = evidence.counts
    answered = counts.decided + counts.rejected + counts.failed
    if answered == 0:
        return not_exercised("No transaction came to an end.")
    rate = (counts.decided + counts.rejected) / answered
    return compare(
        rate >= threshold,
        rate,
        f"{counts.decided + counts.rejected:,} of {answered:,} got the answer they should.",
    )


def p95_latency_ms(evidence: Evidence, threshold: float) -> Finding:
    """95th percentile of response time ≤ threshold."""
    return _percentile(evidence, evidence.response.p95, "p95", threshold)


def p99_latency_ms(evidence: Evidence, threshold: float) -> Finding:
    """99th percentile of response time ≤ threshold."""
    return _percentile(evidence, evidence.response.p99, "p99", threshold)


def _percentile(evidence: Evidence, value: float | None, name: str, threshold: float) -> Finding:
    count = evidence.response.count
    if value is None:
        return not_exercised(f"Too few samples for a {name}: {count:,}.")
    return compare(
        value <= threshold,
        value,
        f"{name} of response time was {value:,.1f} ms over {count:,} samples, "
        f"measured on one machine, no network.",
    )
