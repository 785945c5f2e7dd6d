"""Reading answers: plain heads by their bytes, everything else by the parser."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.senders.answer_head import (
    KNOWN_HEADS,
    LONGEST_KNOWN,
    AnswerHead,
    Heads,
    read,
    retry_after_seconds,
)
from engine.load.senders.answer_parser import LARGEST_BODY, AnswerParser, NotAnAnswerError
from tests.servers import http
from tests.unit.load.test_fuzzed_answers import NO_DATES


def head(*fields, line="HTTP/1.1 200 OK"):
    return "\r\n".join([line, *fields, "", ""]).encode()


def test_a_plain_head_says_status_length_and_whether_it_keeps():
    assert read(head("Content-Length: 12")) == AnswerHead(200, 12, True, None)
    assert read(head("content-length:0", "Connection: Close", line="HTTP/1.1 503 ")) == AnswerHead(
        503, 0, False, None
    )
    assert read(head("Content-Length: 1", "Retry-After: 2")).retry_after == 2


@pytest.mark.parametrize(
    "bytes_",
    [
        head(),
        head("Content-Length: 1", "Content-Length: 1"),
        head("Content-Length: 1", "Transfer-Encoding: chunked"),
        head("Content-Length: -1"),
        head("Content-Length: 1, 1"),
        head("Content-Length: 1234567890"),
        head("Content-Length : 1"),
        head("Content-Length: 1", "Upgrade: h2c"),
        head(" folded", "Content-Length: 1"),
        head("Content-Length: 1", "Connection: close", "Connection: keep-alive"),
        head("Content-Length: 1", "Connection: keep-alive, close"),
        head("Content-Length: 1", "Retry-After: Mon, 06 Nov 2000 08:49:37 GMT"),
        head("Content-Length: 1", line="HTTP/1.0 200 OK"),
        head("Content-Length: 1", line="HTTP/1.1 200OK"),
        head("Content-Length: 1", line="HTTP/1.1 100 Continue"),
        head("Content-Length: 0", line="HTTP/1.1 204 No Content"),
        b"\r\n\r\n",
    ],
)
def test_a_head_that_is_not_plain_is_left_to_the_parser(bytes_):
    assert read(bytes_) is None
    heads = Heads()
    assert heads.find(bytes_) is None
    assert heads.find(bytes_) is None


names = st.sampled_from(
    ["Content-Length", "Date", "Connection", "Transfer-Encoding", "X-A", "bad name"]
)
values = st.sampled_from(
    ["5", "0", "chunked", "close", "keep-alive", "Close", "", "a b", "5 5", "\x00"]
)


@given(st.lists(st.tuples(names, values), max_size=4), st.sampled_from([200, 404, 204, 503]))
def test_what_is_read_by_its_bytes_the_parser_reads_alike(fields, status):
    raw = head(*(f"{n}: {v}" for n, v in fields), line=f"HTTP/1.1 {status} X")
    plain = read(raw)
    if plain is None:
        return
    parser = AnswerParser()
    try:
        parser.feed(raw + b"x" * plain.length)
    except NotAnAnswerError:
        # stricter about a field's value than we are: the length it had read is the same
        return
    (answer,) = parser.answers
    assert (answer.status, len(answer.body), answer.keeps) == (
        plain.status,
        plain.length,
        plain.keeps,
    )


def test_known_heads_are_bounded():
    heads = Heads()
    for length in range(KNOWN_HEADS + 10):
        assert heads.find(head(f"Content-Length: {length}")).length == length
    assert len(heads._known) <= KNOWN_HEADS


def test_a_head_too_long_to_be_kept_is_left_to_the_parser():
    heads = Heads()
    assert heads.find(head("X: " + "x" * LONGEST_KNOWN, "Content-Length: 1")) is None
    assert heads._known == {}


def test_a_status_below_all_classes_is_an_answer_and_no_interim_one():
    (answer,) = parsed(head("Content-Length: 0", line="HTTP/1.1 099 What")).answers
    assert answer.status == 99


def test_a_body_in_another_coding_lasts_until_the_connection_ends():
    parser = parsed(head("Transfer-Encoding: gzip"), b"abc")
    parser.end()
    assert parser.answers[0].body == b"abc"


def test_retry_after_may_be_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True).encode()
    assert retry_after_seconds(soon) == pytest.approx(99, abs=3)
    assert retry_after_seconds(b"Mon, 06 Nov 2000 08:49:37 GMT") == 0
    assert retry_after_seconds(b"1.5") == 1.5
    for no_date in NO_DATES[:2]:
        assert retry_after_seconds(no_date) is None
    for nonsense in (b"", b"soon", b"-1", b"1e9", b"\xff"):
        assert retry_after_seconds(nonsense) is None


def parsed(*pieces):
    parser = AnswerParser()
    for piece in pieces:
        parser.feed(piece)
    return parser


@given(st.integers(1, 40))
def test_an_answer_may_come_in_any_pieces(size):
    raw = head("Transfer-Encoding: chunked") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    (answer,) = parsed(*pieces).answers
    assert (answer.status, answer.body, answer.keeps, answer.raw) == (200, b"abcde", True, raw)


def test_a_body_may_last_until_the_connection_ends():
    parser = parsed(head(), b"abc", b"de")
    assert parser.answers == []
    parser.end()
    (answer,) = parser.answers
    assert (answer.body, answer.keeps) == (b"abcde", False)


def test_a_body_that_ends_early_is_no_answer():
    parser = parsed(head("Content-Length: 9"), b"abc")
    parser.end()
    assert parser.answers == []


def test_interim_answers_are_passed_over():
    (answer,) = parsed(head(line="HTTP/1.1 100 Continue") + http(200, b"x")).answers
    assert (answer.status, answer.body) == (200, b"x")


def test_two_answers_to_one_request_are_both_seen():
    parser = parsed(http(200, b"x") + http(200, b"y"))
    assert [answer.body for answer in parser.answers] == [b"x", b"y"]
    assert parser.between_answers
    trailing = parsed(http(200, b"x") + b"more")
    assert [answer.body for answer in trailing.answers] == [b"x"]
    assert not trailing.between_answers


@pytest.mark.parametrize(
    "pieces",
    [
        [b"SSH-2.0-OpenSSH_9.2\r\n"],
        [b"\x16\x03\x01\x02\x00\x01"],
        [head("Upgrade: h2c", "Connection: Upgrade", line="HTTP/1.1 101 Switching Protocols")],
        [head("Content-Length: 1", "Content-Length: 2")],
        [head(f"Content-Length: {2 * LARGEST_BODY}")] + [b"x" * 65536] * 20,
        [b"HTTP/1.1 200 OK\r\n"] + [b"X-Filler: " + b"x" * 8192 + b"\r\n"] * 20,
    ],
)
def test_what_is_not_an_answer_is_refused(pieces):
    with pytest.raises(NotAnAnswerError):
        parsed(*pieces)
