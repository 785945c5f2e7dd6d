"""What a transaction passes, how much of each stage is in use, and the bottleneck now."""

from __future__ import annotations

from collections.abc import Sequence

from engine.analysis.balance import PRESSURE, Stage, bottleneck
from engine.model.figure import Figure
from engine.model.parts import Part
from engine.model.tick import Tick
from engine.report.make import derived, known, measured
from engine.report.parts_reports import Span


def stages(span: Span | None, tick: Tick) -> list[Stage]:
    """What a transaction passes, with how much of it is in use."""
    generator = known(tick.busiest_worker_cpu_cores)
    own = [] if generator is None else [Stage("generator", "Load generator", generator)]
    if span is None:
        return own
    edge, seconds = span.now.edge, span.seconds
    commits = span.rate(lambda report: float(report.edge.commits))
    commit = None if commits is None or edge.commit_ms is None else commits * edge.commit_ms / 1e3
    reasoning = span.rate(lambda report: report.reasoning.busy_seconds)
    share = None if reasoning is None or not seconds else reasoning / max(1, len(span.now.scorers))
    return [
        *own,
        Stage("edge", "Edge", span.now.degradation.signals.get("cpu_share")),
        Stage("scorers", "Scorers", span.now.utilisation, edge.queue_age_ms / 1e3),
        Stage("reasoning", "Reasoning tier", share),
        Stage("journal", "Journal", commit, edge.journal_age_ms / 1e3),
    ]


USES = {
    "generator": "cores in use by the busiest load worker, which can use one; not the platform's",
    "edge": "share of one core used by the thread that does the edge's work",
    "scorers": "mean share of the time in which a scorer is at work",
    "reasoning": "its busy seconds ÷ (seconds × scorers): it works inside the scorers",
    "journal": "commits a second × mean seconds of a commit",
}


def stage_rows(found: Sequence[Stage]) -> list[Part]:
    """One row a stage; the bottleneck is marked."""
    most = bottleneck(found)
    return [
        Part(
            key=f"stage.{one.key}",
            name=one.name,
            status="most" if one is most else "",
            note=USES[one.key],
        )
        for one in found
    ]


def stage_figures(found: Sequence[Stage]) -> list[Figure]:
    """Figures `part.stage.<key>.*`, and `part.bottleneck` in words with its pressure."""
    most = bottleneck(found)
    inputs = {one.name: one.pressure for one in found}
    figures = [
        derived(
            "part.bottleneck",
            "Bottleneck now",
            most.name if most else None,
            "text",
            formula=f"the stage with the highest pressure: {PRESSURE}",
            inputs={**inputs},
        ),
        derived(
            "part.bottleneck.pressure",
            "Its pressure",
            most.pressure if most else None,
            "ratio",
            formula=PRESSURE,
            inputs={**inputs},
        ),
    ]
    for one in found:
        key = f"part.stage.{one.key}"
        age = None if one.age_seconds is None else one.age_seconds * 1e3
        figures += [
            derived(
                f"{key}.utilisation",
                f"{one.name}: utilisation",
                one.utilisation,
                "ratio",
                formula=USES[one.key],
                inputs={"utilisation": one.utilisation},
            ),
            measured(f"{key}.age", f"{one.name}: the oldest waiting", age, "ms", samples=1),
            derived(
                f"{key}.pressure",
                f"{one.name}: pressure",
                one.pressure,
                "ratio",
                formula=PRESSURE,
                inputs={"utilisation": one.utilisation, "age in s": one.age_seconds},
            ),
        ]
    return figures
