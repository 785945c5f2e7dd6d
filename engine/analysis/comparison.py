"""A comparison decided from a run's evidence, and what is wrong with one that is asked for."""

from __future__ import annotations

import difflib

from engine.analysis.criteria_delivery import journal_finding
from engine.analysis.criteria_resilience import rate_changed
from engine.analysis.evidence import Evidence, Finding, compare, not_exercised
from engine.analysis.grammar import Comparison, parse, wrong
from engine.analysis.quantities import FAULTS, OF_FAULT, OF_RUN, OfFault, OfRun
from engine.model.errors import ConfigurationError
from engine.model.fault import DISPLAY_NAMES, FailureType
from engine.model.results import CriterionOutcome, FaultRecord


def read(text: str) -> Comparison:
    """The comparison that a text says, with every name in it known.

    Raises:
        ConfigurationError: What is wrong at which character, and what is known.
    """
    found = parse(text)
    names = [*dict.fromkeys([*OF_RUN, *OF_FAULT])]
    if found.quantity not in names:
        what = f"{found.quantity} is not a known quantity"
        raise wrong(found.places[0], f"{what}; {_nearest(found.quantity, names)}")
    if found.fault is None:
        return found
    if found.quantity not in OF_FAULT:
        what = f"{found.quantity} is of the whole run, not of a fault"
        raise wrong(found.places[1], f"{what}; of a fault are {', '.join(OF_FAULT)}")
    if found.fault not in FAULTS:
        what = f"{found.fault} is not a known fault"
        raise wrong(found.places[1], f"{what}; {_nearest(found.fault, list(FAULTS))}")
    return found


def problem(text: str) -> str | None:
    """What is wrong with a comparison; None when nothing is."""
    try:
        read(text)
    except ConfigurationError as error:
        return error.problems[0]
    return None


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


def quantity_of(asked: Comparison) -> OfRun | OfFault:
    """What is compared: of the run where no fault is named and the run has it, else of faults."""
    if asked.fault is None and asked.quantity in OF_RUN:
        return OF_RUN[asked.quantity]
    return OF_FAULT[asked.quantity]


def decide(asked: Comparison, evidence: Evidence) -> Finding:
    """Whether the run is as asked; without a fault's name, a fault's quantity is of every fault."""
    quantity = quantity_of(asked)
    if quantity.journal and (undecided := journal_finding(evidence)) is not None:
        return undecided
    if isinstance(quantity, OfFault):
        return _of_faults(asked, quantity, evidence)
    value = quantity.value(evidence)
    if value is None:
        return not_exercised(f"This run did not measure {asked.quantity}, or on too few samples.")
    return compare(asked.holds(value), float(value), f"{asked.quantity} was {value:,.6g}.")


def _of_faults(asked: Comparison, quantity: OfFault, evidence: Evidence) -> Finding:
    faults = [f for f in evidence.proven_faults if asked.fault in (None, str(f.failure_type))]
    if not faults:
        which = "Any fault" if asked.fault is None else DISPLAY_NAMES[FailureType(asked.fault)]
        return not_exercised(f"{which}: none was proven on in this run.")
    if quantity.recovery and (undecided := _recovery(faults, evidence)) is not None:
        return undecided
    values = [value for fault in faults if (value := quantity.value(fault)) is not None]
    if len(values) < len(faults):
        short = len(faults) - len(values)
        return not_exercised(
            f"{asked.quantity} was not measured, or on too few samples, in {short} of "
            f"{len(faults)} faults."
        )
    broken = [value for value in values if not asked.holds(value)]
    worst = (min if asked.sign in (">", ">=") else max)(broken or values)
    return compare(
        not broken,
        float(worst),
        f"As asked in {len(values) - len(broken)} of {len(values)} faults; the worst was "
        f"{worst:,.6g}.",
    )


def _recovery(faults: list[FaultRecord], evidence: Evidence) -> Finding | None:
    """Why a time of recovery cannot be compared; None where every fault has one."""
    if any(rate_changed(evidence, fault) for fault in faults):
        why = "The rate was changed by hand between the steady state and the recovery."
        return Finding(CriterionOutcome.NOT_TESTED, None, why)
    if any(fault.steady_state is None for fault in faults):
        return not_exercised("A fault came before there was a steady state to recover to.")
    left = sum(fault.recovered_at_seconds is None for fault in faults)
    if not left:
        return None
    why = f"The target did not return to its steady state after {left} of {len(faults)} faults."
    return Finding(CriterionOutcome.DID_NOT_HOLD, None, why)
