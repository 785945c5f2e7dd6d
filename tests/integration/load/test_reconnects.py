"""Targets that are not there, go away, come back, or never were plain HTTP."""

import asyncio
import contextlib
import socket
import time

import pytest

from engine.load.senders.contract import SenderSettings
from engine.load.senders.fast_http import create
from engine.model.errors import TargetError
from tests.integration.load.sender_session import run
from tests.servers import Server, unused_port


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
