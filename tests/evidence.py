"""Evidence of a made-up finished run, and how one criterion comes out on it; for tests only."""

from engine.analysis.criteria import Evidence, judge
from engine.model.results import (
    Counts,
    CriterionOutcome,
    JournalReconciliation,
    TestStatus,
)
from tests.run_records import fault, latency, scenario, target, ticks


def counts(**changes: int) -> Counts:
    fields = {"due": 1_000, "sent": 1_000, "dropped": 0, "backlog": 0}
    ends = {"decided": 990, "rejected": 10, "failed": 0, "in_flight": 0}
    return Counts(**{**fields, **ends, **changes})


def journal(**changes: int) -> JournalReconciliation:
    fields = {"acknowledged": 990, "found": 990, "missing": 0, "duplicated": 0}
    return JournalReconciliation(**{**fields, "unacknowledged": 0, **changes})


def evidence(**changes) -> Evidence:
    fields = {
        "counts": counts(),
        "journal": journal(),
        "response": latency(10_000),
        "ticks": ticks(),
        "faults": [fault()],
        "scenario": scenario(),
        "rate_scale": 1.0,
        "speed": 1.0,
        "target": target(),
        "status": TestStatus.COMPLETED,
    }
    return Evidence(**{**fields, **changes})


def decide(key: str, threshold: bool | float = True, **changes):
    asked = scenario(success_criteria={key: threshold}, **changes.pop("scenario_changes", {}))
    (result,) = judge(asked, evidence(**{"scenario": asked, **changes}))
    return result


def outcome(key: str, threshold: bool | float = True, **changes) -> CriterionOutcome:
    return decide(key, threshold, **changes).outcome
