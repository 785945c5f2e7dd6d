"""Every named criterion: key, formula and unit, in the order in which they are listed."""

from __future__ import annotations

from dataclasses import dataclass

from engine.analysis import criteria_delivery as delivery
from engine.analysis import criteria_endurance as endurance
from engine.analysis import criteria_resilience as resilience
from engine.analysis.evidence import Rule


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
