"""What a run looks like now, and what is kept of it beside the ticks."""

from __future__ import annotations

from dataclasses import replace

from engine.metrics.view import RunView
from engine.model.presentation import TransactionFlowNode
from engine.model.results import FaultRecord
from engine.model.run import RunProgress
from engine.model.tick import Tick
from engine.run.rig import Rig


def look(
    before: RunView, rig: Rig, tick: Tick, doubts: tuple[str, ...], *, going_on: bool
) -> RunView:
    """The view after one more tick; once the load has ended, nodes and doubts are as they were."""
    ticker = rig.ticker
    return replace(
        before,
        clock_seconds=ticker.aggregator.clock_seconds,
        tick=tick,
        totals=dict(ticker.aggregator.totals),
        confusion=dict(ticker.aggregator.confusion),
        agent_confusion=dict(ticker.aggregator.agent_confusion),
        cpu_seconds=ticker.cpu_seconds(),
        nodes=rig.nodes() if going_on else before.nodes,
        dead_letters=rig.dead_letters(),
        exchange=ticker.aggregator.exchange,
        doubts=doubts if going_on else before.doubts,
        agents=rig.target.agents() if going_on else before.agents,
        reports=rig.reports() if going_on else before.reports,
    )


def progress(
    rig: Rig, faults: list[FaultRecord], nodes: tuple[TransactionFlowNode, ...]
) -> RunProgress:
    """What ticks do not hold."""
    return RunProgress(
        faults=faults,
        confusion=dict(rig.ticker.aggregator.confusion),
        cpu_seconds=rig.ticker.cpu_seconds(),
        nodes=list(nodes),
        workers_lost=rig.crew.lost,
        rate_changes=list(rig.crew.rates.changes),
        scalings=list(rig.scalings.records),
        degraded=list(rig.crew.degraded),
        dead_letters=list(rig.dead_letters()),
    )
