"""Targets that are not there, go away, come back, or never were plain HTTP."""

import asyncio
import contextlib
import json
import socket
import threading
import time

import pytest
import uvloop

from engine.load.senders.contract import SenderSettings
from engine.load.senders.fast_http import create
from engine.model.errors import TargetError
from tests.integration.load.hostile import closing, until_the_end
from tests.integration.load.sender_session import SENDERS, run
from tests.servers import Server, decision, http, unused_port

either_sender = pytest.mark.parametrize("sender", SENDERS)


@either_sender
def test_a_dead_target_is_noticed_at_once_costs_few_connects_and_its_return_is_seen(sender):
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
        connects, cpu_seconds = run(scenario, server.url, sender=sender, connections=50)
    assert 4 <= connects <= 300
    assert cpu_seconds < 0.5


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
@either_sender
def test_a_target_that_accepts_and_hangs_up_is_not_hammered(sender, loop):
    async def scenario(session):
        began = time.monotonic()
        await session.until(lambda: time.monotonic() - began > 0.5)
        return server.opened

    with Server(greeting=lambda connection: connection.transport.abort()) as server:
        assert run(scenario, server.url, loop=loop, sender=sender, connections=20) < 200


@either_sender
def test_a_target_that_returns_gets_all_its_connections_back(sender):
    async def scenario(session):
        await session.until(lambda: server.opened == session.sender.connections == 20)
        for connection in list(server.connections):
            server.loop.call_soon_threadsafe(connection.transport.abort)
        await session.until(lambda: server.opened >= 40 and session.sender.connections == 20)
        return await session.ask()

    with Server() as server:
        assert run(scenario, server.url, sender=sender, connections=20) == ("ok",)


@pytest.mark.parametrize("script", [closing, until_the_end])
@either_sender
def test_a_target_that_answers_again_is_trusted_even_if_it_closes_after_each_answer(sender, script):
    async def scenario(session):
        keeper = session.sender._keeper
        await session.until(lambda: keeper._backoff_ns and server.opened > 40)
        server.greeting = None
        outcomes = {await session.ask() for _ in range(3)}
        await session.until(lambda: session.sender.connections == 20)
        return ("ok",) in outcomes, keeper._backoff_ns

    with Server(script, greeting=lambda connection: connection.transport.abort()) as server:
        assert run(scenario, server.url, sender=sender, connections=20) == (True, 0)


@either_sender
def test_no_target_at_all_is_a_message_that_says_what_to_do(sender):
    with unused_port() as port, pytest.raises(TargetError, match="start the target"):
        run(None, f"http://127.0.0.1:{port}", sender=sender)


@contextlib.contextmanager
def full_backlog():
    """A listener that never accepts and whose queue is full: no connect to it ever completes."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as s:
        for _ in range(8):
            filler = s.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@either_sender
def test_a_target_that_never_accepts_runs_into_the_connect_timeout(sender):
    with full_backlog() as port, pytest.raises(TargetError, match="within the connect timeout"):
        run(None, f"http://127.0.0.1:{port}", sender=sender, connections=4, connect_timeout=0.2)


class Impatient(asyncio.Protocol):
    """Answers the first bytes of a request, and reads no more of it."""

    def __init__(self, connection):
        self.transport = connection.transport
        self.connection_lost = connection.connection_lost
        self.answered = False

    def data_received(self, data):
        self.transport.pause_reading()
        if not self.answered:
            self.answered = True
            self.transport.write(http(503, b"{}"))


@pytest.mark.filterwarnings("ignore:Sending a large body")
@either_sender
def test_an_answer_that_comes_before_the_request_is_written_counts_and_ends_the_connection(sender):
    async def scenario(session):
        return await session.ask(padding=20_000_000), await session.ask()

    def greeting(connection):
        if server.opened == 1:
            connection.transport.set_protocol(Impatient(connection))

    with Server(greeting=greeting) as server:
        outcomes = run(scenario, server.url, sender=sender, timeout=10)
        assert (outcomes, server.opened) == ((("throttled",), ("ok",)), 2)


def reads_one_request_only(listener, done):
    """Answers once per connection; from the first it reads nothing after that."""
    kept = []
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            kept.append(connection)
            body = connection.recv(65536).partition(b"\r\n\r\n")[2]
            connection.sendall(http(200, decision(json.loads(body)["id"])))
            connection.shutdown(socket.SHUT_RD)
    done.wait(30)
    for connection in kept:
        connection.close()


@either_sender
def test_a_target_that_reads_no_more_runs_into_the_request_timeout(sender):
    async def scenario(session):
        return [await session.ask() for _ in range(3)]

    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=reads_one_request_only, args=(listener, done))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            outcomes = run(scenario, url, sender=sender, timeout=0.3)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            done.set()
            thread.join(30)
    assert outcomes == [("ok",), ("timeout",), ("ok",)]


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
