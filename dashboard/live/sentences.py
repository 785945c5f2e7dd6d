"""Where the sentences come from that stand on the stage and hold numbers of their own.

Events, warnings, findings and names are told in words; each has an id like any figure, and here is
its definition, so that the page can say for every number whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.model.figure import Figure, Provenance, Source
from engine.report.make import derived, measured

if TYPE_CHECKING:
    from engine.model.live import LiveState
    from engine.model.results import CriterionResult, RunSummary

LIMELIGHT = "Limelight"
RECORDED = "recorded by the engine at the instant it says, in seconds since Start"
DOUBT = "what the load generator found about itself"
DOUBTED_NOW = "what the load generator finds about itself in the latest ticks"
DOUBTED_THEN = "what the load generator found about itself over the whole run"
STATED = {
    "run.name": "Scenario",
    "run.promise": "What the scenario promises",
    "run.act": "Act of the scenario",
    "run.faults": "Faults of the scenario",
}


def sentences(state: LiveState, events_shown: int) -> list[Figure]:
    """A figure for every sentence that the stage shows; events by their place among those shown."""
    target = Source(publisher="operator", title="what this run is held against, as declared")
    status = measured("run.status", "State of the run", state.status.value, "text", samples=1)
    return [
        *_stated(state),
        _quoted("run.target", "Target", state.target_line, target),
        status,
        *(_event(at, event.message) for at, event in enumerate(state.events[-events_shown:])),
        *(
            measured(f"warning.{at}", "A doubt", words, "text", samples=1, note=DOUBT)
            for at, words in enumerate(state.warnings)
        ),
        *(
            measured(f"doubt.{at}", "A doubt", words, "text", samples=1, note=_of(state))
            for at, words in enumerate(state.doubts)
        ),
        *(_findings(state.summary) if state.summary is not None else []),
    ]


def _of(state: LiveState) -> str:
    return DOUBTED_THEN if state.status.final else DOUBTED_NOW


def _event(place: int, words: str) -> Figure:
    key = f"event.{place}"
    return measured(key, "What happened", words, "text", samples=1, note=RECORDED)


def _stated(state: LiveState) -> list[Figure]:
    scenario = Source(publisher=LIMELIGHT, title=f"scenario {state.preset or state.name}")
    words = {
        "run.name": state.name,
        "run.promise": state.promise,
        "run.act": state.act,
        "run.faults": ", ".join(fault.name for fault in state.faults),
    }
    return [_quoted(key, label, words[key], scenario) for key, label in STATED.items()]


def _findings(summary: RunSummary) -> list[Figure]:
    outcomes = {result.key: result.outcome.value for result in summary.criteria}
    verdict = derived(
        "run.verdict",
        "Verdict",
        summary.verdict_reason,
        "text",
        formula="passed when every criterion held, failed when one did not",
        inputs={**outcomes},
    )
    return [verdict, *(_finding(result) for result in summary.criteria)]


def _finding(result: CriterionResult) -> Figure:
    return derived(
        f"criterion.{result.key}.measured",
        f"{result.label}: finding",
        result.explanation,
        "text",
        formula=result.formula,
        inputs={"measured": result.measured, "threshold": float(result.threshold)},
    )


def _quoted(figure_id: str, label: str, words: str | None, source: Source) -> Figure:
    return Figure(
        id=figure_id,
        label=label,
        value=words,
        unit="text",
        provenance=Provenance.QUOTED,
        source=source,
    )
