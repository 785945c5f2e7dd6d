"""What the load generator measured of itself over a run: what its doubts are decided from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Instrument(BaseModel):
    """Shares 0..1, times in ms; None where it was not measured.

    `late_spell_ms` is the 99th percentile of lateness in the worst `LATE_SECONDS` of the run, all
    of it merged. `busiest_worker_cpu_cores` and `loop_lag_ms` are the highest means over any
    `BUSY_SECONDS`. So a short spell in which the generator was the limit is not lost in a long
    quiet run. Both spans stand in `engine.analysis.honesty`.
    `reports_missing` is the share of reports that were not in their tick's row.
    `dropped_while_quick` are the drops of ticks at whose end the target had been quick for
    `PATIENCE_SECONDS`, so that no stall of the target had filled the backlog.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    due: float
    dropped_while_quick: float
    not_offered: float
    lateness_p99_ms: float | None
    late_spell_ms: float | None
    loop_lag_ms: float | None
    busiest_worker_cpu_cores: float | None
    reports_missing: float
    workers_lost: int
