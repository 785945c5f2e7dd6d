"""The inside of a run for the operations and agents pages, made from its newest instant."""

from __future__ import annotations

from engine.metrics.view import RunView
from engine.model.figure import Figure
from engine.model.live import LiveState
from engine.model.parts import Part, PartsState
from engine.model.tick import Tick
from engine.report import parts_agents as agents
from engine.report import parts_faults as faults
from engine.report import parts_letters as letters
from engine.report import parts_processes as processes
from engine.report import parts_stages as passed
from engine.report.make import known, measured
from engine.report.parts_quality import agent_quality_figures, quality_part_figures
from engine.report.parts_reports import Span, span_of
from engine.report.parts_resources import resource_figures

SECOND = 1.0
WHOLE_RUN = "resilience."
KEPT = frozenset({"run.clock", "run.duration", "run.rate_scale", "run.speed", "run.traffic"})


def parts_state(live: LiveState, view: RunView | None) -> PartsState:
    """What the pages beside the stage show of this state; `view` is None without a run."""
    told = {name: getattr(live, name) for name in LiveState.model_fields}
    told["figures"] = [figure for figure in live.figures if figure.id in KEPT]
    told["plan"], told["nodes"], told["events"] = [], [], []
    if view is None or view.meta is None:
        return PartsState(**told)
    tick = view.tick or Tick()
    span = span_of(view.reports)
    stages = passed.stages(span, tick)
    on, over = faults.fault_rows(view.faults)
    log = faults.log_lines(view)
    told["figures"] += [one for one in live.figures if one.id.startswith(WHOLE_RUN)]
    told["figures"] += _figures(view, tick, span)
    told["figures"] += [*passed.stage_figures(stages), *faults.log_figures(log)]
    return PartsState(
        **told,
        telemetry=view.meta.target.has_telemetry,
        processes=_ended(processes.process_rows(span), view),
        queues=processes.queue_rows(view),
        agents=agents.agent_rows(span),
        scorers=_ended(agents.scorer_rows(span), view),
        stages=passed.stage_rows(stages),
        orders=[] if view.status.final else faults.order_rows(span),
        on=on,
        over=over,
        level=span.now.degradation.level if span else "",
        strategies=faults.strategies(span),
        letters=letters.letter_rows(view.dead_letters),
        log=log,
    )


def _ended(rows: list[Part], view: RunView) -> list[Part]:
    """The platform ends with its run; what is told of it then is of the last second it ran."""
    if not view.status.final:
        return rows
    return [row.model_copy(update={"status": "ended", "note": ""}) for row in rows]


def _figures(view: RunView, tick: Tick, span: Span | None) -> list[Figure]:
    return [
        *_head(tick),
        *processes.process_figures(span, ended=view.status.final),
        *processes.queue_figures(tick, span),
        *resource_figures(tick),
        *agents.agent_figures(view.reports, span),
        *quality_part_figures("part.decision", "The platform's decision", view.confusion),
        *agent_quality_figures(view.agent_confusion),
        *faults.fault_part_figures(view.faults),
        *faults.order_figures(span),
        *faults.level_figures(span),
        *letters.letter_figures(view.dead_letters, tick, view.totals),
    ]


def _head(tick: Tick) -> list[Figure]:
    return [
        measured("part.achieved", "Achieved", known(tick.achieved_tps), "tps", window=SECOND),
        measured("part.error_rate", "Errors", known(tick.error_rate), "ratio", window=SECOND),
        measured(
            "part.response_p99_ms",
            "Response time, p99",
            known(tick.response_p99_ms),
            "ms",
            window=tick.response_window_seconds,
            samples=tick.response_samples,
            note="from the due instant; this machine, no network",
        ),
    ]
