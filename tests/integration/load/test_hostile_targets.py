"""Whatever a target does is an outcome class; the sender goes on."""

import asyncio

import pytest

from tests.integration.load.sender_session import run
from tests.servers import Server, approve, decision, http


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
