from __future__ import annotations

import pytest
from hypothesis import settings

from engine.load.traffic.sample import Sample, collect
from engine.load.traffic.simulator import Block, Simulator
from engine.model.scenario import TrafficMix

PREFIX = "a1b2c3d4-"

settings.register_profile("unhurried", deadline=None)  # other processes may have the cores
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def stress_blocks() -> list[Block]:
    simulator = Simulator(11, TrafficMix.STRESS, PREFIX)
    return [simulator.block(index) for index in range(60)]


@pytest.fixture(scope="session")
def stress_sample(stress_blocks: list[Block]) -> Sample:
    return collect(stress_blocks)
