"""More than the platform takes is refused at once, and what it took is decided."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.platform.intake import OLDEST_NS
from engine.platform.pace import LEAST_SECONDS, MOST_SECONDS
from engine.platform.supervisor import IN_FLIGHT_LIMIT

BATCH = 500
WITHIN = 4  # batches under way that the platform takes without refusing any
OVERLOAD = 2.5  # times what it decides
SECONDS = 1.0
PATIENCE_SECONDS = 30.0


class Burst:
    """Batches sent to a platform, and what came back: (status, seconds) of each transaction."""

    def __init__(self, platform, transaction) -> None:
        self._platform, self._transaction = platform, transaction
        self._numbers = itertools.count(1)
        self.waits: list[int] = []

    def body(self) -> bytes:
        numbers = [next(self._numbers) for _ in range(BATCH)]
        return json.dumps([self._transaction(n, user=f"u{n % 997}") for n in numbers]).encode()

    def send(self, body: bytes) -> list[tuple[int, float]]:
        began = time.monotonic()
        _, answer, _ = self._platform.request("POST", "/v1/transactions:batch", body)
        took = time.monotonic() - began
        results = answer["results"]
        self.waits += [
            one["body"]["error"]["retry_after_seconds"] for one in results if one["status"] == 503
        ]
        return [(one["status"], took) for one in results]

    def capacity(self, batches: int) -> float:
        """Decisions per second when no more is under way than the platform takes."""
        bodies = [self.body() for _ in range(batches)]
        began = time.monotonic()
        with ThreadPoolExecutor(WITHIN) as pool:
            found = [one for part in pool.map(self.send, bodies) for one in part]
        return sum(status == 200 for status, _ in found) / (time.monotonic() - began)

    def passed(self) -> bool:
        """Whether a batch is taken whole again before long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if {status for status, _ in self.send(self.body())} == {200}:
                return True
        return False

    def at(self, rate: float) -> list[tuple[int, float]]:
        """Batches at this rate, whatever becomes of them."""
        bodies = [self.body() for _ in range(int(rate * SECONDS / BATCH) + 1)]
        began = time.monotonic()
        with ThreadPoolExecutor(len(bodies)) as pool:
            sent = []
            for number, body in enumerate(bodies):
                time.sleep(max(0.0, began + number * BATCH / rate - time.monotonic()))
                sent.append(pool.submit(self.send, body))
            return [one for part in sent for one in part.result()]


class Watch:
    """What the platform's reports and single requests say meanwhile."""

    def __init__(self, platform, transaction) -> None:
        self.refused: list[dict[str, str]] = []
        self.most_in_flight = 0
        self._platform, self._transaction = platform, transaction
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask), threading.Thread(target=self._read)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        for number in itertools.count(10_000_000):
            if self._ended.is_set():
                return
            body = self._transaction(number, user=f"u{number % 997}")
            status, _, headers = self._platform.request("POST", "/v1/transactions", body)
            if status == 503:
                self.refused.append(headers)

    def _read(self) -> None:
        while not self._ended.is_set():
            report = self._platform.report()
            self.most_in_flight = max(self.most_in_flight, report.edge.in_flight)


def in_bounds(retry_after: str) -> bool:
    return LEAST_SECONDS <= int(retry_after) <= MOST_SECONDS


@pytest.fixture
def burst(platform, transaction) -> Burst:
    return Burst(platform, transaction)


def test_overload_is_refused_at_once_while_what_was_taken_is_decided_and_it_passes(
    platform, transaction, burst
):
    pids = {scorer.pid for scorer in platform.report().scorers} | {platform.report().edge.pid}
    capacity = burst.capacity(4 * WITHIN)
    with Watch(platform, transaction) as watch:
        found = burst.at(max(OVERLOAD * capacity, 6.0 * IN_FLIGHT_LIMIT))
    taken = [took for status, took in found if status == 200]
    refused = [took for status, took in found if status == 503]
    assert len(taken) + len(refused) == len(found), "each is either decided or refused"
    assert refused, "more than it takes was refused"
    assert len(taken) > BATCH * WITHIN, "it went on deciding"
    assert BATCH < watch.most_in_flight <= IN_FLIGHT_LIMIT
    assert set(burst.waits) <= set(range(LEAST_SECONDS, MOST_SECONDS + 1))
    assert all(in_bounds(headers["Retry-After"]) for headers in watch.refused)
    assert burst.passed()
    rows = len(platform.rows())
    report = platform.report(lambda report: report.edge.decided == rows)
    assert {scorer.pid for scorer in report.scorers} | {report.edge.pid} == pids
    assert report.edge.shed >= len(burst.waits)


def test_what_would_wait_too_long_for_one_scorer_is_refused_and_others_are_decided(
    platform, transaction
):
    home = {user: platform.scorer_of(user) for user in ("u1", "u2", "u3", "u4")}
    stuck = next(user for user, index in home.items() if index == 0)
    other = next(user for user, index in home.items() if index == 1)
    pid = platform.report().scorers[0].pid
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(platform.decide, transaction(1, user=stuck))
        platform.report(lambda report: report.edge.queue_age_ms > OLDEST_NS / 1e6 + 50)
        status, answer, headers = platform.request(
            "POST", "/v1/transactions", transaction(2, user=stuck)
        )
        assert platform.decide(transaction(3, user=other))[0] == 200
        os.kill(pid, signal.SIGCONT)
    assert status == 503
    assert in_bounds(headers["Retry-After"])
    assert "has waited for too long" in answer["error"]["message"]
    assert platform.retried(transaction(2, user=stuck))["transaction_id"] == "t-000000000002"
