"""The written rules of success: every criterion's key, formula and unit, and the verdict.

A criterion is decided from evidence alone. What the run did not exercise, could not measure or ran
at less than the rate it is about is said to be so; only what was seen to hold has held.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from engine.analysis import criteria_delivery as delivery
from engine.analysis import criteria_endurance as endurance
from engine.analysis import criteria_resilience as resilience
from engine.analysis.evidence import Evidence, Finding, Rule
from engine.analysis.honesty import LIMITED
from engine.model.results import Counts, CriterionOutcome, CriterionResult, TestStatus, Verdict
from engine.model.scenario import TestScenario

__all__ = ["CRITERIA", "Criterion", "Evidence", "judge", "problems", "stated", "verdict"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One rule.

    Attributes:
        key: As presets name it.
        label: What a person reads.
        formula: The rule, with `threshold` for the preset's number.
        unit: Of `threshold` and of what is measured.
        rule: Decides it; the threshold given to it is a number.
        threshold: What `true` stands for; None where the preset must give a number.
        absolute_rate: Whether it is about the scenario's own rate, so that a scaled run cannot
            show it.
    """

    key: str
    label: str
    formula: str
    unit: str
    rule: Rule
    threshold: float | None = 0.0
    absolute_rate: bool = False


_JOURNAL_FORMULA = "journal missing + duplicated = 0, acknowledged > 0"
LOSS_KEY = "zero_data_loss"
_ERROR_FORMULA = "failed ÷ (decided + rejected + failed) ≤ threshold"
RECOVERED = (
    "recovered: a window of two seconds with errors ≤ 2 %, achieved ÷ offered ≥ 85 % and "
    "p99 ≤ 120 % of the steady state before, timeouts ≤ 1 % and every scorer up"
)
_SUCCESS_FORMULA = "(decided + rejected) ÷ (decided + rejected + failed) ≥ threshold"

_ALL = (
    Criterion(
        LOSS_KEY,
        "Zero data loss",
        _JOURNAL_FORMULA,
        "count",
        delivery.zero_data_loss,
    ),
    Criterion(
        "no_transaction_loss",
        "No transaction lost",
        "journal missing + duplicated + failed + never sent = 0",
        "count",
        delivery.no_transaction_loss,
    ),
    Criterion(
        "all_transactions_queued",
        "Every burst queued and processed",
        "due − decided − rejected = 0, over at least one whole burst",
        "count",
        delivery.all_transactions_queued,
        absolute_rate=True,
    ),
    Criterion(
        "p95_latency_ms",
        "Response time, p95",
        "p95 of (decision received − due instant) ≤ threshold",
        "ms",
        delivery.p95_latency_ms,
        None,
    ),
    Criterion(
        "p99_latency_ms",
        "Response time, p99",
        "p99 of (decision received − due instant) ≤ threshold",
        "ms",
        delivery.p99_latency_ms,
        None,
    ),
    Criterion("error_rate", "Error rate", _ERROR_FORMULA, "ratio", delivery.error_rate, None),
    Criterion(
        "steady_error_rate",
        "Error rate outside faults",
        "failed ÷ (decided + rejected + failed) in ticks outside every fault and its recovery "
        "≤ threshold",
        "ratio",
        delivery.steady_error_rate,
        None,
    ),
    Criterion(
        "success_rate", "Success rate", _SUCCESS_FORMULA, "ratio", delivery.success_rate, None
    ),
    Criterion(
        "all_agents_healthy",
        "All agents healthy",
        "ticks with the edge and every scorer up ÷ ticks = 1",
        "ratio",
        endurance.all_agents_healthy,
        1.0,
    ),
    Criterion(
        "no_memory_leaks",
        "No memory leak",
        "median platform memory, last quarter ÷ second quarter − 1 ≤ threshold",
        "ratio",
        endurance.no_memory_leaks,
        0.10,
    ),
    Criterion(
        "consistent_performance",
        "Consistent performance",
        "share of ticks with decided + rejected ≥ 95 % of due, over the second that each ends, "
        "≥ threshold",
        "ratio",
        endurance.consistent_performance,
        0.99,
    ),
    Criterion(
        "no_degradation",
        "No degradation",
        "median p95 (at least 5 ms), last quarter ÷ second quarter ≤ threshold; in no tick "
        "errors > 1 %, timeouts > 2 % or p99 > 5,000 ms",
        "factor",
        endurance.no_degradation,
        endurance.DRIFT_LIMIT,
    ),
    Criterion(
        "auto_scaling_triggered",
        "Automatic scaling",
        "longest time from utilisation passing 80 % and staying above to one more scorer at work "
        "≤ threshold, with utilisation = mean over scorers and 2 s of max(CPU seconds, scored ÷ "
        "provisioned rate) per second",
        "seconds",
        resilience.auto_scaling_triggered,
        60.0,
    ),
    Criterion(
        "automatic_recovery",
        "Automatic recovery",
        f"faults recovered from ÷ faults = 1; {RECOVERED}",
        "ratio",
        resilience.automatic_recovery,
        1.0,
    ),
    Criterion(
        "recovery_demonstrated",
        "Recovery demonstrated",
        f"faults recovered from ÷ faults = 1, at least one proven; {RECOVERED}",
        "ratio",
        resilience.recovery_demonstrated,
        1.0,
    ),
    Criterion(
        "no_cascading_failures",
        "No cascading failure",
        "ticks since the first fault with a component down that no fault had hit = 0",
        "count",
        resilience.no_cascading_failures,
    ),
    Criterion(
        "graceful_degradation",
        "Graceful degradation",
        "while a fault was active: failed ÷ (decided + rejected + failed) − share hit ≤ 0",
        "ratio",
        resilience.graceful_degradation,
    ),
    Criterion(
        "business_value_clear",
        "Business value clear",
        "claims of the closing act that held or were said not to ÷ claims = 1",
        "ratio",
        resilience.business_value_clear,
        1.0,
    ),
)

CRITERIA: dict[str, Criterion] = {criterion.key: criterion for criterion in _ALL}


def problems(success_criteria: dict[str, bool | float]) -> list[str]:
    """What is wrong with a scenario's criteria, one message each; empty when nothing is."""
    found = []
    for key, value in success_criteria.items():
        criterion = CRITERIA.get(key)
        if criterion is None:
            found.append(f"success_criteria.{key} must be one of {', '.join(CRITERIA)}")
        elif criterion.threshold is None and isinstance(value, bool):
            found.append(f"success_criteria.{key} must be a number, got {str(value).lower()}")
        elif not isinstance(value, bool) and not value >= 0:
            found.append(f"success_criteria.{key} must be ≥ 0, got {value:g}")
    return found


def stated(scenario: TestScenario) -> dict[str, bool | float]:
    """The criteria a scenario itself asks for: those it does not set to false."""
    return {key: value for key, value in scenario.success_criteria.items() if value is not False}


def judge(scenario: TestScenario, evidence: Evidence) -> list[CriterionResult]:
    """Decide every criterion of a scenario; errors outside faults are always limited."""
    asked = stated(scenario)
    if evidence.max_error_rate is not None and "error_rate" not in asked:
        asked.setdefault("steady_error_rate", evidence.max_error_rate)
    return [
        _decide(CRITERIA[key], value, evidence) for key, value in asked.items() if key in CRITERIA
    ]


def _decide(criterion: Criterion, value: bool | float, evidence: Evidence) -> CriterionResult:
    threshold = float(value) if not isinstance(value, bool) else criterion.threshold
    finding = criterion.rule(evidence, threshold if threshold is not None else 0.0)
    held = finding.outcome is CriterionOutcome.HELD
    if held and criterion.absolute_rate and evidence.rate_scale < 1:
        share = f"{evidence.rate_scale:.0%}"
        explanation = f"Held, but at as little as {share} of the rate it is about."
        finding = Finding(CriterionOutcome.NOT_TESTED, finding.measured, explanation)
    return CriterionResult(
        key=criterion.key,
        label=criterion.label,
        formula=criterion.formula,
        threshold=threshold if threshold is not None else value,
        unit=criterion.unit,
        measured=finding.measured,
        outcome=finding.outcome,
        explanation=finding.explanation,
    )


def verdict(
    results: list[CriterionResult],
    warnings: list[str],
    status: TestStatus,
    counts: Counts | None = None,
    own: AbstractSet[str] = frozenset(),
) -> tuple[Verdict, str]:
    """The verdict and one sentence on why.

    Args:
        results: Of `judge`.
        warnings: The generator's doubts that put the run itself in question.
        status: How the run ended: cancelled is aborted, failed is failed.
        counts: Where given, a run in which nothing was decided has failed.
        own: Keys the scenario itself states. To pass, one of them must have held; a scenario that
            states none passes by the limit on errors that every run has.
    """
    if not status.final:
        return Verdict.INCONCLUSIVE, "The run is still going on: nothing is decided yet."
    if status is TestStatus.CANCELLED:
        return Verdict.ABORTED, "The run was ended before its plan was complete."
    if status is TestStatus.FAILED:
        return Verdict.FAILED, "The run broke off before its plan was complete."
    if any(r.key == LOSS_KEY and r.outcome is CriterionOutcome.DID_NOT_HOLD for r in results):
        return _of_complete_run(results, own)  # no doubt about the load explains a lost answer
    if warnings:
        return Verdict.INCONCLUSIVE, f"{LIMITED}: {'; '.join(warnings)}."
    if counts is not None and counts.decided == 0:
        return Verdict.FAILED, "The target decided nothing."
    return _of_complete_run(results, own)


def _of_complete_run(results: list[CriterionResult], own: AbstractSet[str]) -> tuple[Verdict, str]:
    broken = [r for r in results if r.outcome is CriterionOutcome.DID_NOT_HOLD]
    if broken:
        names = ", ".join(CRITERIA[r.key].label for r in broken)
        return Verdict.FAILED, f"Did not hold: {names}."
    held = [r for r in results if r.outcome is CriterionOutcome.HELD]
    if not any(r.key in own or not own for r in held):
        return Verdict.INCONCLUSIVE, "The run exercised none of its criteria."
    if len(held) == len(results):
        return Verdict.PASSED, "Every criterion held."
    return Verdict.PASSED, "Every criterion that could be decided held; the others say why not."
