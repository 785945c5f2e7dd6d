"""Parts of the supervisor that need no process: backoff, tallies, heads, batches, the uplink."""

from __future__ import annotations

import asyncio
import os

import msgspec
import pytest

from engine.measure.frames import FrameReader
from engine.model.control import PlatformFailed
from engine.platform import slots
from engine.platform.answer import AGENTS
from engine.platform.batch import BatchAnswer, transactions_of
from engine.platform.http import Heads, parse_head
from engine.platform.scorer_vital import ScorerVital, agents_telemetry
from engine.platform.slots import Backoff
from engine.platform.telemetry import Tally, Vital
from engine.platform.uplink import Uplink
from engine.platform.wire import AgentCounters, ScorerCounters


def test_a_crash_loop_is_slowed_down_and_a_stable_process_forgiven():
    backoff = Backoff()
    delays = [backoff.died(0.0) for _ in range(6)]
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert backoff.died(2.0) == 0.1
    assert backoff.died(1.9) == 0.2


def test_a_slot_that_is_told_to_hurry_starts_its_next_process_at_once(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(slots, "FIRST_DELAY_SECONDS", 3600.0)
    monkeypatch.setattr(slots, "LONGEST_DELAY_SECONDS", 3600.0)

    async def run() -> list[int]:
        pids: list[int] = []
        died = asyncio.Event()
        slot = slots.Slot(
            "engine.platform.nothing", Vital(), lambda: None, lambda _: None, died.set
        )
        async with asyncio.timeout(30.0):
            for _ in range(2):
                slot.start() if not pids else slot.hurry()
                pids.append(slot.vital.pid)
                await died.wait()
                died.clear()
        slot.closing = True
        slot.hurry()
        return pids

    first, second = asyncio.run(run())
    assert first != second


def test_counts_go_on_over_the_death_of_a_process():
    tally = Tally()
    tally.update({"n": 10.0, "ns": 100.0})
    assert tally.mean("ns", "n", 1.0) == 10.0
    tally.reported()
    tally.died()
    assert tally.total("n") == 10.0
    assert tally.mean("ns", "n", 1.0) is None
    tally.update({"n": 2.0, "ns": 60.0})
    assert tally.total("n") == 12.0
    assert tally.mean("ns", "n", 1.0) == 30.0


def scorer_counters(batches: int, busy_ms: int) -> ScorerCounters:
    agents = [AgentCounters(batches, batches, busy_ms * 1_000_000, 0) for _ in AGENTS]
    return ScorerCounters(
        scored=batches, busy_ns=0, agents=agents, customers_now=0, cpu_seconds=0, rss_bytes_now=0
    )


def test_the_latency_of_an_agent_is_the_mean_over_batches_not_over_scorers():
    busy, idle = ScorerVital(0), ScorerVital(1)
    assert {one.latency_ms for one in agents_telemetry([busy, idle])} == {None}
    busy.heard(scorer_counters(batches=99, busy_ms=99))
    idle.heard(scorer_counters(batches=1, busy_ms=101))
    assert {one.latency_ms for one in agents_telemetry([busy, idle])} == {2.0}
    for one in (busy, idle):
        one.tally.reported()
    busy.heard(scorer_counters(batches=109, busy_ms=149))
    assert {one.latency_ms for one in agents_telemetry([busy, idle])} == {5.0}


HEAD = b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\n"


def test_a_head_is_read_and_recognised_again():
    heads = Heads()
    head = heads.get(HEAD + b"content-length: 12")
    assert (head.method, head.path, head.length) == (b"POST", b"/v1/transactions", 12)
    assert head.keep_alive
    assert heads.get(HEAD + b"content-length: 12") is head


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (HEAD + b"Connection: close", False),
        (HEAD + b"Connection: keep-alive", True),
        (b"GET / HTTP/1.0\r\nHost: x", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive", True),
    ],
)
def test_a_connection_is_kept_by_the_rules_of_its_version(head: bytes, kept: bool):
    assert parse_head(head).keep_alive is kept


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"no http at all", 400),
        (HEAD + b"Transfer-Encoding: chunked", 411),
        (HEAD + b"Content-Length: 99999999", 413),
        (HEAD + b"Content-Length: -1", 400),
        (HEAD + b"Upgrade: websocket\r\nConnection: upgrade", 400),
    ],
)
def test_a_head_that_cannot_be_served_is_refused(head: bytes, status: int):
    assert parse_head(head).refuse == status


class Caller:
    """Keeps what it is answered."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []

    def answer(self, status: int, body: bytes) -> None:
        self.answers.append((status, body))


def test_a_batch_is_answered_when_its_last_transaction_is():
    caller = Caller()
    first, second = BatchAnswer(caller, 2).places()
    second.answer(400, b'"b"')
    assert caller.answers == []
    first.answer(200, b'"a"')
    assert caller.answers == [
        (200, b'{"results":[{"status":200,"body":"a"},{"status":400,"body":"b"}]}')
    ]


def test_a_batch_is_an_array_bare_or_wrapped_of_bounded_size():
    assert transactions_of(b'[{"a":1},2]') == [b'{"a":1}', b"2"]
    assert transactions_of(b'{"transactions":[1]}') == [b"1"]
    for body in (b"[]", b"{}", b"3", b"[" + b"1," * 1000 + b"1]", b"\xff"):
        with pytest.raises(ValueError, match=r"batch|array"):
            transactions_of(body)


def test_an_app_that_does_not_read_loses_offers_but_not_what_is_sent():
    reading, writing = os.pipe()
    uplink = Uplink(writing)
    for number in range(2_000):
        uplink.offer(PlatformFailed(f"{number} " + "x" * 200))
    uplink.send(PlatformFailed("last"))
    frames = FrameReader()
    messages: list[str] = []
    while not messages or messages[-1] != "last":
        bodies = frames.feed(os.read(reading, 65_536))
        messages += [msgspec.msgpack.decode(body, type=PlatformFailed).message for body in bodies]
        uplink.flush()
    assert len(messages) < 2_000
    os.close(reading)
    uplink.flush()
    os.close(writing)
