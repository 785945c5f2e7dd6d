"""The faults' figures: when they hit, whom, and how long the target took to come back."""

from __future__ import annotations

from engine.analysis.criteria import RECOVERED
from engine.model.figure import Figure
from engine.model.results import FaultRecord
from engine.report.figures_scorecard import card_figures
from engine.report.make import Number, derived, measured

RECOVERY = f"start of the first window back within criteria − onset; {RECOVERED}"


def recovery_figures(faults: list[FaultRecord], at_seconds: Number) -> list[Figure]:
    """`hero.recovery_seconds` of the latest fault recovered from, and the count while one is not.

    Args:
        faults: Every fault so far, in order of onset.
        at_seconds: Now, in seconds since Start; None before the first tick.
    """
    proven = [fault for fault in faults if fault.proven]
    back = [fault for fault in proven if fault.recovery_from_onset_seconds is not None]
    latest = back[-1] if back else None
    open_fault = next((f for f in reversed(proven) if f.recovered_at_seconds is None), None)
    since = at_seconds - open_fault.onset_seconds if open_fault and at_seconds is not None else None
    return [
        _recovery("hero.recovery_seconds", latest),
        derived(
            "hero.recovering_seconds",
            "Recovering for",
            since,
            "seconds",
            formula="now − onset of the latest fault not recovered from",
            inputs={
                "now": at_seconds,
                "onset": open_fault.onset_seconds if open_fault else None,
            },
        ),
    ]


def fault_figures(faults: list[FaultRecord]) -> list[Figure]:
    """Figures `fault.<index>.*`, instants and times in seconds since Start."""
    return [figure for index, fault in enumerate(faults) for figure in _fault(index, fault)]


def _fault(index: int, fault: FaultRecord) -> list[Figure]:
    name, key = fault.display_name, f"fault.{index}"
    return [
        measured(f"{key}.onset_seconds", f"{name}: onset", fault.onset_seconds, "clock", samples=1),
        measured(f"{key}.clear_seconds", f"{name}: clear", fault.clear_seconds, "clock", samples=1),
        measured(f"{key}.share", f"{name}: share hit", fault.share or None, "text", samples=1),
        measured(
            f"{key}.detected_seconds",
            f"{name}: seen after",
            fault.detected_after_seconds,
            "seconds",
            samples=1,
        ),
        _recovery(f"{key}.recovery_seconds", fault),
        derived(
            f"{key}.recovery_from_clear_seconds",
            f"{name}: recovery from clear",
            fault.recovery_from_clear_seconds,
            "seconds",
            formula=RECOVERY.replace("− onset", "− clear"),
            inputs={"recovered": fault.recovered_at_seconds, "clear": fault.clear_seconds},
        ),
        measured(
            f"{key}.failed",
            f"{name}: failed during",
            fault.failed_during,
            "count",
            samples=1,
        ),
        *card_figures(index, fault),
    ]


def _recovery(figure_id: str, fault: FaultRecord | None) -> Figure:
    return derived(
        figure_id,
        f"{fault.display_name}: recovery from onset" if fault else "Recovery",
        fault.recovery_from_onset_seconds if fault else None,
        "seconds",
        formula=RECOVERY,
        inputs={
            "recovered": fault.recovered_at_seconds if fault else None,
            "onset": fault.onset_seconds if fault else None,
        },
    )
