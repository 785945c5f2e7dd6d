"""The live route on a real server, with real WebSockets."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dashboard.live.hub import MOST_WAITING, Viewer
from dashboard.live.route import (
    MOST_MESSAGES,
    NOISY,
    REFUSED_ORIGIN,
    REFUSED_TOKEN,
    REFUSED_VIEW,
    UNAVAILABLE,
    live,
)
from dashboard.session import TOKEN_SECONDS, Session, session
from engine.metrics.view import RunView
from engine.model.results import TestStatus
from tests.fake_engine import FakeEngine, refused
from tests.run_records import fault, meta

PATIENCE_SECONDS = 20


@pytest.fixture
def port(engine: FakeEngine) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[WebSocketRoute("/api/live", live)])
    server = uvicorn.Server(uvicorn.Config(app, ws="websockets-sansio", log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield int(listener.getsockname()[1])
    server.should_exit = True
    thread.join(PATIENCE_SECONDS)
    listener.close()
    assert not thread.is_alive()


@contextmanager
def watching(
    port: int, token: str | None = None, origin: str | None = None, view: str = "stage"
) -> Iterator[ClientConnection]:
    token = session().token() if token is None else token
    address = f"127.0.0.1:{port}"
    with connect(
        f"ws://{address}/api/live?token={token}&view={view}",
        origin=f"http://{address}" if origin is None else origin,
        proxy=None,
    ) as viewer:
        yield viewer


def hear(viewer: ClientConnection, kind: str) -> dict[str, object]:
    """The next message of a kind."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        message = json.loads(viewer.recv(timeout=PATIENCE_SECONDS))
        if message["type"] == kind:
            return message
    pytest.fail(f"no {kind} came")


def closing_code(viewer: ClientConnection) -> int:
    try:
        for _ in range(10):
            viewer.recv(timeout=PATIENCE_SECONDS)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 0
    pytest.fail("the feed went on")


def test_every_viewer_sees_each_tick(engine: FakeEngine, port: int) -> None:
    with watching(port) as first, watching(port) as second:
        for viewer in (first, second):
            assert hear(viewer, "hello")["state"]["status"] == "not_started"
        engine.move(status=TestStatus.RUNNING, run_id="run-1")
        assert hear(first, "hello") == hear(second, "hello")
        engine.tick(t_seconds=0.25, decided=12)
        assert hear(first, "tick") == hear(second, "tick")


def test_a_change_that_nobody_announced_is_told_all_the_same(engine: FakeEngine, port: int) -> None:
    with watching(port) as viewer:
        hear(viewer, "hello")
        engine.state = engine.state.model_copy(update={"status": TestStatus.STOPPING})
        assert hear(viewer, "tick")["state"] == {"status": "stopping"}


def test_the_inside_of_a_run_is_told_to_who_asks_for_it_and_to_nobody_else(
    engine: FakeEngine, port: int
) -> None:
    engine.move(status=TestStatus.RUNNING, run_id="run-1")
    with watching(port) as stage, watching(port, view="parts") as inside:
        assert "processes" not in hear(stage, "hello")["state"]
        assert hear(inside, "hello")["state"]["processes"] == []
        engine.view = RunView(meta=meta(), status=TestStatus.RUNNING, faults=(fault(),))
        engine.tick(t_seconds=0.25)
        assert [row["key"] for row in hear(inside, "tick")["state"]["over"]] == ["fault.0"]
        assert "over" not in hear(stage, "tick")["state"]
    with watching(port, view="secrets") as other:
        assert closing_code(other) == REFUSED_VIEW


def test_who_comes_late_gets_the_history_first(engine: FakeEngine, port: int) -> None:
    engine.move(status=TestStatus.RUNNING, run_id="run-1")
    with watching(port) as early:
        hear(early, "hello")
        for number in range(5):
            engine.tick(t_seconds=float(number))
            hear(early, "tick")
        with watching(port) as late:
            assert [row[0] for row in hear(late, "hello")["rows"]] == [0, 1, 2, 3, 4]


def test_the_feed_says_every_second_that_it_is_there(port: int) -> None:
    with watching(port) as viewer:
        hear(viewer, "hello")
        heard = [time.monotonic()]
        for _ in range(2):
            hear(viewer, "ping")
            heard.append(time.monotonic())
    assert all(later - earlier < 3 for earlier, later in pairwise(heard))


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", ""])
def test_a_page_of_another_site_is_refused(port: int, origin: str) -> None:
    with watching(port, origin=origin) as viewer:
        assert closing_code(viewer) == REFUSED_ORIGIN


def test_a_page_without_a_good_token_is_refused(port: int) -> None:
    foreign = Session(opener=FakeEngine).token()
    expired = session().token(now=time.time() - TOKEN_SECONDS - 1)
    forged = f"{int(time.time()) + 9_000}.{expired.partition('.')[2]}"
    for token in ("", "x", "1.2", "٣.٣", "9" * 5_000, foreign, expired, forged):
        with watching(port, token=token) as viewer:
            assert closing_code(viewer) == REFUSED_TOKEN


def test_what_a_viewer_says_is_ignored_and_one_that_insists_is_closed(
    engine: FakeEngine, port: int
) -> None:
    with watching(port) as quiet, watching(port) as loud:
        hear(loud, "hello")
        nonsense = ("", "{", '{"type":"stop"}', b"\x00\xff", "[" * 10_000)
        for message in nonsense:
            loud.send(message)
        engine.move(status=TestStatus.INITIALIZING)
        assert hear(loud, "tick")["state"] == {"status": "initializing"}
        for _ in range(MOST_MESSAGES - len(nonsense)):  # one more would meet a closed socket
            loud.send("again")
        assert closing_code(loud) == NOISY
        hear(quiet, "tick")
        engine.move(status=TestStatus.RUNNING)
        assert hear(quiet, "tick")["state"] == {"status": "running"}


def test_without_an_engine_the_feed_closes_and_the_page_can_say_why(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot() -> FakeEngine:
        raise refused()

    monkeypatch.setattr("dashboard.session.open_engine", cannot)
    with watching(port) as viewer:
        assert closing_code(viewer) == UNAVAILABLE


def test_when_all_have_left_the_engine_has_no_listener(engine: FakeEngine, port: int) -> None:
    with watching(port) as viewer:
        hear(viewer, "hello")
        assert len(engine.callbacks) == 1
    deadline = time.monotonic() + PATIENCE_SECONDS
    while engine.callbacks and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.callbacks == []
    with watching(port) as viewer:
        hear(viewer, "hello")
        engine.move(status=TestStatus.RUNNING)
        assert hear(viewer, "tick")["state"] == {"status": "running"}


def test_a_slow_viewer_gets_one_new_hello_instead_of_a_queue() -> None:
    async def story() -> list[str]:
        viewer = Viewer(lambda: "hello")
        first = await viewer.next()
        for number in range(MOST_WAITING):
            viewer.push(str(number))
        in_time = [await viewer.next() for _ in range(MOST_WAITING)]
        assert in_time == [str(number) for number in range(MOST_WAITING)]
        for number in range(10_000):
            viewer.push(str(number))
        assert len(viewer._waiting) <= MOST_WAITING
        caught_up = await viewer.next()
        viewer.push("news")
        return [first, caught_up, await viewer.next()]

    assert asyncio.run(story()) == ["hello", "hello", "news"]


def test_a_session_opens_one_engine_and_closes_it_once() -> None:
    opened: list[FakeEngine] = []

    def opener() -> FakeEngine:
        opened.append(FakeEngine())
        return opened[-1]

    shared = Session(opener=opener)
    shared.close()
    assert opened == []
    threads = [threading.Thread(target=shared.engine) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    shared.close()
    shared.close()
    assert opened[0].closed
