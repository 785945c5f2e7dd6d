"""All faults there are: one line a type. How to add one: write its file, add its line."""

from __future__ import annotations

from engine.faults.agent_timeout import AgentTooSlow
from engine.faults.bedrock_rate_limit import ReasoningLimited
from engine.faults.cascading_failure import Cascade
from engine.faults.dynamodb_throttle import JournalThrottled
from engine.faults.fault import Fault
from engine.faults.kinesis_lag import IntakeStalled
from engine.faults.lambda_crash import WorkerCrash
from engine.faults.memory_pressure import MemoryPressure
from engine.faults.network_latency import NetworkDelay
from engine.model.fault import DISPLAY_NAMES, FailureScenario, FailureType, FaultKind

FAULTS: dict[FailureType, type[Fault]] = {
    fault.TYPE: fault
    for fault in (
        WorkerCrash,
        JournalThrottled,
        NetworkDelay,
        ReasoningLimited,
        IntakeStalled,
        AgentTooSlow,
        MemoryPressure,
        Cascade,
    )
}
WITH_COMPONENT = frozenset({FailureType.AGENT_TIMEOUT, FailureType.CASCADING_FAILURE})


def kinds() -> list[FaultKind]:
    """Every type with its parameters, in the order of `FailureType`."""
    return [
        FaultKind(
            failure_type=kind,
            display_name=DISPLAY_NAMES[kind],
            severity=FAULTS[kind].SEVERITY,
            parameters=FAULTS[kind].PARAMETERS,
            proof=FAULTS[kind].proof,
            needs_component=kind in WITH_COMPONENT,
        )
        for kind in FailureType
    ]


def problems(spec: FailureScenario) -> list[str]:
    """What of its parameters and component cannot be, each with what can; [] if all can."""
    name = spec.failure_type.value
    known = {one.name: one for one in FAULTS[spec.failure_type].PARAMETERS}
    found = []
    for key, value in spec.parameters.items():
        one = known.get(key)
        if one is None:
            offered = ", ".join(known) or "none"
            found.append(f"{name} has no parameter {key!r}; it has: {offered}")
        elif not one.least <= value <= one.most:
            bounds = f"from {one.least:g} to {one.most:g} {one.unit}"
            found.append(f"{name}: {key} must be {bounds}, got {value:g}")
    if spec.target_component and spec.failure_type not in WITH_COMPONENT:
        found.append(f"{name} takes no component, got {spec.target_component!r}")
    return found
