"""Whatever a target does is an outcome class; the sender goes on, whichever of the two it is."""

import asyncio

import pytest

from tests.integration.load.hostile import DECIDING, MISDEEDS, answer
from tests.integration.load.sender_session import SENDERS, run
from tests.servers import Server, approve, decision, http

either_sender = pytest.mark.parametrize("sender", SENDERS)


@either_sender
@pytest.mark.parametrize("script", DECIDING)
def test_a_decision_is_a_decision_in_whatever_form_http_allows(script, sender):
    async def scenario(session):
        outcomes = []
        for _ in range(3):
            outcomes.append(await session.ask())
            await asyncio.sleep(0.03)
        return outcomes

    with Server(script) as server:
        assert run(scenario, server.url, sender=sender, timeout=20) == [("ok",)] * 3
        assert len(server.arrivals) == 3


@either_sender
@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_every_misdeed_has_its_class_and_the_next_request_goes_through(misdeed, sender):
    async def scenario(session):
        first = await session.ask()
        server.script = approve
        return first, await session.ask()

    script, *outcome = MISDEEDS[misdeed]
    timeout = 0.25 if outcome == ["timeout"] else 10
    with Server(script) as server:
        outcomes = run(scenario, server.url, sender=sender, timeout=timeout)
    assert outcomes == (tuple(outcome), ("ok",))


@either_sender
def test_a_body_longer_than_its_length_is_no_decision(sender):
    async def scenario(session):
        first = await session.ask()
        server.script = approve
        return first, await session.ask()

    def short(request):
        request.write(http(200, decision(request.id)[:-9]) + b"the rest")

    with Server(short) as server:
        first, second = run(scenario, server.url, sender=sender)
    assert first in {("invalid_decision",), ("protocol",)}
    assert second == ("ok",)


@either_sender
def test_what_must_be_rejected_is_rejected_by_a_400(sender):
    async def scenario(session):
        return await session.ask(rejects=True)

    with Server(answer(400)) as server:
        assert run(scenario, server.url, sender=sender) == ("rejected",)


@either_sender
def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_ones(sender):
    async def scenario(session):
        await asyncio.sleep(0.1)
        first = await session.ask()
        server.loop.call_soon_threadsafe(greet, next(iter(server.connections)))
        await asyncio.sleep(0.1)
        return first, await session.ask()

    def greet(connection):
        connection.transport.write(http(408, b"{}"))

    def greet_first(connection):
        if server.opened == 1:
            greet(connection)

    with Server(greeting=greet_first) as server:
        assert run(scenario, server.url, sender=sender) == (("ok",), ("ok",))
        assert server.opened == 3


@either_sender
def test_a_second_answer_to_one_request_ends_the_connection_and_is_no_others(sender):
    async def scenario(session):
        return await session.ask(), session.recorder.again, await session.ask()

    def twice(request):
        request.write(http(200, decision(request.id)))
        request.write(http(200, decision(request.id, "REVIEW")))

    with Server(twice) as server:
        first, again, second = run(scenario, server.url, sender=sender)
        assert (first, second) == (("ok",), ("ok",))
        assert server.opened >= 2
    if sender == "fast":
        assert again == [(0, 1), (1, 1)]


def test_a_late_answer_is_still_heard_by_the_fast_sender():
    async def scenario(session):
        first = await session.ask()
        await session.until(lambda: session.recorder.again)
        server.script = approve
        return first, session.recorder.again, await session.ask()

    def late(request):
        request.later(1.4, request.write, http(200, decision(request.id, "DECLINE")))

    with Server(late) as server:
        assert run(scenario, server.url, timeout=1.0) == (("timeout",), [(0, 2)], ("ok",))


def test_a_late_answer_to_the_general_sender_is_nobody_elses():
    async def scenario(session):
        first = await session.ask()
        server.script = approve
        outcomes = [await session.ask() for _ in range(3)]
        await asyncio.sleep(0.2)
        return first, outcomes, await session.ask()

    def late(request):
        request.later(0.4, request.write, http(200, decision(request.id, "DECLINE")))

    with Server(late) as server:
        outcomes = run(scenario, server.url, sender="general", timeout=0.3)
    assert outcomes == (("timeout",), [("ok",)] * 3, ("ok",))
