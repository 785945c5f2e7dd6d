"""The parts of the benchmark of faults that need no platform."""

import itertools

import pytest

from tests.benchmarks import faults_scheduled
from tests.benchmarks.faults import bars
from tests.benchmarks.faults_evidence import KillRow


@pytest.mark.parametrize("seed", range(5, 15))
def test_a_drawn_schedule_is_the_same_for_a_seed_and_never_more_than_three_at_once(seed):
    faults = faults_scheduled.draw(seed)
    assert faults == faults_scheduled.draw(seed)
    assert len(faults) == faults_scheduled.DRAWN
    assert 1 <= faults_scheduled.at_once(faults) <= faults_scheduled.MOST_AT_ONCE
    for one, other in itertools.combinations(faults, 2):
        assert not faults_scheduled._alike(one, other)


@pytest.mark.parametrize(
    ("changes", "met"),
    [({}, True), ({"gone_seconds": 5.1}, False), ({"left": 1}, False), ({"proven": False}, False)],
)
def test_a_platform_that_outlives_its_app_or_a_fault_that_never_was_misses_the_bar(changes, met):
    row = KillRow(**{**GONE, **changes})
    (bar,) = bars([], [], [row], [])
    assert bar.met is met


GONE = {"fault": "kinesis_lag", "proven": True, "processes": 8, "left": 0, "gone_seconds": 0.4}
