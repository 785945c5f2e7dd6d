"""Reasoning: decisions come before explanations, and an answer says when it lacks one."""

from __future__ import annotations

import threading
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.measure.histogram import Histogram
from engine.platform import reasoning, reasons
from engine.platform.agents.risk_assessor import ASSETS
from engine.platform.agents.runner import keep_working
from engine.platform.aggregator import REVIEW, Outcome
from engine.platform.answer import Answer
from engine.platform.latencies import taken
from engine.platform.pipeline import Pipeline
from engine.platform.reasoning import BURST_SECONDS, Bucket, Case, explain
from engine.platform.wire import Burdens, Facts, Job, Limit
from engine.platform.works import Work

FAR = 2**62
PLAIN = Facts(20.0, 1e6, "m", "grocery", True, "FR", 48.8, 2.3, "d", "visa", "EUR", "10.0.0.1", "s")
LARGE = msgspec.structs.replace(PLAIN, amount_usd=150_000.0)  # compliance wants a person to look
_answer = msgspec.msgpack.Decoder(Answer).decode


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(ASSETS)


def decided(pipeline: Pipeline, *facts: Facts, pressed: bool = False) -> list[Answer]:
    work = Work([Job(n, time.monotonic_ns(), f"u{n}", one) for n, one in enumerate(facts)], pressed)
    keep_working(pipeline.calls, lambda: pipeline.finish(work) and None)
    return [_answer(one.answer) for one in work.scored]


def codes(answer: Answer) -> list[int]:
    return [reason.code for reason in answer.reasons]


def counts(pipeline: Pipeline) -> tuple[int, int, int, int]:
    engine = pipeline.reasoning
    return engine.asked, engine.explained, engine.shed, engine.refused


def test_only_what_is_not_approved_is_explained(pipeline: Pipeline):
    pipeline.reset()
    plain, large = decided(pipeline, PLAIN, LARGE)
    assert codes(plain) == [reasons.NOTHING]
    assert reasons.VERY_LARGE in codes(large)
    assert counts(pipeline) == (1, 1, 0, 0)
    assert len(pipeline.reasoning.latencies_us) == 2  # the batch's second opinions, an explanation


def test_under_load_the_decision_is_the_same_and_says_that_its_explanation_was_shed(
    pipeline: Pipeline,
):
    pipeline.reset()
    calm = decided(pipeline, PLAIN, LARGE, LARGE)
    pressed = decided(pipeline, PLAIN, LARGE, LARGE, pressed=True)
    assert [one.decision for one in calm] == [one.decision for one in pressed]
    assert [one.risk for one in calm] == [one.risk for one in pressed]
    assert codes(pressed[0]) == [reasons.NOTHING]
    assert codes(pressed[1])[0] == reasons.SHED
    rules = {reasons.REQUIRED, reasons.CONSERVATIVE}  # what raised it is known without asking
    assert rules & set(codes(pressed[1])) == rules & set(codes(calm[1])) != set()
    assert counts(pipeline) == (4, 2, 2, 0)


def test_beyond_its_rate_the_tier_refuses_and_the_answer_says_so(pipeline: Pipeline):
    pipeline.reset()
    pipeline.burden(Burdens(limit=Limit(0.0, FAR)))
    assert codes(decided(pipeline, LARGE)[0])[0] == reasons.REFUSED
    pipeline.burden(Burdens(limit=Limit(0.001, FAR)))
    first, second = decided(pipeline, LARGE, LARGE)
    assert reasons.VERY_LARGE in codes(first)
    assert codes(second)[0] == reasons.REFUSED
    pipeline.burden(Burdens(limit=Limit(0.0, time.monotonic_ns() - 1)))
    assert reasons.VERY_LARGE in codes(decided(pipeline, LARGE)[0])  # the lease has ended
    pipeline.burden(Burdens())
    assert counts(pipeline) == (4, 2, 0, 2)


def test_a_batch_without_time_left_is_decided_with_some_explanations_shed(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
):
    pipeline.reset()
    monkeypatch.setattr(reasoning, "BATCH_SECONDS", 0.0)
    found = decided(pipeline, LARGE, LARGE, LARGE)
    assert [codes(one)[0] == reasons.SHED for one in found] == [False, True, True]
    assert counts(pipeline) == (3, 1, 2, 0)


def test_an_explanation_that_hangs_holds_up_no_decision(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
):
    pipeline.reset()
    hung = threading.Event()

    class Hanging:
        def causes(self, row: object, facts: object) -> list[object]:
            hung.wait()
            return []

    agents = pipeline.panel.agents
    monkeypatch.setattr(pipeline.panel, "agents", (Hanging(), *agents[1:]))
    for _ in range(2):  # the second is not even asked: the first still hangs
        assert codes(decided(pipeline, LARGE)[0])[0] == reasons.SHED
    assert counts(pipeline) == (2, 0, 2, 0)
    hung.set()


def test_an_agent_that_took_no_part_in_a_decision_is_no_reason_for_it(pipeline: Pipeline):
    row = pipeline.row("u", LARGE)
    outcome = Outcome(REVIEW, 0.6, 1.0, 0)
    told = [
        [one.code for one in explain(pipeline.panel, pipeline.policy, Case(row, LARGE, s, outcome))]
        for s in ((0.5, 0.5, 0.5, 0.9), (0.5, 0.5, 0.5, None))
    ]
    assert reasons.VERY_LARGE in told[0]
    assert reasons.VERY_LARGE not in told[1]


@given(
    st.floats(0.0, 1e4),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 2_000_000_000)), max_size=30),
)
def test_a_limit_is_never_exceeded_by_more_than_what_it_gathers(
    per_second: float, asks: list[tuple[int, int]]
):
    bucket = Bucket(Limit(per_second, FAR), 0)
    now = passed = 0
    for wanted, wait_ns in asks:
        now += wait_ns
        taken = bucket.take(wanted, now)
        assert 0 <= taken <= wanted
        passed += taken
    burst = max(per_second * BURST_SECONDS, 1.0) if per_second else 0.0
    assert passed <= per_second * now / 1e9 + burst + 1e-6


@given(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=300))
def test_latencies_of_a_tick_keep_their_count_and_their_size(values: list[int]):
    left, whole = list(values), Histogram()
    whole.add_sparse(taken(left))
    assert left == []
    assert whole.count == len(values)
    for q in (1.0, 50.0, 100.0):
        exact = float(np.sort(values)[max(int(np.ceil(q / 100 * len(values))), 1) - 1]) / 1000
        found = whole.quantile_ms(q)
        assert found is not None
        assert abs(found - exact) <= exact / 60 + 1e-9  # 1/64 of it, and the histogram's own


def test_no_latencies_are_no_bytes():
    assert taken([]).indices == b""
