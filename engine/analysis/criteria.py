"""The written rules of success: every criterion's key, formula and unit, and the verdict.

A criterion is decided from evidence alone. What the run did not exercise, could not measure or ran
at less than the rate it is about is said to be so; only what was seen to hold has held.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from engine.analysis import comparison
from engine.analysis.criteria_table import CRITERIA, LOSS_KEY, RECOVERED, Criterion
from engine.analysis.evidence import Evidence, Finding
from engine.analysis.grammar import MAX_LENGTH, is_comparison
from engine.analysis.honesty import LIMITED
from engine.model.results import Counts, CriterionOutcome, CriterionResult, TestStatus, Verdict
from engine.model.scenario import TestScenario

__all__ = ["CRITERIA", "RECOVERED", "Criterion", "Evidence", "find", "judge", "problems", "verdict"]


def find(key: str) -> Criterion | None:
    """The criterion of a name, or of a comparison as `engine.analysis.grammar` has it."""
    if key in CRITERIA or not is_comparison(key) or comparison.problem(key):
        return CRITERIA.get(key)
    asked = comparison.read(key)
    quantity = comparison.quantity_of(asked)
    return Criterion(
        asked.key,
        asked.text,
        f"{asked.text}, with {asked.quantity} = {quantity.formula}",
        quantity.unit,
        lambda evidence, _threshold: comparison.decide(asked, evidence),
        asked.number,
        getattr(quantity, "absolute_rate", False),
    )


def problems(success_criteria: dict[str, bool | float]) -> list[str]:
    """What is wrong with a scenario's criteria, one message each; empty when nothing is."""
    found = []
    for key, value in success_criteria.items():
        criterion = find(key)
        if is_comparison(key):
            found += _comparison_problems(key, value)
        elif criterion is None:
            found.append(f"success_criteria.{key} must be one of {', '.join(CRITERIA)}")
        elif criterion.threshold is None and isinstance(value, bool):
            found.append(f"success_criteria.{key} must be a number, got {str(value).lower()}")
        elif not isinstance(value, bool) and not value >= 0:
            found.append(f"success_criteria.{key} must be ≥ 0, got {value:g}")
    return found


def _comparison_problems(text: str, value: bool | float) -> list[str]:
    name = f'success_criteria."{text[:MAX_LENGTH]}"'
    if (wrong := comparison.problem(text)) is not None:
        return [f"{name}: {wrong}"]
    return [] if isinstance(value, bool) else [f"{name} must be true or false, got {value:g}"]


def stated(scenario: TestScenario) -> dict[str, bool | float]:
    """The criteria a scenario itself asks for: those it does not set to false."""
    return {key: value for key, value in scenario.success_criteria.items() if value is not False}


def own_keys(scenario: TestScenario) -> frozenset[str]:
    """Keys of the results of `judge` that stand for what the scenario itself asks for."""
    return frozenset(found.key for key in stated(scenario) if (found := find(key)) is not None)


def judge(scenario: TestScenario, evidence: Evidence) -> list[CriterionResult]:
    """Decide every criterion of a scenario; errors outside faults are always limited."""
    asked = stated(scenario)
    if evidence.max_error_rate is not None and "error_rate" not in asked:
        asked.setdefault("steady_error_rate", evidence.max_error_rate)
    return [
        _decide(criterion, value, evidence)
        for key, value in asked.items()
        if (criterion := find(key)) is not None
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
        names = ", ".join(r.label for r in broken)
        return Verdict.FAILED, f"Did not hold: {names}."
    held = [r for r in results if r.outcome is CriterionOutcome.HELD]
    if not any(r.key in own or not own for r in held):
        return Verdict.INCONCLUSIVE, "The run exercised none of its criteria."
    if len(held) == len(results):
        return Verdict.PASSED, "Every criterion held."
    return Verdict.PASSED, "Every criterion that could be decided held; the others say why not."
