"""Faults injected into a real platform: each has its effect, ends by lease, and loses nothing."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import psutil
import pytest

from engine.model.control import (
    AgentDelay,
    Ballast,
    ConnectionDelay,
    IntakeStall,
    JournalLimit,
    PlatformReport,
    ReasoningLimit,
    Release,
)
from engine.platform.agents.breaker import MISSES
from engine.platform.agents.seat import DEADLINE_SECONDS
from engine.platform.answer import AGENTS
from engine.platform.intake import OLDEST_NS
from engine.platform.memory import MOST_BYTES

LONG = 30.0
LEASE = 600.0
HUGE = 500_000.0  # EUR: compliance wants a person to look, so it is explained
LATE = "connection_delay"
NUMBERS = itertools.count(500_000_000)  # beyond those of `load`


@pytest.fixture
def whole(shared_platform) -> Iterator[object]:
    """A platform that nothing is wrong with when a test begins."""
    yield shared_platform
    shared_platform.tell(Release())
    shared_platform.report(lambda report: not report.faults)


def did(report: PlatformReport, tag: str) -> dict[str, float]:
    """What the order with this tag did so far; empty where it does not hold."""
    return next((one.did for one in report.faults if one.tag == tag), {})


def rss(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss


def until(holds, seconds: float = LONG) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Client:
    """One keep-alive connection."""

    def __init__(self, platform, transaction) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=LONG)
        self._transaction = transaction

    def seconds(self) -> float:
        """How long one decision takes."""
        body = json.dumps(self._transaction(next(NUMBERS))).encode()
        began = time.monotonic()
        self._link.request("POST", "/v1/transactions", body)
        answer = self._link.getresponse()
        answer.read()
        assert answer.status == 200
        return time.monotonic() - began

    def close(self) -> None:
        self._link.close()


def test_the_edge_degrades_by_its_own_signals_and_says_so_in_answers_report_and_page(
    whole, transaction, helpers
):
    explained = [transaction(next(NUMBERS), user=f"v{n}", amount=HUGE) for n in range(2)]
    assert "degraded" not in whole.retried(transaction(next(NUMBERS)))
    whole.tell(JournalLimit(rows_per_second=5.0, lease_seconds=LEASE))
    with helpers.load(whole, clients=1):
        severe = whole.report(lambda one: one.degradation.level in {"severe", "critical"})
        with ThreadPoolExecutor(len(explained)) as pool:
            told = list(pool.map(whole.retried, explained))
        whole.tell(Release())
    assert severe.degradation.strategies[:2] == ["explanations_shed", "fast_path"]
    assert severe.degradation.signals[severe.degradation.worst] > 0
    for answer, body in zip(told, explained, strict=True):
        assert answer["degraded"] is True
        assert set(answer["agents"]) == {AGENTS[2], AGENTS[3]}
        assert whole.decide(body) == (200, answer), "a retry gets the same answer"
    calm = whole.report(lambda one: one.degradation.level not in {"severe", "critical"})
    assert "fast_path" not in calm.degradation.strategies
    assert [one.bypassed > 0 for one in calm.agents] == [True, True, False, False]
    page = http.client.HTTPConnection("127.0.0.1", whole.ready.metrics_port, timeout=LONG)
    with contextlib.closing(page):
        page.request("GET", "/metrics")
        text = page.getresponse().read().decode()
    assert f"limelight_fast_decided_total {calm.degradation.fast_decided}" in text
    assert 'limelight_degradation_level{level="critical"} 0.0' in text


def test_a_journal_without_capacity_refuses_what_would_wait_too_long_and_loses_nothing(
    whole, transaction
):
    first, second = transaction(next(NUMBERS)), transaction(next(NUMBERS))
    whole.tell(JournalLimit(rows_per_second=0.0, lease_seconds=LEASE))
    whole.report(lambda report: did(report, "journal_limit"))
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(whole.decide, first)
        late = whole.report(lambda report: report.edge.journal_age_ms > OLDEST_NS / 1e6 + 50)
        assert late.edge.journal_depth == 1
        assert did(late, "journal_limit")["refused"] >= 5
        status, answer, headers = whole.request("POST", "/v1/transactions", second)
        assert status == 503
        assert int(headers["Retry-After"]) == answer["error"]["retry_after_seconds"] >= 1
        assert not taken.done(), "nothing is acknowledged before it is committed"
        assert (first["id"],) not in whole.rows("SELECT id FROM transactions")
        whole.tell(Release(("journal_limit",)))
        assert taken.result()[0] == 200
    assert whole.retried(second)["transaction_id"] == second["id"]
    assert (second["id"], 1) in whole.rows()
    whole.report(lambda report: not report.faults and report.edge.journal_depth == 0)


def test_a_cut_capacity_is_kept_to_and_shows_in_the_time_of_commits(whole, transaction, helpers):
    rate = 40.0
    whole.tell(JournalLimit(rows_per_second=rate, lease_seconds=LEASE))
    whole.report(lambda report: did(report, "journal_limit"))
    with helpers.load(whole, clients=8):
        slow = whole.report(lambda one: (one.edge.commit_ms or 0.0) > 20.0)
        first = whole.report(lambda one: one.edge.journal_rows > slow.edge.journal_rows)
        last = whole.report(lambda one: one.at_ns > first.at_ns + 500_000_000)
        whole.tell(Release(("journal_limit",)))
    seconds = (last.at_ns - first.at_ns) / 1e9
    written = last.edge.journal_rows - first.edge.journal_rows
    assert 0 < written <= 1.5 * rate * seconds + 16, "a group may overdraw, not the rate"
    assert did(last, "journal_limit")["waited_ms"] > 0


def test_a_share_of_connections_answers_late_always_the_same_ones_and_in_order(whole, transaction):
    clients = [Client(whole, transaction) for _ in range(8)]
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(Client.seconds, clients))
        order = ConnectionDelay(share=0.5, seconds=0.5, jitter_seconds=0.1, lease_seconds=LEASE)
        whole.tell(order)
        whole.report(lambda report: did(report, LATE).get("connections") == 4)
        times = [list(pool.map(Client.seconds, clients)) for _ in range(2)]
        slow = [{n for n, took in enumerate(part) if took >= 0.4} for part in times]
        assert slow[0] == slow[1]
        assert len(slow[0]) == 4
        held = did(whole.report(lambda one: did(one, LATE)["delayed"] >= 8), LATE)
        assert held["delay_ms"] / held["delayed"] == pytest.approx(500, abs=100)
        whole.tell(ConnectionDelay(share=1.0, seconds=LEASE, lease_seconds=LEASE))
        whole.report(lambda report: did(report, LATE).get("connections") == 8)
        waiting = [pool.submit(client.seconds) for client in clients]
        whole.report(lambda one: did(one, LATE)["delayed"] >= 8)
        assert not any(one.done() for one in waiting)
        whole.tell(Release((LATE,)))
        assert max(one.result() for one in waiting) < LEASE
    for client in clients:
        client.close()


def test_what_is_pipelined_on_a_late_connection_is_answered_in_its_order(whole, transaction):
    whole.tell(ConnectionDelay(share=1.0, seconds=0.2, jitter_seconds=0.2, lease_seconds=LEASE))
    whole.report(lambda report: did(report, LATE))
    bodies = [transaction(next(NUMBERS)) for _ in range(6)]
    sent = b""
    for body in bodies:
        data = json.dumps(body).encode()
        sent += b"POST /v1/transactions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(data) + data
    with socket.create_connection(("127.0.0.1", whole.port), LONG) as link:
        link.sendall(sent)
        answer = b""
        while answer.count(b"processing_time_ms") < len(bodies):
            answer += link.recv(1 << 16)
    places = [answer.index(str(body["id"]).encode()) for body in bodies]
    assert places == sorted(places)


def test_a_stalled_intake_ages_and_catches_up(whole, transaction, helpers):
    whole.tell(IntakeStall(share=0.6, lease_seconds=LEASE))
    with helpers.load(whole) as answers:
        aged = whole.report(lambda one: one.edge.queue_age_ms > 300.0)
        assert aged.edge.queue_depth > 0
        before = len(answers)
        until(lambda: len(answers) > before + 6)  # more than one for each client
        whole.report(lambda one: did(one, "intake_stall")["stalls"] >= 2)
        whole.tell(IntakeStall(share=1.0, lease_seconds=LEASE))
        stuck = whole.report(lambda one: one.edge.queue_age_ms > 700.0)
        assert did(stuck, "intake_stall")["stalled_ms"] >= 0
        whole.tell(Release(("intake_stall",)))
        whole.report(lambda one: one.edge.queue_age_ms < 100.0 and not one.faults)
    rows = dict(whole.rows())
    assert all(rows[one] == 1 for one in answers)


def test_ballast_is_really_resident_and_customers_live_in_the_rest(whole, transaction):
    share = 0.99
    rest = MOST_BYTES - int(share * MOST_BYTES)
    bodies = [transaction(next(NUMBERS), user=f"crowd {n}") for n in range(2_000)]
    before = whole.report()
    was = {one.pid: rss(one.pid) for one in before.scorers}
    whole.tell(Ballast(share=share, lease_seconds=LEASE))
    full = 2 * (MOST_BYTES - rest)
    whole.report(lambda one: did(one, "ballast").get("bytes") == full)
    grown = [rss(pid) - bytes_before for pid, bytes_before in was.items()]
    assert min(grown) >= 0.95 * full / 2
    for at in (0, 1_000):
        _, answer, _ = whole.request("POST", "/v1/transactions:batch", bodies[at : at + 1_000])
        assert {one["status"] for one in answer["results"]} == {200}
    small = whole.report(lambda one: did(one, "ballast")["evictions"] > 0)
    assert max(one.memory_bytes for one in small.scorers) <= rest
    assert sum(one.ballast_bytes for one in small.scorers) == full
    whole.tell(Release(("ballast",)))
    until(lambda: all(rss(pid) - was[pid] < 0.3 * full / 2 for pid in was))
    whole.report(lambda one: sum(scorer.ballast_bytes for scorer in one.scorers) == 0)


def test_orders_outlive_the_processes_that_bear_them_but_not_their_lease_though_nobody_ends_them(
    whole, transaction
):
    share, begun = 0.25, whole.report()
    orders = [
        Ballast(share=share, lease_seconds=LEASE),
        ConnectionDelay(share=1.0, seconds=0.3, lease_seconds=LEASE),
        IntakeStall(share=0.2, lease_seconds=LEASE),
        JournalLimit(rows_per_second=500.0, lease_seconds=LEASE),
        AgentDelay(agent=AGENTS[0], seconds=0.01, lease_seconds=LEASE),
        ReasoningLimit(per_second=0.0, lease_seconds=LEASE),
    ]
    for order in orders:
        whole.tell(order)
    for pid in (begun.edge.pid, begun.scorers[0].pid):
        os.kill(pid, signal.SIGKILL)
    bearing = whole.report(
        lambda one: (
            one.edge.pid != begun.edge.pid
            and all(scorer.ballast_bytes == int(share * MOST_BYTES) for scorer in one.scorers)
            and {one.edge.status, *[scorer.status for scorer in one.scorers]} == {"up"}
        )
    )
    assert bearing.scorers[0].pid != begun.scorers[0].pid
    resident = {one.pid: rss(one.pid) for one in bearing.scorers}
    with contextlib.closing(Client(whole, transaction)) as client:
        assert client.seconds() >= 0.3
        for order in orders:
            whole.tell(msgspec.structs.replace(order, lease_seconds=1.0))
        whole.report(lambda one: max(fault.seconds_left for fault in one.faults) <= 1.0)
        os.kill(whole.process.pid, signal.SIGSTOP)
        try:
            until(lambda: client.seconds() < 0.3)
            freed = 0.8 * share * MOST_BYTES
            until(lambda: all(rss(pid) < then - freed for pid, then in resident.items()))
        finally:
            os.kill(whole.process.pid, signal.SIGCONT)
    whole.report(lambda one: not one.faults)


APP = """
import sys, time
from pathlib import Path
from engine.adapters.embedded import EmbeddedPlatform
from engine.model.control import *
from engine.model.scenario import PlatformSize
platform = EmbeddedPlatform(Path(sys.argv[1]), Path(sys.argv[1]), PlatformSize(2, 2, 2))
platform.prepare()
for order in (
    HoldDown(scorers=[1], lease_seconds=600),
    AgentDelay(agent="risk_assessor", seconds=5, lease_seconds=600),
    ReasoningLimit(per_second=0, lease_seconds=600),
    JournalLimit(rows_per_second=0, lease_seconds=600),
    ConnectionDelay(share=1, seconds=60, lease_seconds=600),
    IntakeStall(share=1, lease_seconds=600),
    Ballast(share=0.2, lease_seconds=600),
):
    platform.inject(order)
while True:
    report = platform.poll()
    if report is not None and len(report.faults) == 7 and report.scorers[0].ballast_bytes:
        break
    time.sleep(0.01)
pids = [report.supervisor_pid, report.edge.pid, *(one.pid for one in report.scorers)]
print(*pids, flush=True)
time.sleep(600)
"""


def test_an_app_that_is_killed_leaves_no_platform_behind_whatever_faults_hold(tmp_path, helpers):
    with subprocess.Popen(
        [sys.executable, "-c", APP, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as app:
        assert app.stdout is not None
        pids = {int(pid) for pid in app.stdout.readline().split()}
        children = {one.pid for pid in pids for one in _children(pid)}
        assert len(pids) >= 3
        app.kill()
        assert helpers.gone(pids | children, 5.0)


def _children(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def test_without_breakers_every_batch_waits_for_a_slow_agent_and_with_them_few_do(
    whole, start, transaction
):
    bare = start(breakers=False)
    slow, tries = AGENTS[2], 2 * MISSES
    waits = []
    for platform in (bare, whole):
        platform.tell(AgentDelay(agent=slow, seconds=1.0, lease_seconds=LEASE))
        platform.report(lambda one: did(one, f"agent_delay:{slow}"))
        answers = [platform.decide(transaction(next(NUMBERS)))[1] for _ in range(tries)]
        assert not [one for one in answers if slow in one["agents"]]
        waits.append(sum(one["processing_time_ms"] >= 1000 * DEADLINE_SECONDS for one in answers))
    assert waits[0] == tries
    assert waits[1] <= MISSES
    agent = bare.report(lambda one: one.agents[2].timeouts == tries).agents[2]
    assert (agent.breaker, agent.trips, agent.fallbacks) == ("closed", 0, tries)
