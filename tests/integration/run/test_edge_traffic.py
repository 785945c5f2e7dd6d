"""A run of the stress mix: edge cases, duplicates and late events under load, none of it lost."""

from __future__ import annotations

import numpy as np
import pytest

from engine.load.traffic.edges import DUPLICATE, EDGE_CASES, LATE
from engine.load.traffic.roles import FRAUD_KINDS
from engine.load.traffic.simulator import BLOCK, Simulator
from engine.model.request import RunRequest
from engine.model.scenario import TrafficMix
from engine.service import Engine
from tests.integration.run.conftest import assert_conserved_every_second, steady

RATE, SECONDS = 1_000, 3.5
DUE = round(RATE * SECONDS)


@pytest.fixture(scope="module")
def stressed(tmp_path_factory):
    """The summary of a run, and the simulator's columns of the same arrivals."""
    engine = Engine(home=tmp_path_factory.mktemp("home"))
    scenario = steady(RATE, SECONDS, traffic_mix=TrafficMix.STRESS)
    engine.start(RunRequest(scenario=scenario, seed=8))
    summary = engine.wait(60)
    engine.close()
    simulator = Simulator(8, TrafficMix.STRESS, "same-")
    blocks = [simulator.block(index) for index in range(-(-DUE // BLOCK))]
    columns = {
        name: np.concatenate([getattr(block, name) for block in blocks])[:DUE]
        for name in ("numbers", "ids", "kinds", "rejects", "edges")
    }
    return summary, columns


def test_there_are_duplicates_late_events_and_all_kinds_of_fraud_in_it(stressed):
    _summary, columns = stressed
    edges = np.bincount(columns["edges"], minlength=len(EDGE_CASES))
    assert edges[DUPLICATE] >= 5
    assert edges[LATE] >= 5
    assert (np.bincount(columns["kinds"], minlength=len(FRAUD_KINDS)) > 20).all()


def test_every_one_gets_the_answer_that_is_right(stressed):
    summary, columns = stressed
    rejected = int(columns["rejects"].sum())
    assert (summary.counts.due, summary.counts.failed, summary.counts.dropped) == (DUE, 0, 0)
    assert summary.counts.rejected == rejected
    assert summary.counts.decided == DUE - rejected
    assert_conserved_every_second(summary)


def test_a_duplicate_is_acknowledged_and_journalled_once(stressed):
    summary, columns = stressed
    journal = summary.journal
    ids = np.unique(columns["ids"][~columns["rejects"]])
    assert (journal.missing, journal.duplicated, journal.unacknowledged) == (0, 0, 0)
    assert journal.acknowledged == journal.found == len(ids)
    assert summary.counts.decided - journal.acknowledged == (columns["edges"] == DUPLICATE).sum()


def test_a_duplicate_is_not_judged_again(stressed):
    summary, columns = stressed
    judged = sum(summary.confusion.values())
    assert judged == summary.journal.acknowledged
    frauds = [count for key, count in summary.confusion.items() if not key.startswith("legit")]
    assert sum(frauds) == (columns["kinds"] > 0).sum()
