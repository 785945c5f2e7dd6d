"""The journal against the acknowledged arrivals.

acknowledged: distinct ids a worker got a decision for. found: of these, ids in the journal.
missing = acknowledged − found: lost. duplicated: ids the journal applied more than once, or that
were answered with two different decisions. unacknowledged: in the journal, answer never arrived.
"""

from __future__ import annotations

from engine.measure.arrivals import ArrivalSet
from engine.model.results import JournalReconciliation
from engine.ports import JournalRows


def reconcile(
    acknowledged: ArrivalSet, rows: JournalRows, answer_mismatches: int
) -> JournalReconciliation:
    """Count both sides; each id stands once in `rows.numbers`, which the journal's key ensures."""
    total = len(acknowledged)
    found = int(acknowledged.contains(rows.numbers).sum())
    return JournalReconciliation(
        acknowledged=total,
        found=found,
        missing=total - found,
        duplicated=rows.applied_twice + answer_mismatches,
        unacknowledged=len(rows.numbers) - found,
    )
