"""Schedules drawn from a seed, up to three faults at once, each over a minute of load."""

import random

from engine.faults import cascading_failure
from engine.model.fault import FailureScenario, FailureType
from tests.benchmarks.faults_evidence import ScheduleRow
from tests.benchmarks.faults_one import conduct, scenario

RATE, WHOLE = 800.0, 60.0
FIRST, LAST_CLEAR = 6.0, 46.0
DRAWN = 7
MOST_AT_ONCE = 3
PARTS = {part.TYPE for part in cascading_failure.PARTS}
SHORTEST, LONGEST = 4.0, 9.0
MILDEST, HARDEST = 0.2, 0.8


def draw(seed):
    """Faults in order of their start; at no time more than three, and none twice at once."""
    chance = random.Random(seed)
    found = []
    while len(found) < DRAWN:
        seconds = chance.uniform(SHORTEST, LONGEST)
        one = FailureScenario(
            failure_type=chance.choice(list(FailureType)),
            start_time_seconds=round(chance.uniform(FIRST, LAST_CLEAR - seconds), 2),
            duration_seconds=round(seconds, 2),
            severity=round(chance.uniform(MILDEST, HARDEST), 2),
        )
        if at_once([*found, one]) <= MOST_AT_ONCE and not any(
            _alike(one, other) for other in found
        ):
            found.append(one)
    return sorted(found, key=lambda fault: fault.start_time_seconds)


def _alike(one, other):
    """Whether they overlap and one would take the place of the other's orders."""
    together = {one.failure_type, other.failure_type}
    same = len(together) == 1 or (FailureType.CASCADING_FAILURE in together and together & PARTS)
    return (
        bool(same) and one.start_time_seconds < _end(other) and other.start_time_seconds < _end(one)
    )


def at_once(faults):
    """How many of them overlap at most."""
    return max(
        sum(other.start_time_seconds <= one.start_time_seconds < _end(other) for other in faults)
        for one in faults
    )


def _end(fault):
    return fault.start_time_seconds + fault.duration_seconds


def measure(seed):
    """The row of one schedule; a fault that another's order forbids is refused by the run."""
    faults = draw(seed)
    summary, ticks = conduct(scenario(RATE, WHOLE, faults))
    under_load = ticks[ticks["plan_tps"] > 0]
    last = under_load.tail(4)
    down = float((last["scorers_asked"] - last["scorers_up_now"]).max() > 0)
    edge = float(last["edge_up"].min() < 1)
    breakers = float(last["breakers_open_now"].max() + last["breakers_half_open_now"].max() > 0)
    agents = float(last["agent_health"].min() < 1)
    held = float(last["faults_active_now"].max() > 0)
    return ScheduleRow(
        seed=seed,
        faults=len(summary.faults),
        most_at_once=int(ticks["faults_active_now"].max()),
        proven=sum(fault.proven for fault in summary.faults),
        recovered=sum(fault.recovered_at_seconds is not None for fault in summary.faults),
        decided=summary.counts.decided,
        failed=summary.counts.failed,
        lost=summary.journal.missing,
        duplicated=summary.journal.duplicated,
        stuck=int(down + edge + breakers + agents + held),
        timeline=[
            f"{fault.failure_type}@{fault.start_time_seconds:g}:{fault.duration_seconds:g}"
            f":{fault.severity:g}"
            for fault in faults
        ],
    )
