"""Workers whose rate is changed and who take over from each other, against a real server."""

import contextlib
import time

import numpy as np
import pytest

from engine.load.pacer import Pacer
from engine.load.profiles import Profile
from engine.load.traffic.simulator import BLOCK, Simulator
from engine.model.control import Pause, Resume, SetRate, TakeOver
from engine.model.scenario import LoadProfile, TrafficMix
from tests.integration.load.harness import (
    SUSTAINED,
    Sums,
    Worker,
    assert_conserved,
    plan,
    start_all,
)
from tests.servers import Server, approve

TAKES_EFFECT_SECONDS = 0.5


def pacer(tps, seconds, changes=()):
    load = LoadProfile.model_validate(SUSTAINED | {"sustained_tps": tps})
    return Pacer(Profile(load, seconds, 7, changes))


def schedule_seconds(worker):
    return (time.monotonic_ns() - worker.at_ns) / 1e9


def number_of(transaction_id):
    return int(transaction_id.rpartition("-")[2])


@contextlib.contextmanager
def workers(server, shares, tps, seconds, **changes):
    """As many workers, started on one schedule."""
    with contextlib.ExitStack() as stack:
        plans = [
            plan(server.url, tps, seconds, share=share, shares=shares, **changes)
            for share in range(shares)
        ]
        every = [stack.enter_context(Worker(one)) for one in plans]
        start_all(every)
        yield every


@pytest.mark.parametrize("factor", [0.25, 3.0])
def test_a_changed_rate_takes_effect_at_its_time_and_every_arrival_still_comes_once(factor):
    changes = {"mix": "realistic"}
    with Server() as server, Worker(plan(server.url, 200, 2, **changes)) as worker:
        worker.start()
        worker.wait_total("sent", 100)
        said_at = time.monotonic()
        changes = [(schedule_seconds(worker) + 0.15, factor)]
        worker.say(SetRate(changes))
        sums = worker.finish()
    law = pacer(200, 2, changes)
    assert sums.due == sums.decided == law.total
    numbers = [number_of(key) for _, key in server.arrivals]
    assert sorted(numbers) == list(range(law.total))
    at = np.asarray([instant for instant, _ in server.arrivals])
    effective, end = said_at + TAKES_EFFECT_SECONDS, worker.at_ns / 1e9 + 2
    ratio = ((at > effective) & (at < end)).sum() / (end - effective) / 200
    assert ratio == pytest.approx(factor, rel=0.5)
    assert_conserved(sums.reports)


def test_changes_in_a_row_and_in_a_pause_end_with_what_the_last_plan_has():
    changes = []
    with Server() as server, Worker(plan(server.url, 300, 1.5, mix="realistic")) as worker:
        worker.start()
        for least, factor in ((60, 4.0), (300, 0.05), (310, 2.0)):
            worker.wait_total("sent", least)
            changes.append((schedule_seconds(worker) + 0.1, factor))
            worker.say(SetRate(changes))
        worker.say(Pause())
        changes.append((changes[-1][0] + 0.05, 0.5))
        worker.say(SetRate(changes))
        worker.say(Resume())
        sums = worker.finish()
    law = pacer(300, 1.5, changes)
    assert sums.due == sums.decided == law.total
    assert sorted(sums.acknowledged) == list(range(law.total))


def test_a_factor_that_is_none_is_one_message():
    with Server() as server, Worker(plan(server.url, 100, 30)) as worker:
        worker.start()
        worker.say(SetRate([(0.1, 0.0)]))
        assert "must be > 0" in worker.failure().message
        assert worker.process.wait(30) == 2


def heard(shares, after_start=lambda every: None):
    """Bodies by transaction id of a run with so many workers."""
    bodies = {}

    def keep(request):
        number = len(bodies)
        bodies[request.id or number] = request.body
        approve(request)

    with (
        Server(keep) as server,
        workers(server, shares, 600, 1.0, mix="realistic") as every,
    ):
        after_start(every)
        for worker in every:
            worker.finish()
    return bodies


def test_the_same_seed_makes_the_same_transactions_whatever_workers_pauses_and_rates():
    def slow_down(every):
        changes = [(schedule_seconds(every[0]) + 0.15, 0.5)]
        for worker in every:
            worker.say(SetRate(changes))

    def stand_still(every):
        for command in (Pause(), Resume()):
            time.sleep(0.1)
            for worker in every:
                worker.say(command)

    alone, slowed, paused = heard(1), heard(2, slow_down), heard(3, stand_still)
    assert len(alone) == 600
    assert paused == alone
    assert 250 < len(slowed) < 600
    assert slowed.items() <= alone.items()


def test_a_killed_workers_customers_are_offered_by_the_other_and_none_twice():
    with (
        Server() as server,
        workers(server, 2, 400, 2.5, mix="realistic") as (killed, survivor),
    ):
        killed.wait_total("due", 40)
        killed.kill()
        (since,) = killed.reports[-1].accounted_seconds
        begin = schedule_seconds(survivor) + 0.3
        survivor.say(TakeOver(share=0, shares=2, since_seconds=since, from_seconds=begin))
        sums = survivor.finish()
    law = pacer(400, 2.5)
    reported = Sums(killed.reports).due
    assert reported + sums.due + sums.not_offered == law.total
    numbers = [number_of(key) for _, key in server.arrivals]
    assert len(numbers) == len(set(numbers))
    begun = law.count_by(begin)
    assert set(range(begun, law.total)) <= set(numbers), "offered in full again"
    assert len(own(0, 2, law.total) & set(range(begun, law.total))) > 100
    assert max(len(report.accounted_seconds) for report in survivor.reports) == 2
    assert survivor.reports[-1].accounted_seconds == (2.5, 2.5)
    assert_conserved(sums.reports)


def own(share, shares, total):
    """Numbers of a share's arrivals."""
    simulator = Simulator(7, TrafficMix.REALISTIC, "0a1b2c3d-", share, shares)
    blocks = (simulator.block(index).numbers for index in range(-(-total // BLOCK)))
    return {n for numbers in blocks for n in numbers.tolist() if n < total}


def test_what_is_taken_over_while_draining_is_counted_to_the_end_of_the_plan():
    def slow(request):
        request.later(1.0, approve, request)

    law, since = pacer(200, 0.5), 0.2
    changes = {"mix": "realistic", "shares": 2, "connections": 128}
    with Server(slow) as server, Worker(plan(server.url, 200, 0.5, **changes)) as worker:
        worker.start()
        worker.wait_for(lambda ms: getattr(ms[-1], "schedule_seconds", 0) == 0.5)
        worker.say(TakeOver(share=1, shares=2, since_seconds=since, from_seconds=since))
        sums = worker.finish()
    lost = own(1, 2, law.total)
    numbers = np.asarray(sorted(lost))
    assert sums.not_offered == (law.due_ns(numbers) >= round(since * 1e9)).sum() > 0
    assert sums.due == sums.decided == law.total - len(lost)
    assert_conserved(sums.reports)
