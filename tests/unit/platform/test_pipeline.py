"""The pipeline of one scorer: a transaction that cannot be computed harms no other."""

from __future__ import annotations

import msgspec
import pytest

from engine.platform.agents.risk_assessor import ASSETS
from engine.platform.pipeline import Pipeline
from engine.platform.wire import FAILED, Facts, Job

GOOD = Facts(20.0, 1e6, "m", "grocery", True, "FR", 48.8, 2.3, "d", "visa", "EUR", "10.0.0.1", "s")
BAD = msgspec.structs.replace(GOOD, amount_usd=0.0)  # has no logarithm


def jobs(*facts: Facts) -> list[Job]:
    return [Job(ticket, 0, f"u{ticket}", one) for ticket, one in enumerate(facts)]


def test_a_transaction_that_cannot_be_computed_fails_alone(capfd: pytest.CaptureFixture[str]):
    pipeline = Pipeline(ASSETS)
    scored = pipeline.decide(jobs(GOOD, BAD, GOOD))
    assert [one.decision == FAILED for one in scored] == [False, True, False]
    assert (scored[1].answer, scored[1].tail) == (b"", b"")
    assert scored[0].risk == scored[2].risk == pipeline.decide(jobs(GOOD))[0].risk
    assert "'u1' failed: ValueError" in capfd.readouterr().err
    pipeline.commit([0, 1, 2])
    assert len(pipeline.memory) == 2


def test_a_rebuild_leaves_out_a_row_that_cannot_be_learned(capfd: pytest.CaptureFixture[str]):
    pipeline = Pipeline(ASSETS)
    rows = [("a", GOOD), ("b", BAD), ("a", GOOD)]
    pipeline.rebuild([(user, msgspec.msgpack.encode(facts)) for user, facts in rows])
    assert pipeline.memory.customer("a").total == 2
    assert pipeline.memory.customer("b").total == 0
    assert "1 rows of the journal not learned" in capfd.readouterr().err
