"""Whatever a target does is an outcome class; the sender goes on."""

import asyncio
import contextlib
import socket
import time

import pytest
import uvloop

from engine.load.arrival import Arrival
from engine.load.judge import Judge
from engine.load.senders.contract import SenderSettings
from engine.load.senders.fast_http import create
from engine.model.errors import TargetError
from tests.servers import Server, approve, decision, http, unused_port

PREFIX = "0a1b2c3d-"


class Recorder:
    """Notes what a sender reports."""

    def __init__(self):
        self.outcomes, self.again, self.connects_failed = [], [], 0
        self.judge = Judge(PREFIX)
        self.changed = asyncio.Event()

    def note(self, *what):
        self.outcomes.append(what)
        self.changed.set()

    def answered(self, arrival, status, body, retry_after, raw):
        assert raw.startswith(b"HTTP/1.")
        outcome, _ = self.judge.judge(arrival, status, body)
        self.note(str(outcome), retry_after) if retry_after else self.note(str(outcome))
        return outcome != "invalid_decision"

    def answered_again(self, arrival, status, body):
        self.again.append((arrival.number, self.judge.decision(arrival, body)))

    def broke(self, arrival, outcome):
        self.note(str(outcome))

    def freed(self):
        self.changed.set()

    def connect_failed(self):
        self.connects_failed += 1
        self.changed.set()


class Session:
    """A sender with its sweep, as the worker drives it."""

    def __init__(self, url, connections=1, timeout=0.4):
        self.recorder = Recorder()
        self.sender = create(SenderSettings(url, connections, 1.0, timeout), self.recorder)
        self.sent = 0

    async def until(self, condition, timeout=20.0):
        async with asyncio.timeout(timeout):
            while not condition():
                self.sender.sweep(time.monotonic_ns())
                self.recorder.changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await self.recorder.changed.wait()

    async def ask(self, rejects=False):
        """Send one transaction; return what was reported of it."""
        await self.until(lambda: self.sender.free)
        body = b'{"id":"%b%012d"}' % (PREFIX.encode(), self.sent)
        arrival = Arrival(self.sent, self.sender.prepare(body), 0, rejects, 1.0, 0)
        before = len(self.recorder.outcomes)
        self.sent += 1
        self.sender.send(arrival)
        await self.until(lambda: len(self.recorder.outcomes) > before)
        return self.recorder.outcomes[-1]


def run(scenario, url, **settings):
    async def session():
        one = Session(url, **settings)
        await one.sender.open()
        try:
            return await scenario(one)
        finally:
            one.sender.close()
            await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(session())


def chunked(request):
    body = decision(request.id)
    half = len(body) // 2
    request.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for part in (body[:half], body[half:]):
        request.write(b"%x\r\n%b\r\n" % (len(part), part))
    request.write(b"0\r\n\r\n")


def byte_by_byte(request):
    def write(rest):
        request.write(rest[:1])
        if rest[1:]:
            request.later(0, write, rest[1:])

    write(http(200, decision(request.id)))


def closing(request):
    request.write(http(200, decision(request.id), Connection="close"))
    request.close()


def until_the_end(request):
    request.write(b"HTTP/1.1 200 OK\r\n\r\n" + decision(request.id))
    request.close()


def old_http(request):
    body = decision(request.id)
    request.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    request.close()


def interim(request):
    request.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.write(http(200, decision(request.id)))


@pytest.mark.parametrize(
    "script", [approve, chunked, byte_by_byte, closing, until_the_end, old_http, interim]
)
def test_a_decision_is_a_decision_in_whatever_form_http_allows(script):
    async def scenario(session):
        return [await session.ask() for _ in range(3)]

    with Server(script) as server:
        assert run(scenario, server.url, timeout=20) == [("ok",)] * 3
        assert len(server.arrivals) == 3


def silent(request):
    pass


def half_an_answer_then_silence(request):
    request.write(http(200, decision(request.id))[:-5])


def half_an_answer_then_the_end(request):
    request.write(http(200, decision(request.id))[:-5])
    request.close()


def reset(request):
    request.abort()


def half_closed(request):
    request.half_close()


def garbage(request):
    request.write(b"\x00\xff" * 50 + b"\r\n\r\n")


def oversized(request):
    request.write(http(200, b"x" * 3_000_000))


def endless_head(request):
    request.write(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: and more of it\r\n" * 10_000)


def other_id(request):
    request.write(http(200, decision("somebody-else")))


def no_decision(request):
    request.write(http(200, b"It works!"))


def answer(status, **headers):
    return lambda request: request.write(http(status, b"{}", **headers))


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (silent, ("timeout",)),
        (half_an_answer_then_silence, ("timeout",)),
        (half_an_answer_then_the_end, ("reset",)),
        (reset, ("reset",)),
        (half_closed, ("reset",)),
        (garbage, ("protocol",)),
        (oversized, ("protocol",)),
        (endless_head, ("protocol",)),
        (answer(204), ("protocol",)),
        (answer(301, Location="/"), ("protocol",)),
        (answer(400), ("http_4xx",)),
        (answer(404), ("http_4xx",)),
        (answer(500), ("http_5xx",)),
        (answer(429, Retry_After="2"), ("throttled", 2.0)),
        (answer(503, Retry_After="0.5"), ("throttled", 0.5)),
        (other_id, ("invalid_decision",)),
        (no_decision, ("invalid_decision",)),
    ],
)
def test_every_misdeed_has_its_class_and_the_next_request_goes_through(script, outcome):
    async def scenario(session):
        first = await session.ask()
        server.script = approve
        return first, await session.ask()

    with Server(script) as server:
        assert run(scenario, server.url) == (outcome, ("ok",))


def test_what_must_be_rejected_is_rejected_by_a_400():
    async def scenario(session):
        return await session.ask(rejects=True)

    with Server(answer(400)) as server:
        assert run(scenario, server.url) == ("rejected",)


def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_ones():
    async def scenario(session):
        await asyncio.sleep(0.1)
        return await session.ask()

    def greeting(connection):
        if server.opened == 1:
            connection.transport.write(http(408, b"{}"))

    with Server(greeting=greeting) as server:
        assert run(scenario, server.url) == ("ok",)
        assert server.opened == 2


def test_a_late_answer_is_still_heard():
    async def scenario(session):
        first = await session.ask()
        await session.until(lambda: session.recorder.again)
        server.script = approve
        return first, session.recorder.again, await session.ask()

    def late(request):
        request.later(1.4, request.write, http(200, decision(request.id, "DECLINE")))

    with Server(late) as server:
        assert run(scenario, server.url, timeout=1.0) == (("timeout",), [(0, 2)], ("ok",))


def test_a_second_answer_to_one_request_is_heard_and_ends_the_connection():
    async def scenario(session):
        return await session.ask(), session.recorder.again, await session.ask()

    def twice(request):
        request.write(http(200, decision(request.id)) + http(200, decision(request.id, "REVIEW")))

    with Server(twice) as server:
        first, again, second = run(scenario, server.url)
        assert (first, second) == (("ok",), ("ok",))
        assert again == [(0, 1), (1, 1)]
        assert server.opened >= 2


def test_a_dead_target_is_noticed_at_once_costs_few_connects_and_its_return_is_seen():
    async def scenario(session):
        await session.until(lambda: session.sender.connections == 50)
        await asyncio.to_thread(server.stop)
        await session.until(lambda: session.recorder.connects_failed)
        await asyncio.sleep(0)
        failed, cpu, began = session.recorder.connects_failed, time.process_time(), time.monotonic()
        await session.until(lambda: time.monotonic() - began > 1.0)
        spent = time.process_time() - cpu
        return session.recorder.connects_failed - failed, spent

    with Server() as server:
        connects, cpu_seconds = run(scenario, server.url, connections=50)
    assert 4 <= connects <= 600
    assert cpu_seconds < 0.5


def test_a_target_that_accepts_and_hangs_up_is_not_hammered():
    async def scenario(session):
        began = time.monotonic()
        await session.until(lambda: time.monotonic() - began > 1.0)
        return server.opened

    with Server(greeting=lambda connection: connection.transport.abort()) as server:
        assert run(scenario, server.url, connections=20) < 400


def test_a_target_that_returns_gets_all_its_connections_back():
    async def scenario(session):
        await session.until(lambda: server.opened == session.sender.connections == 20)
        for connection in list(server.connections):
            server.loop.call_soon_threadsafe(connection.transport.abort)
        await session.until(lambda: server.opened >= 40 and session.sender.connections == 20)
        return await session.ask()

    with Server() as server:
        assert run(scenario, server.url, connections=20) == ("ok",)


def test_no_target_at_all_is_a_message_that_says_what_to_do():
    with unused_port() as port, pytest.raises(TargetError, match="start the target"):
        run(None, f"http://127.0.0.1:{port}")


def test_a_target_that_never_accepts_runs_into_the_connect_timeout():
    with socket.socket() as listener, socket.socket() as filler:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        filler.connect(listener.getsockname())
        port = listener.getsockname()[1]

        async def scenario(session):
            return session.sender.connections

        with contextlib.suppress(TargetError):
            assert run(scenario, f"http://127.0.0.1:{port}", connections=8) < 8


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1/",
        "127.0.0.1:80",
        "http://",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/ä",
        "http://[::1",
        "",
    ],
)
def test_an_address_that_is_not_plain_http_is_refused(url):
    with pytest.raises(TargetError, match="target must be an address like"):
        create(SenderSettings(url, 1, 1.0, 1.0), None)


def test_a_path_is_kept_and_none_means_the_platforms():
    def head_of(url):
        return create(SenderSettings(url, 1, 1.0, 1.0), None).prepare(b"{}")

    assert head_of("http://127.0.0.1:81").startswith(b"POST /v1/transactions HTTP/1.1\r\n")
    assert head_of("http://h:81/score?v=2").startswith(
        b"POST /score?v=2 HTTP/1.1\r\nHost: h:81\r\n"
    )
    assert head_of("http://h/x").endswith(b"\r\nContent-Length: 2\r\n\r\n{}")
