"""All faults there are: one line a type. How to add one: write its file, add its line."""

from __future__ import annotations

from engine.faults import lambda_crash
from engine.faults.fault import Fault
from engine.model.errors import TargetError
from engine.model.fault import DISPLAY_NAMES, FailureType

FAULTS: dict[FailureType, Fault] = {
    FailureType.LAMBDA_CRASH: Fault(lambda_crash.apply, lambda_crash.clear, lambda_crash.probe),
}


def find(failure_type: FailureType) -> Fault:
    """The fault of this type; raises TargetError naming those there are."""
    fault = FAULTS.get(failure_type)
    if fault is None:
        known = ", ".join(DISPLAY_NAMES[name] for name in FAULTS)
        msg = (
            f"{DISPLAY_NAMES[failure_type]} ({failure_type}) cannot be injected by this version; "
            f"it offers: {known}"
        )
        raise TargetError(msg)
    return fault
