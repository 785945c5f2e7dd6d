"""What targets do: scripts for the servers of `tests.servers`, good and bad."""

from tests.servers import decision, http

OK = "HTTP/1.1 200 OK"


def answer(status, **headers):
    return lambda request: request.write(http(status, b"{}", **headers))


def framed(*head, body=None, close=False):
    """An answer of exactly these head lines; LEN stands for the length of a decision."""

    def script(request):
        decided = decision(request.id)
        lines = "\r\n".join(head).replace("LEN", str(len(decided)))
        request.write(lines.encode("latin-1") + b"\r\n\r\n" + (decided if body is None else body))
        if close:
            request.close()

    return script


def verbatim(data):
    return lambda request: request.write(data)


# ways to decide


def chunked(request):
    body = decision(request.id)
    half = len(body) // 2
    request.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for part in (body[:half], body[half:]):
        request.write(b"%x\r\n%b\r\n" % (len(part), part))
    request.write(b"0\r\n\r\n")


def byte_by_byte(request):
    drip(request, seconds=0)


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
    request.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3)
    request.write(http(200, decision(request.id)))


def decided_then_reset(request):
    request.write(http(200, decision(request.id)))
    request.later(0.02, request.abort)


def decided_then_half_closed(request):
    request.write(http(200, decision(request.id)))
    request.half_close()


# ways not to


def silent(request):
    pass


def drip(request, seconds=0.05):
    def write(rest):
        request.write(rest[:1])
        if rest[1:]:
            request.later(seconds, write, rest[1:])

    write(http(200, decision(request.id)))


def half_an_answer_then_silence(request):
    request.write(http(200, decision(request.id))[:-5])


def half_an_answer_then_the_end(request):
    half_an_answer_then_silence(request)
    request.close()


def half_an_answer_then_reset(request):
    half_an_answer_then_silence(request)
    request.later(0.02, request.abort)


def half_a_head_then_reset(request):
    request.write(b"HTTP/1.1 200 OK\r\nContent-")
    request.later(0.02, request.abort)


def reset(request):
    request.abort()


def hang_up(request):
    request.close()


def half_closed(request):
    request.half_close()


def half_an_answer_then_half_closed(request):
    half_an_answer_then_silence(request)
    request.half_close()


def other_id(request):
    request.write(http(200, decision("somebody-else")))


def no_decision(request):
    request.write(http(200, b"It works!"))


DECIDING = [
    chunked,
    byte_by_byte,
    closing,
    until_the_end,
    old_http,
    interim,
    decided_then_reset,
    decided_then_half_closed,
    framed("HTTP/1.1 200", "content-length:LEN", "set-cookie: a=b", "X:  "),
]

MISDEEDS = {
    "silence": (silent, "timeout"),
    "a slow drip": (drip, "timeout"),
    "half an answer, then silence": (half_an_answer_then_silence, "timeout"),
    "half an answer, then the end": (half_an_answer_then_the_end, "reset"),
    "half an answer, then a reset": (half_an_answer_then_reset, "reset"),
    "half a head, then a reset": (half_a_head_then_reset, "reset"),
    "a reset": (reset, "reset"),
    "the end": (hang_up, "reset"),
    "half closed": (half_closed, "reset"),
    "half closed in an answer": (half_an_answer_then_half_closed, "reset"),
    "garbage": (verbatim(b"\x00\xff" * 50 + b"\r\n\r\n"), "protocol"),
    "another protocol": (verbatim(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol"),
    "TLS": (verbatim(b"\x15\x03\x03\x00\x02\x02\x28"), "protocol"),
    "HTTP/2": (verbatim(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "protocol"),
    "a version to come": (framed("HTTP/3.0 200 OK", "Content-Length: LEN"), "protocol"),
    "an endless body": (verbatim(http(200, b"x" * 3_000_000)), "protocol"),
    "an endless head": (
        verbatim(b"HTTP/1.1 200 OK\r\n" + b"X-A: more of it\r\n" * 9999),
        "protocol",
    ),
    "endless interims": (verbatim(b"HTTP/1.1 100 Continue\r\n\r\n" * 999), "timeout"),
    "a line that is no field": (framed(OK, "nonsense", "Content-Length: LEN"), "protocol"),
    "a length too long": (framed(OK, "Content-Length: 9999", close=True), "reset"),
    "a negative length": (framed(OK, "Content-Length: -5"), "protocol"),
    "a length in words": (framed(OK, "Content-Length: many"), "protocol"),
    "a huge length": (framed(OK, "Content-Length: " + "9" * 5000), "protocol"),
    "a terabyte": (framed(OK, "Content-Length: 1000000000000"), "timeout"),
    "two lengths": (framed(OK, "Content-Length: 1", "Content-Length: 2"), "protocol"),
    "length and chunks": (
        framed(
            OK, "Content-Length: 3", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"
        ),
        "protocol",
    ),
    "no chunk": (framed(OK, "Transfer-Encoding: chunked", body=b"zz\r\nabc\r\n"), "protocol"),
    "half a chunk": (
        framed(OK, "Transfer-Encoding: chunked", body=b"ff\r\nabc\r\n", close=True),
        "reset",
    ),
    "an upgrade": (
        framed("HTTP/1.1 101 Switching Protocols", "Upgrade: h2c", "Connection: Upgrade"),
        "protocol",
    ),
    "no status": (framed("HTTP/1.1 099 What", "Content-Length: LEN"), "protocol"),
    "a redirect": (answer(302, Location="/v1/transactions"), "protocol"),
    "a redirect of a post": (answer(307, Location="/v1/transactions"), "protocol"),
    "no content": (verbatim(b"HTTP/1.1 204 No Content\r\n\r\n"), "protocol"),
    "not modified": (verbatim(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "protocol"),
    "400": (answer(400), "http_4xx"),
    "404": (answer(404), "http_4xx"),
    "500": (answer(500), "http_5xx"),
    "503 for a while": (answer(503, Retry_After="0.5"), "throttled", 0.5),
    "429 for a while": (answer(429, Retry_After="2"), "throttled", 2.0),
    "503 until a day gone by": (
        answer(503, Retry_After="Mon, 06 Nov 2000 08:49:37 GMT"),
        "throttled",
    ),
    "503 until no year at all": (
        answer(503, Retry_After="Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
        "throttled",
    ),
    "503 until a day in no zone": (
        answer(503, Retry_After="Mon, 06 Nov 2000 08:49:37 +999999999999999999"),
        "throttled",
    ),
    "429 for nonsense": (answer(429, Retry_After="soon, \xe4"), "throttled"),
    "503 for less than nothing": (answer(503, Retry_After="-3"), "throttled"),
    "another's decision": (other_id, "invalid_decision"),
    "no decision": (no_decision, "invalid_decision"),
    "gzip unasked": (
        framed(OK, "Transfer-Encoding: gzip", body=b"\x1f\x8b", close=True),
        "invalid_decision",
    ),
}
