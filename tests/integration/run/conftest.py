from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.fault import FailureScenario, FailureType
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.service import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = Engine(home=tmp_path / "home")
    yield opened
    opened.close()


def steady(rate=300.0, seconds=6.0, faults=(), **changes):
    """A short run at one rate."""
    values = {
        "scenario_id": "short",
        "name": "Short",
        "load_profile": LoadProfile(profile_type=LoadProfileType.SUSTAINED, sustained_tps=rate),
        "duration_seconds": seconds,
        "failure_scenarios": tuple(faults),
        "traffic_mix": TrafficMix.DEMO,
    }
    return TestScenario(**{**values, **changes})


def crash(start, duration, severity=0.3):
    return FailureScenario(
        failure_type=FailureType.LAMBDA_CRASH,
        start_time_seconds=start,
        duration_seconds=duration,
        severity=severity,
    )
