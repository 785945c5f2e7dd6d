"""What one fault cost and how it was survived, in numbers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from engine.model.metrics import Interval


class Scorecard(BaseModel):
    """One fault's card; formulas and spans in `engine.analysis.scorecard`.

    Counts are of transactions. What the journal alone can tell (`lost`, `duplicated`,
    `unacknowledged`) is None until it was compared, and without one. A rate is None with fewer
    decisions than `least_samples`; `missed_fraud_usd` is the value of the fraud let pass.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    until_seconds: float
    failed: int
    retried: int
    redriven: int
    lost: int | None = None
    duplicated: int | None = None
    unacknowledged: int | None = None
    recall_before: Interval | None = None
    recall_during: Interval | None = None
    false_positive_rate_before: Interval | None = None
    false_positive_rate_during: Interval | None = None
    least_samples: int
    missed_fraud: int
    missed_fraud_usd: float
    false_declines: int
    backlog_at_clear: int | None = None
    backlog_drained_seconds: float | None = None
