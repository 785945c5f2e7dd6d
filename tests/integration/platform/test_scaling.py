"""The number of scorers changes under load; customers move, nothing is lost or decided twice."""

from __future__ import annotations

import os
import signal

import pytest

from engine.model.control import Scale
from engine.platform.scaling import ABOVE_SECONDS, HIGH


def serving(number):
    return lambda report: (
        not report.moving
        and len(report.scorers) == number
        and all(scorer.status == "up" for scorer in report.scorers)
    )


def test_a_platform_that_is_full_adds_a_scorer_and_says_why_and_how_fast(start, helpers):
    platform = start(scorers=1, scorers_most=2, scorer_tps=30)
    with helpers.load(platform) as answered:
        report = platform.report(lambda report: report.scalings)
        (scaling,) = report.scalings
        platform.report(lambda report: all(scorer.scored > 20 for scorer in report.scorers))
    assert (scaling.from_scorers, scaling.to_scorers, scaling.cause) == (1, 2, "utilisation")
    assert scaling.utilisation > HIGH
    assert scaling.seconds >= ABOVE_SECONDS
    assert scaling.shards == 32
    assert scaling.at_ns <= report.at_ns
    assert len(report.scorers) == 2
    assert report.edge.restarts == 0
    helpers.assert_nothing_lost(platform, answered)
    assert platform.request("GET", "/health")[1] == {"status": "ok", "scorers_up": 2, "scorers": 2}


def test_whoever_dies_in_the_middle_of_a_move_nothing_is_lost_and_the_move_is_made(start, helpers):
    platform = start(scorers=2, scorers_least=1)
    with helpers.load(platform) as answered:
        for victim in ("edge", "gaining", "losing"):
            before = platform.report(serving(2))
            gaining, losing = before.scorers
            pids = {"edge": before.edge.pid, "gaining": gaining.pid, "losing": losing.pid}
            os.kill(losing.pid, signal.SIGSTOP)  # what it has cannot come back: customers wait
            platform.report(lambda report: report.scorers[1].queue_depth > 0)
            platform.tell(Scale(1))
            platform.report(lambda report: report.moving)
            os.kill(pids[victim], signal.SIGKILL)
            os.kill(losing.pid, signal.SIGCONT) if victim != "losing" else None
            after = platform.report(serving(1))
            assert (after.scalings[-1].from_scorers, after.scalings[-1].to_scorers) == (2, 1)
            assert after.scalings[-1].cause == "order"
            platform.tell(Scale(2))
            platform.report(serving(2))
    assert [scaling.number for scaling in platform.report().scalings] == [1, 2, 3, 4, 5, 6]
    helpers.assert_nothing_lost(platform, answered)


@pytest.mark.parametrize("asked", [0, 9])
def test_no_order_leads_out_of_the_bounds(shared_platform, asked):
    shared_platform.tell(Scale(asked))
    report = shared_platform.report()
    assert (len(report.scorers), report.scalings, report.moving) == (2, [], 0)
