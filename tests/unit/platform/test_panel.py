"""The panel within a pipeline: a slow agent is left out, and let in again when it is well."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from engine.model.control import AgentDelay, ReasoningLimit
from engine.platform.agents import breaker
from engine.platform.agents.breaker import CLOSED, MISSES, OPEN
from engine.platform.agents.risk_assessor import ASSETS
from engine.platform.agents.runner import keep_working
from engine.platform.agents.seat import DEADLINE_NS, Seat
from engine.platform.agents.slowness import Slowness
from engine.platform.aggregator import decide
from engine.platform.answer import AGENTS, SCALE, Answer
from engine.platform.injected import Injected
from engine.platform.pipeline import Pipeline
from engine.platform.wire import Burdens, Delay, Facts, Job, Limit
from engine.platform.works import Work

LONG = 30.0
FACTS = Facts(20.0, 1e6, "m", "grocery", True, "FR", 48.8, 2.3, "d", "visa", "EUR", "10.0.0.1", "s")
_answer = msgspec.msgpack.Decoder(Answer).decode


def decided(pipeline: Pipeline, number: int = 2) -> list[Answer]:
    """A batch, decided as in a scorer: by a thread that is replaced when it hangs."""
    now = time.monotonic_ns()
    work = Work([Job(ticket, now, f"u{ticket}", FACTS) for ticket in range(number)])
    keep_working(pipeline.calls, lambda: pipeline.finish(work) and None)
    return [_answer(one.answer) for one in work.scored]


def delay(agent: int, seconds: float = LONG, share: float = 1.0) -> Delay:
    return Delay(agent, seconds, share, time.monotonic_ns() + int(LONG * 1e9))


@pytest.fixture(scope="module")
def loaded() -> Pipeline:
    return Pipeline(ASSETS)


@pytest.fixture
def pipeline(loaded: Pipeline) -> Iterator[Pipeline]:
    """Nobody known, nothing counted, and all delays ended afterwards."""
    loaded.reset()
    yield loaded
    loaded.burden(Burdens())


def test_a_slow_agent_is_left_out_and_the_weights_of_the_others_decide(pipeline: Pipeline):
    well = decided(pipeline)
    pipeline.burden(Burdens([delay(1)]))
    without = decided(pipeline)
    assert [one.scores[1] for one in without] == [-1, -1]
    expected = tuple(None if i == 1 else s / SCALE for i, s in enumerate(well[0].scores))
    assert abs(decide(pipeline.policy, expected).risk - without[0].risk / SCALE) < 1e-3
    cost = pipeline.panel.seats[1].cost
    assert (cost.timeouts, cost.fallbacks, cost.delayed, cost.scored) == (1, 2, 1, 2)
    assert max(cost.latencies_us) * 1000 >= DEADLINE_NS
    assert all(seat.cost.fallbacks == 0 for seat in pipeline.panel.seats if seat.cost is not cost)


def test_one_that_hangs_is_not_asked_again_and_costs_no_further_wait(pipeline: Pipeline):
    pipeline.burden(Burdens([delay(1)]))
    for _ in range(MISSES + 4):
        decided(pipeline)
    seat = pipeline.panel.seats[1]
    assert (seat.cost.batches, seat.cost.timeouts) == (1, 1)
    assert seat.cost.fallbacks == 2 * (MISSES + 4)
    assert (seat.breaker.state, seat.breaker.trips) == (OPEN, 1)


def test_when_the_fault_is_cleared_a_trial_lets_the_agent_in_again(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 0.01)
    pipeline.burden(Burdens([delay(2)]))
    for _ in range(MISSES):
        decided(pipeline)
    seat = pipeline.panel.seats[2]
    assert seat.breaker.state == OPEN
    pipeline.burden(Burdens())
    until(lambda: not seat.stuck)
    until(lambda: decided(pipeline)[0].scores[2] >= 0)
    assert (seat.breaker.state, seat.breaker.recoveries) == (CLOSED, 1)


def test_a_trial_of_an_agent_that_is_still_slow_opens_the_breaker_anew(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 0.01)
    slow = 1.5 * DEADLINE_NS / 1e9
    pipeline.burden(Burdens([delay(2, slow)]))
    seat = pipeline.panel.seats[2]
    until(lambda: decided(pipeline)[0].scores[2] < 0 and seat.cost.delayed >= 3)
    assert seat.cost.delayed > seat.cost.batches >= 1  # the trials are not waited for
    assert (seat.breaker.trips, seat.breaker.recoveries) == (1, 0)


def test_without_any_agent_a_person_has_to_look(pipeline: Pipeline):
    pipeline.burden(Burdens([delay(agent) for agent in range(4)]))
    found = decided(pipeline)
    assert {(one.decision, one.scores) for one in found} == {(1, (-1,) * 4)}


def test_an_agent_that_fails_is_left_out_of_that_batch(pipeline: Pipeline):
    class Broken:
        def score(self, rows: object, facts: object) -> list[float]:
            raise KeyError

        def causes(self, row: object, facts: object) -> list[object]:
            raise KeyError

    broken = Seat(Broken())
    pipeline.panel.seats = (broken, *pipeline.panel.seats[1:])
    assert [one.scores[0] for one in decided(pipeline, 3)] == [-1] * 3
    assert (broken.cost.errors, broken.cost.fallbacks, broken.cost.timeouts) == (3, 3, 0)


@pytest.mark.parametrize(("share", "slowed"), [(1.0, 12), (0.25, 3), (0.0, 0)])
def test_the_share_of_calls_that_sleep_is_exact(share: float, slowed: int):
    slowness = Slowness(delay(0, 1.5, share))
    assert [slowness.due() for _ in range(12)].count(1.5) == slowed


def test_slowness_ends_with_its_lease_and_with_its_order():
    over = Delay(0, LONG, 1.0, time.monotonic_ns() - 1)
    assert Slowness(over).due() == 0.0
    ending = Delay(0, 2 * LONG, 1.0, time.monotonic_ns() + int(LONG * 1e9))
    assert 0.0 < Slowness(ending).due() <= LONG
    lasting = Slowness(delay(0))
    sleeper = threading.Thread(target=lasting.sleep, args=(LONG,))
    sleeper.start()
    lasting.end()
    sleeper.join(LONG)
    assert not sleeper.is_alive()


def test_orders_hold_until_their_leases_end_and_replace_each_other():
    injected = Injected()
    order = AgentDelay(agent=AGENTS[1], seconds=2.0, share=0.5, lease_seconds=3.0)
    injected.take(order, 1_000)
    injected.take(AgentDelay(agent=AGENTS[3], seconds=1.0, lease_seconds=1.0), 1_000)
    injected.take(AgentDelay(agent="nobody", seconds=1.0, lease_seconds=1.0), 1_000)
    injected.take(ReasoningLimit(per_second=8.0, lease_seconds=2.0), 1_000)
    first, second = Delay(1, 2.0, 0.5, 3_000_001_000), Delay(3, 1.0, 1.0, 1_000_001_000)
    assert injected.burdens(4, 2_000) == Burdens([first, second], Limit(2.0, 2_000_001_000))
    assert injected.burdens(4, 1_000_001_000) == Burdens([first], Limit(2.0, 2_000_001_000))
    injected.take(AgentDelay(agent=AGENTS[1], seconds=0.0, lease_seconds=9.0), 1_000)
    assert injected.burdens(4, 2_000_001_000) == Burdens()
    injected.take(order, 1_000)
    injected.release()
    injected.release()
    assert injected.burdens(4, 2_000) == Burdens()


def until(holds) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)
