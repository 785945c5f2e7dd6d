"""A run, or the selection before it, as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.analysis.criteria import CRITERIA, find
from engine.load.profiles import Profile
from engine.metrics.view import RunView
from engine.model.fault import FailureScenario
from engine.model.live import CriterionLine, FaultSpan, LiveState
from engine.model.presentation import TransactionFlowNode
from engine.model.request import RunRequest
from engine.model.results import FaultRecord, RateChange, Target, TestStatus
from engine.model.run import RunMeta
from engine.model.scenario import TestScenario
from engine.model.tick import Tick
from engine.model.traffic import TrafficSource
from engine.report.figures import StageInput, stage_figures

REFERENCE = "Target: Limelight reference platform (built in, not a customer's product)"
SHOWN_EVENTS = 50
TICKS_PER_SECOND = 4
OUTCOMES = (
    ("approve", "Approved", "approved"),
    ("review", "Review", "review"),
    ("decline", "Declined", "declined"),
)


def idle_state(
    request: RunRequest, scaled: TestScenario, marks: tuple[str, ...], warnings: list[str]
) -> LiveState:
    """The page before Start: what is selected, and its plan as it would be run."""
    url = request.target_url
    return LiveState(
        target_line=REFERENCE if url is None else f"Target: {url}, on this machine",
        preset=scaled.scenario_id,
        name=scaled.name,
        promise=scaled.description,
        marks=list(marks),
        duration_seconds=scaled.duration_seconds,
        plan=plan_points(scaled, request.seed),
        faults=[_planned(fault) for fault in scaled.failure_scenarios],
        criteria=criterion_lines(scaled),
        must_hold=must_hold(scaled),
        warnings=list(warnings),
        figures=stage_figures(_nothing_yet(scaled, request)),
    )


def _nothing_yet(scaled: TestScenario, request: RunRequest) -> StageInput:
    """Before Start only what is planned and quoted has a value; no target was touched."""
    nobody = Target(
        name="",
        kind="",
        line="",
        url="",
        has_journal=False,
        has_faults=False,
        has_telemetry=False,
    )
    return StageInput(
        status=TestStatus.NOT_STARTED,
        clock_seconds=0.0,
        duration_seconds=scaled.duration_seconds,
        target=nobody,
        tick=None,
        totals={},
        faults=[],
        nodes=[],
        journal=None,
        confusion={},
        platform_cpu_seconds=None,
        scenario=request.scenario,
        speed=request.speed,
        rate_scale=request.rate_scale,
        criteria=[(line.key, line.value) for line in criterion_lines(scaled)],
        traffic=None if request.traffic_file else simulated(scaled),
    )


def simulated(scenario: TestScenario) -> TrafficSource:
    """The simulator's traffic, as a run of this scenario would say it."""
    return TrafficSource(own=False, name=str(scenario.traffic_mix))


def run_state(view: RunView, meta: RunMeta, warnings: list[str]) -> LiveState:
    """The page during and after a run; figures are made anew from the newest tick."""
    nodes = [*_ends(view), *view.nodes]
    return LiveState(
        run_id=meta.run_id,
        status=view.status,
        target_line=meta.target.line,
        preset=meta.scenario.scenario_id,
        name=meta.scenario.name,
        promise=meta.scenario.description,
        act=_act(meta, view.clock_seconds),
        marks=view.summary.marks if view.summary else view.marks,
        clock_seconds=min(view.clock_seconds, meta.scaled.duration_seconds),
        duration_seconds=meta.scaled.duration_seconds,
        plan=plan_points(meta.scaled, meta.seed, view.rate_changes),
        faults=[
            *(_span(record) for record in view.faults),
            *(_planned(fault) for fault in view.waiting_faults),
        ],
        criteria=criterion_lines(meta.scenario),
        must_hold=must_hold(meta.scenario),
        warnings=list(warnings),
        doubts=_doubts(view),
        rate_factor=view.rate_factor,
        degraded=list(view.degraded),
        events=list(view.events[-SHOWN_EVENTS:]),
        nodes=nodes,
        figures=stage_figures(stage_input(view, meta, nodes)),
        summary=view.summary,
    )


def _doubts(view: RunView) -> list[str]:
    """What the generator doubts of itself: of now, and once a run is final, of all of it."""
    if view.summary is not None:
        return list(view.summary.warnings)
    return [] if view.status.final else list(view.doubts)


def stage_input(view: RunView, meta: RunMeta, nodes: list[TransactionFlowNode]) -> StageInput:
    """What the stage's figures are made from."""
    return StageInput(
        status=view.status,
        clock_seconds=min(view.clock_seconds, meta.scaled.duration_seconds),
        duration_seconds=meta.scaled.duration_seconds,
        target=meta.target,
        tick=view.tick,
        totals=view.totals,
        faults=list(view.summary.faults if view.summary else view.faults),
        resilience=view.summary.resilience if view.summary else view.resilience,
        nodes=nodes,
        journal=view.journal,
        confusion=view.confusion,
        platform_cpu_seconds=view.cpu_seconds.get("platform"),
        scenario=meta.scenario,
        speed=meta.speed,
        rate_scale=meta.rate_scale,
        criteria=[(line.key, line.value) for line in criterion_lines(meta.scenario)],
        summary=view.summary,
        rate_factor=view.rate_factor,
        traffic=meta.traffic,
    )


def plan_points(
    scaled: TestScenario, seed: int, changes: Sequence[RateChange] = ()
) -> list[tuple[float, float]]:
    """Corner points (seconds, per second) of the planned rate, as the operator changed it."""
    factors = [(change.schedule_seconds, change.factor) for change in changes]
    profile = Profile(scaled.load_profile, scaled.duration_seconds, seed, factors)
    return profile.corner_points()


def criterion_lines(scenario: TestScenario) -> list[CriterionLine]:
    """The criteria whose threshold is a number with a unit."""
    return [
        CriterionLine(
            key=key,
            label=CRITERIA[key].label,
            value=float(threshold),
            unit=CRITERIA[key].unit,
        )
        for key, threshold in scenario.success_criteria.items()
        if key in CRITERIA and not isinstance(threshold, bool)
    ]


def must_hold(scenario: TestScenario) -> list[str]:
    """The criteria that are true or not, as people read them."""
    return [
        criterion.label
        for key, threshold in scenario.success_criteria.items()
        if threshold is True and (criterion := find(key)) is not None
    ]


def _act(meta: RunMeta, clock_seconds: float) -> str | None:
    if not meta.config.enable_presentation_mode:
        return None
    begun = [act.title for act in meta.scaled.acts if act.start_seconds <= clock_seconds]
    return begun[-1] if begun else None


def _planned(fault: FailureScenario) -> FaultSpan:
    return FaultSpan(
        name=fault.display_name,
        start_seconds=fault.start_time_seconds,
        end_seconds=fault.start_time_seconds + fault.duration_seconds,
        status="planned",
    )


def _span(record: FaultRecord) -> FaultSpan:
    if record.recovered_at_seconds is not None:
        status = "recovered"
    else:
        status = "active" if record.clear_seconds is None else "cleared"
    return FaultSpan(
        name=record.display_name,
        start_seconds=record.onset_seconds - record.paused_seconds,
        end_seconds=_on_run_clock(record.clear_seconds, record),
        status=status,
        recovered_seconds=_on_run_clock(record.recovered_at_seconds, record),
        proven=record.proven,
    )


def _on_run_clock(instant: float | None, record: FaultRecord) -> float | None:
    return None if instant is None else instant - record.paused_seconds


def _ends(view: RunView) -> list[TransactionFlowNode]:
    """The generator's own side of the flow: what was sent, and what came of it."""
    tick = view.tick
    if tick is None:
        return []
    up = "up" if view.status is TestStatus.RUNNING else "unknown"
    source = TransactionFlowNode(
        node_id="source",
        node_type="source",
        node_name="Load generator",
        status=up,
        throughput=tick.sent * TICKS_PER_SECOND,
    )
    return [source, *_middle(view), *(_outcome(*names, tick) for names in OUTCOMES)]


def _middle(view: RunView) -> list[TransactionFlowNode]:
    meta, tick = view.meta, view.tick
    if meta is None or tick is None:
        return []
    telemetry = meta.target.has_telemetry
    return [
        TransactionFlowNode(
            node_id="aggregator" if telemetry else "target",
            node_type="aggregator" if telemetry else "target",
            node_name="Decision" if telemetry else meta.target.name,
            status="up" if tick.decided else "unknown",
            throughput=tick.decided * TICKS_PER_SECOND,
        )
    ]


def _outcome(name: str, label: str, column: str, tick: Tick) -> TransactionFlowNode:
    return TransactionFlowNode(
        node_id=f"outcome.{name}",
        node_type="outcome",
        node_name=label,
        status="up",
        throughput=float(getattr(tick, column)) * TICKS_PER_SECOND,
    )
