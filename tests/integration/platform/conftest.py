"""A real platform for each test that asks for one."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from engine.measure.frames import FrameReader
from engine.model.control import (
    PlatformCommand,
    PlatformMessage,
    PlatformReady,
    PlatformReport,
    PlatformSettings,
)
from engine.platform.admission import route_of

LONG = 30.0
_decode = msgspec.msgpack.Decoder(PlatformMessage).decode


def make_transaction(number: int, user: str = "u1", **changes: object) -> dict[str, object]:
    """A valid transaction; a change to None takes the field out."""
    made: dict[str, object] = {
        "id": f"t-{number:012d}",
        "user_id": user,
        "amount": 12.5,
        "currency": "EUR",
        "merchant": "grocery Paris 01",
        "category": "grocery",
        "timestamp": f"2026-01-05T08:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "location": {"country": "FR", "city": "Paris", "latitude": 48.8, "longitude": 2.3},
        "card_type": "visa",
        "device_info": {"device_id": "d-1", "kind": "ios"},
        "ip_address": "10.0.0.1",
        "session_id": f"s-{number}",
    }
    made.update(changes)
    return {key: value for key, value in made.items() if value is not None}


class Platform:
    """`python -m engine.platform` and what a test does to it."""

    def __init__(
        self,
        journal: Path,
        scorers: int = 2,
        model: str = "",
        ready: bool = True,
        environment: dict[str, str] | None = None,
        stderr: int | None = None,
        **size: float,
    ) -> None:
        self.journal = journal
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.platform"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            env=os.environ | (environment or {}),
        )
        self._frames = FrameReader()
        self._messages: list[object] = []
        self.pids: set[int] = {self.process.pid}
        self.tell(PlatformSettings(journal=str(journal), scorers=scorers, model=model, **size))
        self.ready = self.message(lambda message: not isinstance(message, PlatformReport))
        assert isinstance(self.ready, PlatformReady) == ready, self.ready
        self.port = getattr(self.ready, "port", 0)

    def tell(self, command: PlatformCommand) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(command) + b"\n")
        self.process.stdin.flush()

    def message(self, wanted: Callable[[object], bool], seconds: float = LONG) -> object:
        """The next message that is wanted."""
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            while self._messages:
                found = self._messages.pop(0)
                if wanted(found):
                    return found
            if select.select([fd], [], [], 0.2)[0]:
                data = os.read(fd, 65_536)
                assert data, "the platform has ended"
                for body in self._frames.feed(data):
                    self._messages.append(_decode(body))
                    self._note(self._messages[-1])
        raise AssertionError("no such message came")

    def _note(self, message: object) -> None:
        if isinstance(message, PlatformReport):
            self.pids |= {message.edge.pid, *[scorer.pid for scorer in message.scorers]}

    def report(self, wanted: Callable[[PlatformReport], bool] = lambda _: True) -> PlatformReport:
        """The next report for which this holds."""
        found = self.message(lambda one: isinstance(one, PlatformReport) and wanted(one))
        assert isinstance(found, PlatformReport)
        return found

    def request(
        self, method: str, path: str, body: object = None
    ) -> tuple[int, dict[str, object], dict[str, str]]:
        """One request on a connection of its own: status, JSON body and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        with contextlib.closing(connection):
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, data)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), dict(answer.getheaders())

    def decide(self, body: object) -> tuple[int, dict[str, object]]:
        """POST one transaction."""
        status, answer, _ = self.request("POST", "/v1/transactions", body)
        return status, answer

    def retried(self, body: object, seconds: float = LONG) -> dict[str, object]:
        """POST one transaction until it is decided."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, answer = self.decide(body)
                if status == 200:
                    return answer
                assert status == 503, answer
            time.sleep(0.05)
        raise AssertionError("never decided")

    def rows(self, query: str = "SELECT id, applied FROM transactions") -> list[tuple[object, ...]]:
        """What the journal holds now."""
        with contextlib.closing(sqlite3.connect(self.journal)) as db:
            return db.execute(query).fetchall()

    def scorer_of(self, user: str) -> int:
        """Which scorer a customer lives in."""
        return route_of(user) % len(self.report().scorers)

    def end(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait(LONG)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def alive(pid: int) -> bool:
    """Whether a process still runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def gone(pids: set[int], seconds: float) -> bool:
    """Whether all of them end within this time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def load(platform: Platform, clients: int = 6) -> Iterator[dict[str, dict[str, object]]]:
    """Clients that decide one transaction after the other, each until it is; the answers by id."""
    answers: dict[str, dict[str, object]] = {}
    ending = threading.Event()

    def run(client: int) -> None:
        number = client * 1_000_000
        while not ending.is_set():
            number += 1
            body = make_transaction(number, user=f"u{number % 40}")
            answers[str(body["id"])] = platform.retried(body)

    threads = [threading.Thread(target=run, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def assert_nothing_lost(platform: Platform, answers: dict[str, dict[str, object]]) -> None:
    """Every answer is in the journal, once, and every customer with one scorer."""
    assert dict(platform.rows()) == dict.fromkeys(answers, 1)
    (users,) = platform.rows("SELECT count(DISTINCT user_id) FROM transactions")[0]
    platform.report(lambda report: sum(one.customers for one in report.scorers) == users)


@pytest.fixture
def transaction() -> Callable[..., dict[str, object]]:
    """Makes valid transactions, and invalid ones."""
    return make_transaction


class Helpers:
    """Functions that tests cannot import from here."""

    alive = staticmethod(alive)
    gone = staticmethod(gone)
    load = staticmethod(load)
    assert_nothing_lost = staticmethod(assert_nothing_lost)


@pytest.fixture
def helpers() -> type[Helpers]:
    """What tests need besides a platform."""
    return Helpers


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Platform]]:
    """Starts platforms and ends them after the test."""
    running: list[Platform] = []

    def begin(**options: object) -> Platform:
        running.append(Platform(tmp_path / "journal.db", **options))
        return running[-1]

    yield begin
    for one in running:
        one.end()


@pytest.fixture
def platform(start: Callable[..., Platform]) -> Platform:
    """Two scorers and an empty journal."""
    return start()


@pytest.fixture(scope="module")
def shared_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One for all tests of a file that only ask."""
    running = Platform(tmp_path_factory.mktemp("platform") / "journal.db", tick_seconds=0.05)
    yield running
    running.end()
