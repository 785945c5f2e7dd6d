"""The intake: every transaction that comes in gets its answer, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.platform.admission import Admission, Admitted
from engine.platform.intake import FAULTY, Intake
from engine.platform.journal import Journal
from engine.platform.pending import Pending
from engine.platform.router import Router
from engine.platform.shards import first_deal
from engine.platform.wire import FAILED, RawJob, Scored

WAIT = 30.0
SCORED = Scored(0, 0, b"", b'"decision":"APPROVE"}')


class Caller:
    """Keeps what it is answered; a broken one raises instead."""

    def __init__(self, broken: bool = False) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self._broken = broken

    def answer(self, status: int, body: bytes) -> None:
        if self._broken:
            raise RecursionError
        self.answers.append((status, body))


class Link:
    """Takes the tickets of committed rows."""

    index = 0

    def __init__(self) -> None:
        self.tickets: list[int] = []

    def committed(self, ticket: int) -> None:
        self.tickets.append(ticket)


def pending(number: int, link: Link, caller: Caller) -> Pending:
    body = {
        "id": f"t-{number:012d}",
        "user_id": "u",
        "amount": 1,
        "currency": "USD",
        "merchant": "m",
        "category": "c",
        "timestamp": "2026-01-05T08:00:00Z",
    }
    admitted = Admission({"USD": 1.0}).admit(json.dumps(body).encode())
    assert isinstance(admitted, Admitted)
    return Pending(admitted, RawJob(number, 0, "u", admitted.facts), link, caller)


def with_intake(path: Path, check: Callable[[Intake], Awaitable[None]]) -> None:
    async def run() -> None:
        intake = Intake(Admission({"USD": 1.0}), Router(first_deal(1)), 10)
        journal = Journal(path, intake.committed)
        intake.use(journal)
        try:
            await check(intake)
        finally:
            journal.close()

    asyncio.run(run())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT):
        while not holds():
            await asyncio.sleep(0.002)


def under_way(intake: Intake, work: list[Pending]) -> list[Pending]:
    intake._pending.update({one.admitted.id: one for one in work})
    return work


def test_a_waiter_that_fails_keeps_no_other_from_its_answer(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    link, callers = Link(), [Caller(), Caller(broken=True), Caller()]

    async def check(intake: Intake) -> None:
        work = under_way(intake, [pending(n, link, one) for n, one in enumerate(callers)])
        intake.scored(work, [SCORED] * 3)
        await until(lambda: intake.in_flight == 0)

    with_intake(tmp_path / "j.db", check)
    assert [len(caller.answers) for caller in callers] == [1, 0, 1]
    assert link.tickets == [0, 1, 2]
    assert "RecursionError" in capfd.readouterr().err


def test_a_transaction_that_could_not_be_scored_is_answered_and_not_stored(tmp_path: Path):
    link, good, bad = Link(), Caller(), Caller()

    async def check(intake: Intake) -> None:
        work = under_way(intake, [pending(1, link, good), pending(2, link, bad)])
        intake.scored(work, [SCORED, Scored(FAILED, 0, b"", b"")])
        await until(lambda: intake.in_flight == 0)
        assert intake.story("t-000000000002") is None

    with_intake(tmp_path / "j.db", check)
    assert [status for status, _ in good.answers] == [200]
    assert bad.answers == [(500, FAULTY)]
    assert link.tickets == [1]
    assert "message" in json.loads(FAULTY)["error"]
