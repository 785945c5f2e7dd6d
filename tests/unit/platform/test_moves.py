"""Customers move between scorers: real links, intake and journal, and scorers that obey a test."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from engine.measure.frames import FrameReader, encode
from engine.platform import moves
from engine.platform.admission import Admission, route_of
from engine.platform.intake import Intake
from engine.platform.journal import Journal
from engine.platform.link import ScorerLink
from engine.platform.moves import Moves
from engine.platform.router import Router
from engine.platform.shards import dealt, first_deal, had_by, shard_of
from engine.platform.wire import Answers, Batch, Deal, Dealt, Leave, Rebuild, Rebuilt, Scored

WAIT = 30.0
USERS = [f"u{number}" for number in range(40)]
_decode = msgspec.msgpack.Decoder(Batch | Rebuild | Leave).decode


class ScriptedScorer(asyncio.Protocol):
    """Answers all that it is sent, unless a message's type is among `deaf`; then it keeps it."""

    def __init__(self) -> None:
        self.heard: list[Batch | Rebuild | Leave] = []
        self.kept: list[Batch | Rebuild | Leave] = []
        self.users: list[str] = []
        self.deaf: set[type] = set()
        self._frames = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for body in self._frames.feed(data):
            message = _decode(body)
            self.heard.append(message)
            if type(message) in self.deaf:
                self.kept.append(message)
            else:
                self.reply(message)

    def reply(self, message: Batch | Rebuild | Leave) -> None:
        if isinstance(message, Rebuild):
            self.transport.write(encode(Rebuilt(0, 7)))
        elif isinstance(message, Batch) and message.jobs:
            self.users += [job.user_id for job in message.jobs]
            scored = Scored(0, 0, b"", b'"decision":"APPROVE"}')
            self.transport.write(encode(Answers([scored] * len(message.jobs))))

    def all(self, kind: type) -> list[Batch | Rebuild | Leave]:
        return [message for message in self.heard if isinstance(message, kind)]


class Caller:
    def __init__(self) -> None:
        self.statuses: list[int] = []

    def answer(self, status: int, body: bytes, retry_after: int = 1) -> None:
        self.statuses.append(status)


class Edge:
    """The parts of an edge that move customers, and as many scripted scorers as wanted."""

    def __init__(self, journal: Path, scorers: int) -> None:
        self.router = Router(first_deal(scorers))
        self.intake = Intake(Admission({"USD": 1.0}), self.router, 100)
        self.journal = Journal(journal, self.intake.committed)
        self.intake.use(self.journal)
        self.moves = Moves(self.router, self.intake.pending, self.intake.undone)
        self.scorers: dict[int, ScriptedScorer] = {}
        self.lost: list[tuple[int, bool]] = []
        self._numbers = 0

    async def join(self, index: int, tps: float = 0.0) -> ScriptedScorer:
        loop, scorer = asyncio.get_running_loop(), ScriptedScorer()
        ours, theirs = socket.socketpair()
        link = ScorerLink(index, self, tps)
        await loop.create_unix_connection(lambda: scorer, sock=theirs)
        await loop.create_unix_connection(lambda: link, sock=ours)
        self.intake.join(link)
        await until(lambda: link.up)
        self.scorers[index] = scorer
        return scorer

    def send(self, users: list[str]) -> list[Caller]:
        callers = []
        for user in users:
            self._numbers += 1
            body = {"id": f"t-{self._numbers:012d}", "user_id": user, "amount": 1}
            body |= {"currency": "USD", "merchant": "m", "category": "c"}
            body |= {"timestamp": "2026-01-05T08:00:00Z"}
            callers.append(Caller())
            self.intake.submit(callers[-1], json.dumps(body).encode())
        return callers

    def deal(self, scorers: int) -> asyncio.Task[Dealt]:
        owners = dealt(self.router.owners, scorers)
        return asyncio.ensure_future(self.moves.deal(Deal(1, owners)))

    def of(self, index: int) -> list[str]:
        shards = had_by(self.router.owners, index)
        return [user for user in USERS if shard_of(route_of(user)) in shards]

    waiting = property(lambda self: self.router.plan)
    scored = property(lambda self: self.intake.scored)
    undone = property(lambda self: self.intake.undone)
    shards_of = property(lambda self: self.router.shards_of)

    def pressed(self) -> bool:
        return False

    def fast(self) -> bool:
        return False

    def link_up(self, link: ScorerLink) -> None:
        pass

    def link_lost(self, link: ScorerLink) -> None:
        self.lost.append((link.index, link.silent))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT):
        while not holds():
            await asyncio.sleep(0.002)


def statuses(callers: list[Caller]) -> list[int]:
    return [status for caller in callers for status in caller.statuses]


def with_edge(path: Path, check: Callable[[Edge], Awaitable[None]], scorers: int = 1) -> None:
    async def run() -> None:
        edge = Edge(path / "j.db", scorers)
        try:
            await check(edge)
            assert edge.intake.in_flight == 0
        finally:
            for scorer in edge.scorers.values():
                scorer.transport.abort()
            await until(lambda: len(edge.lost) == len(edge.scorers))
            await asyncio.sleep(0)
            edge.journal.close()

    asyncio.run(run())


def test_what_comes_while_customers_move_waits_and_is_decided_by_their_new_scorer(tmp_path: Path):
    async def check(edge: Edge) -> None:
        old, new = await edge.join(0), await edge.join(1)
        new.deaf.add(Rebuild)
        move = edge.deal(2)
        await until(lambda: len(new.kept) == 1)
        before = edge.send(USERS)
        await until(lambda: len(statuses(before)) == len(USERS))
        new.reply(new.kept[0])
        await until(lambda: len(new.kept) == 2)
        during = edge.send(USERS)
        await until(lambda: len(statuses(during)) == len(edge.of(0)) - len(gone(edge)))
        assert new.users == []
        new.reply(new.kept[1])
        dealt = await move
        await until(lambda: edge.intake.in_flight == 0)
        assert statuses(before + during) == [200] * 2 * len(USERS)
        assert sorted(new.users) == sorted(edge.of(1))
        assert (dealt.why_not, dealt.shards, dealt.held) == ("", 32, len(edge.of(1)))
        first, rest = new.all(Rebuild)[1:]
        assert (first.after, rest.after, first.shards) == (0, 7, had_by(edge.router.owners, 1))
        await until(lambda: len(old.all(Leave)) == 1)
        assert old.all(Leave) == [Leave(first.shards)]

    def gone(edge: Edge) -> list[str]:
        later = had_by(dealt(edge.router.owners, 2), 1)
        return [user for user in USERS if shard_of(route_of(user)) in later]

    with_edge(tmp_path, check)


@pytest.mark.parametrize("readings", [1, 2])
@pytest.mark.parametrize("silent", [False, True])
def test_a_scorer_that_dies_or_hangs_before_it_has_them_leaves_customers_where_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readings: int, silent: bool
):
    monkeypatch.setattr(moves, "REST_SECONDS", 0.05 if silent else WAIT)
    monkeypatch.setattr(moves, "AHEAD_SECONDS", 0.05 if silent else WAIT)

    async def check(edge: Edge) -> None:
        old, new = await edge.join(0), await edge.join(1)
        new.deaf.add(Rebuild)
        owners = edge.router.owners
        move = edge.deal(2)
        for reading in range(1, readings):
            await until(lambda reading=reading: len(new.kept) == reading)
            new.reply(new.kept[-1])
        await until(lambda: len(new.kept) == readings)
        callers = edge.send(USERS)
        if not silent:
            new.transport.abort()
        assert "scorer 1" in (await move).why_not
        await until(lambda: edge.intake.in_flight == 0)
        assert statuses(callers) == [200] * len(USERS)
        assert sorted(old.users) == sorted(USERS)
        assert (edge.router.owners, old.all(Leave)) == (owners, [])
        assert edge.lost == [(1, silent)]

    with_edge(tmp_path, check)


def test_a_former_scorer_that_dies_with_work_does_not_keep_its_customers_from_moving(
    tmp_path: Path,
):
    async def check(edge: Edge) -> None:
        old, new = await edge.join(0), await edge.join(1)
        old.deaf.add(Batch)
        lost = edge.send(USERS[:10])
        await until(lambda: len(old.kept) == 1)
        move = edge.deal(2)
        await until(lambda: len(new.all(Rebuild)) == 2)
        held = [user for user in USERS if user not in USERS[:10]]
        await until(lambda: edge.router.link_of(route_of(edge_user)) is not None)
        callers = edge.send(held)
        old.transport.abort()
        assert (await move).why_not == ""
        await until(lambda: edge.intake.in_flight == 0)
        assert statuses(lost) == [503] * 10
        assert {200, 503} == set(statuses(callers))
        assert statuses(callers).count(200) == len(new.users) > 0

    edge_user = USERS[-1]
    with_edge(tmp_path, check)


def test_what_waits_for_a_scorer_that_is_full_moves_along(tmp_path: Path):
    async def check(edge: Edge) -> None:
        old, new = await edge.join(0, tps=10.0), await edge.join(1)
        callers = edge.send(USERS)
        await until(lambda: len(old.users) > 0)
        dealt = await edge.deal(2)
        await until(lambda: len(new.users) == dealt.held)
        assert dealt.held == len(edge.of(1)) - len(set(old.users) & set(edge.of(1))) > 10
        assert len(old.users) < 10
        edge.scorers[0].transport.abort()
        await until(lambda: len(statuses(callers)) == len(USERS))

    with_edge(tmp_path, check)


def test_customers_cannot_move_to_a_scorer_that_is_not_up(tmp_path: Path):
    async def check(edge: Edge) -> None:
        await edge.join(0)
        assert (await edge.deal(2)).why_not == "scorer 1 is not up"
        callers = edge.send(USERS)
        await until(lambda: statuses(callers) == [200] * len(USERS))

    with_edge(tmp_path, check)


def test_customers_come_back_when_a_scorer_goes(tmp_path: Path):
    async def check(edge: Edge) -> None:
        old, new = await edge.join(0), await edge.join(1)
        moving = edge.of(1)
        dealt = await edge.deal(1)
        callers = edge.send(moving)
        await until(lambda: edge.intake.in_flight == 0)
        assert statuses(callers) == [200] * len(moving)
        assert (dealt.shards, sorted(old.users), new.users) == (32, sorted(moving), [])
        assert len(new.all(Leave)) == 1

    with_edge(tmp_path, check, scorers=2)
