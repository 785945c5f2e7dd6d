"""Targets that send any bytes and hang up anywhere: either sender ends every attempt once."""

import asyncio

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.load.outcome import Outcome
from tests.integration.load.sender_session import SENDERS, run
from tests.servers import Server, approve
from tests.unit.load.test_fuzzed_answers import ID, streams

ENDINGS = ["nothing", "nothing", "the end", "half the end", "a reset"]


def misbehaving(exchanges):
    """A script that plays these, one a request, and then approves."""
    todo = iter(exchanges)

    def script(request):
        pieces, ending = next(todo, (None, None))
        if pieces is None:
            approve(request)
            return
        for at, piece in enumerate(pieces):
            request.later(0.001 * at, request.write, piece.replace(ID, request.id.encode()))
        end = {"the end": request.close, "half the end": request.half_close}
        if ending != "nothing":
            request.later(0.001 * len(pieces), end.get(ending, request.abort))

    return script


@pytest.fixture(scope="module", params=SENDERS)
def target(request):
    with Server() as server:
        yield request.param, server


BLANK_LINE_FIRST = (
    [
        b'\r\nHTTP/1.1 200 Reason\r\nContent-Length: 253\r\n\r\n{"transaction_id": "',
        b"x" * 260,
    ],
    "nothing",
)


@example([BLANK_LINE_FIRST] * 6)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(streams(), st.sampled_from(ENDINGS)), min_size=6, max_size=6))
def test_every_attempt_ends_once_and_the_sender_goes_on(target, exchanges):
    async def scenario(session):
        for _ in exchanges:
            await session.tell()
        await session.until(lambda: len(session.recorder.outcomes) >= len(exchanges))
        await asyncio.sleep(0.01)
        server.script = approve
        for tries in range(1, 10):  # what is still on its way may cost some connections
            if await session.ask() == ("ok",):
                return tries, session.recorder.outcomes
        return None

    sender, server = target
    server.script = misbehaving(exchanges)
    tries, outcomes = run(scenario, server.url, sender=sender, connections=3, timeout=0.2)
    assert len(outcomes) == len(exchanges) + tries
    assert {outcome for outcome, *_ in outcomes} <= set(map(str, Outcome))
