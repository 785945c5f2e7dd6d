"""Every figure of the stage, made anew each tick from what was measured up to it.

What was not measured has the value None; a figure never carries on from a tick that did not
measure it. Live rates are over the latest second, percentiles over the window they name, shares and
counts since Start.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.analysis.benchmark import quoted_facts
from engine.analysis.cost import cost_figures, vcpu_hour_usd
from engine.analysis.criteria import CRITERIA
from engine.model.figure import Figure, Source
from engine.model.metrics import ResilienceMetrics
from engine.model.presentation import TransactionFlowNode
from engine.model.results import FaultRecord, JournalReconciliation, RunSummary, Target, TestStatus
from engine.model.scenario import TestScenario
from engine.model.tick import Tick
from engine.model.traffic import TrafficSource
from engine.report.figures_fault import fault_figures, recovery_figures
from engine.report.figures_flow import flow_figures
from engine.report.figures_instrument import instrument_figures, rate_factor_figure
from engine.report.figures_quality import prevalence_figure, quality_figures, traffic_figure
from engine.report.figures_resilience import resilience_figures
from engine.report.make import ONE_MACHINE, SECOND, derived, known, measured, stated, whole

LIMELIGHT = "Limelight"
WHOLE_RUN = f"whole run, from the due instant; {ONE_MACHINE}"
FAILED = "sent, and no decision after its retries"
__all__ = ["StageInput", "stage_figures", "summary_hero"]


@dataclass(frozen=True, slots=True)
class StageInput:
    """What the stage shows, at one instant.

    Attributes:
        status: The state of the run.
        clock_seconds: The run clock; it stands still in a pause.
        duration_seconds: Of the plan as it runs, speed applied.
        target: What is tested.
        tick: The newest tick, None before the first.
        totals: Sums of the tick's count columns since Start.
        faults: Every fault so far, in order.
        nodes: The flow as it is now.
        journal: None until reconciled, or where the target has none.
        confusion: Decisions by `fraud_kind:decision` since Start.
        platform_cpu_seconds: Of all the platform's processes, None where not measured.
        scenario: As its preset holds it.
        speed: What every duration is divided by.
        rate_scale: What every rate is multiplied by.
        criteria: Keys and numeric thresholds drawn as lines or shown.
        summary: Once the run is final: the hero row then stands for the whole run.
        rate_factor: What the operator multiplied the planned rate by.
        traffic: Where the transactions come from, None in records that do not say.
        resilience: How the target took its faults; None before Start and in older records.
    """

    status: TestStatus
    clock_seconds: float
    duration_seconds: float
    target: Target
    tick: Tick | None
    totals: dict[str, float]
    faults: list[FaultRecord]
    nodes: list[TransactionFlowNode]
    journal: JournalReconciliation | None
    confusion: dict[str, int]
    platform_cpu_seconds: float | None
    scenario: TestScenario
    speed: float = 1.0
    rate_scale: float = 1.0
    criteria: list[tuple[str, float]] = field(default_factory=list)
    summary: RunSummary | None = None
    rate_factor: float = 1.0
    traffic: TrafficSource | None = None
    resilience: ResilienceMetrics | None = None


def stage_figures(stage: StageInput) -> list[Figure]:
    """All figures of the stage, ids unique, in reading order."""
    tick = stage.tick or Tick()
    at = known(tick.t_seconds)
    return [
        *_run(stage),
        *_hero(stage, tick),
        *recovery_figures(stage.faults, at),
        *flow_figures(stage.nodes, tick, stage.totals),
        *instrument_figures(tick, stage.totals, stage.summary),
        *_chart(tick, stage.summary),
        *_criteria(stage),
        prevalence_figure(stage.confusion, stage.traffic),
        *quality_figures(stage.confusion),
        *quoted_facts(),
        *_cost(stage, tick),
        *fault_figures(stage.faults),
        *resilience_figures(stage.resilience, at),
    ]


def preset_source(scenario: TestScenario) -> Source:
    """The scenario as the source of what it plans."""
    return Source(publisher=LIMELIGHT, title=f"scenario {scenario.scenario_id}")


def _run(stage: StageInput) -> list[Figure]:
    request = Source(publisher="operator", title="request for this run")
    plan = preset_source(stage.scenario)
    return [
        measured("run.clock", "Run clock", stage.clock_seconds, "clock", samples=1),
        stated("run.duration", "Planned duration", stage.duration_seconds, "clock", plan),
        stated("run.speed", "Speed", stage.speed, "factor", request),
        stated("run.rate_scale", "Rate scale", stage.rate_scale, "ratio", request),
        rate_factor_figure(stage.rate_factor),
        traffic_figure(stage.traffic),
    ]


def _hero(stage: StageInput, tick: Tick) -> list[Figure]:
    if stage.summary is not None:
        return summary_hero(stage.summary)
    started = stage.tick is not None
    since = known(tick.t_seconds)
    decided = whole(stage.totals.get("decided", 0)) if started else None
    failed = whole(stage.totals.get("failed", 0)) if started else None
    return [
        measured("hero.decided", "Decided", decided, "count", window=since),
        measured("hero.achieved_tps", "Achieved", tick.achieved_tps, "tps", window=SECOND),
        measured("hero.offered_tps", "Offered", tick.offered_tps, "tps", window=SECOND),
        _percentile(tick, "hero.response_p99_ms", "Response time, p99", tick.response_p99_ms),
        _window(tick),
        measured("hero.failed", "Failed", failed, "count", window=since, note=FAILED),
        lost_figure(stage.target, stage.journal, stage.status),
    ]


def summary_hero(summary: RunSummary) -> list[Figure]:
    """The hero row of a whole run, from the record the store keeps."""
    counts, seconds, response = summary.counts, summary.duration_seconds, summary.response_ms
    return [
        measured("hero.decided", "Decided", counts.decided, "count", window=seconds),
        measured("hero.achieved_tps", "Achieved", summary.achieved_tps, "tps", window=seconds),
        measured("hero.offered_tps", "Offered", summary.offered_tps, "tps", window=seconds),
        measured(
            "hero.response_p99_ms",
            "Response time, p99",
            response.p99,
            "ms",
            window=seconds,
            samples=response.count,
            note=WHOLE_RUN,
        ),
        measured("hero.failed", "Failed", counts.failed, "count", window=seconds, note=FAILED),
        lost_figure(summary.target, summary.journal, summary.status),
    ]


def lost_figure(
    target: Target, journal: JournalReconciliation | None, status: TestStatus
) -> Figure:
    """Transactions acknowledged but not in the journal; None until both were compared."""
    if not target.has_journal:
        note = "not measured on this target: it has no journal"
    elif journal is None:
        note = "could not be checked" if status.final else "checked at the end of the run"
    else:
        note = "acknowledged, but not in the journal"
    missing = journal.missing if journal is not None else None
    acknowledged = journal.acknowledged if journal is not None else None
    return measured("hero.lost", "Lost", missing, "count", samples=acknowledged, note=note)


def _percentile(tick: Tick, figure_id: str, label: str, value: float) -> Figure:
    return measured(
        figure_id,
        label,
        value,
        "ms",
        window=tick.response_window_seconds,
        samples=tick.response_samples,
        note=f"from the due instant; {ONE_MACHINE}",
    )


def _window(tick: Tick) -> Figure:
    """How far back the percentiles shown reach: with few samples, further than a second."""
    shown = known(tick.response_p99_ms) is not None
    seconds = tick.response_window_seconds if shown else None
    return measured(
        "hero.response_window_seconds",
        "Percentiles are over the latest",
        seconds,
        "seconds",
        window=seconds,
        samples=tick.response_samples,
        note="the shortest window that holds enough samples for p99",
    )


def _chart(tick: Tick, summary: RunSummary | None) -> list[Figure]:
    """What the charts' legends say: of now, and of the whole run once it is final."""
    plan = derived(
        "chart.plan_tps",
        "Planned",
        tick.plan_tps,
        "tps",
        formula="load profile at the run clock × rate factor",
        inputs={
            "run clock": known(tick.schedule_seconds),
            "rate factor": known(tick.rate_factor),
        },
    )
    if summary is not None:
        return [*_whole_run(summary), plan]
    return [
        measured("chart.achieved_tps", "Achieved", tick.achieved_tps, "tps", window=SECOND),
        plan,
        _percentile(tick, "chart.response_p50_ms", "p50", tick.response_p50_ms),
        _percentile(tick, "chart.response_p95_ms", "p95", tick.response_p95_ms),
        _percentile(tick, "chart.response_p99_ms", "p99", tick.response_p99_ms),
    ]


def _whole_run(summary: RunSummary) -> list[Figure]:
    seconds, response = summary.duration_seconds, summary.response_ms
    times = (("p50", response.p50), ("p95", response.p95), ("p99", response.p99))
    return [
        measured("chart.achieved_tps", "Achieved", summary.achieved_tps, "tps", window=seconds),
        *(
            measured(
                f"chart.response_{name}_ms",
                name,
                value,
                "ms",
                window=seconds,
                samples=response.count,
                note=WHOLE_RUN,
            )
            for name, value in times
        ),
    ]


def _criteria(stage: StageInput) -> list[Figure]:
    source = preset_source(stage.scenario)
    return [
        stated(
            f"criterion.{key}.threshold",
            CRITERIA[key].label if key in CRITERIA else key,
            threshold,
            CRITERIA[key].unit if key in CRITERIA else "count",
            source,
        )
        for key, threshold in stage.criteria
    ]


def _cost(stage: StageInput, tick: Tick) -> list[Figure]:
    """CPU cost; an hour is at the rate of now, and at the whole run's once that is known."""
    final = stage.summary
    return cost_figures(
        stage.platform_cpu_seconds,
        stage.totals.get("decided", 0),
        known(tick.achieved_tps) if final is None else final.achieved_tps,
        vcpu_hour_usd(),
        "the rate of now" if final is None else "this run's rate",
    )
