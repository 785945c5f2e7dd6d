"""Whatever bytes come back, cut and closed anywhere: no exception, and every attempt ends once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.load.outcome import Outcome
from engine.load.senders.answer_head import Heads, retry_after_seconds
from engine.load.senders.answer_parser import AnswerParser, NotAnAnswerError
from engine.load.senders.fast_connection import FastConnection
from tests.servers import decision, http
from tests.unit.load.desk import PREFIX, SECOND, Desk

NO_DATES = [
    b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
    b"Mon, 06 Nov 2000 08:49:37 +999999999999999999",
    b"Mon, 06 Nov 2000 08:49:37 -0000",
    b"Fri, 31 Dec 9999 23:59:59 -2359",
    b"Mon, 01 Jan 0001 00:00:00 +2359",
]
SPICE = [
    *(
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b":",
        b" ",
        b"\x00",
        b"\xff",
        b"0",
        b"-1",
        b"9" * 30,
        b"{",
        b'"',
    ),
    *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.0 ", b"204", b"304"),
    *(b"Content-Length: 5\r\n", b"content-length:0\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Connection: close\r\n", b"Upgrade: h2c\r\nConnection: upgrade\r\n", b"5\r\nhello\r\n"),
    *(b"0\r\n\r\n", b"Retry-After: 1\r\n", b"Retry-After: Mon, 31 Feb 99999\r\n", b"APPROVE"),
    *(b"Retry-After: %b\r\n" % date for date in NO_DATES),
]


ID = f"{PREFIX}{0:012d}".encode()
DECIDED = decision(ID.decode())
VALID = [
    http(200, DECIDED),
    http(200, DECIDED, Connection="close"),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    % (len(DECIDED), DECIDED),
    b"HTTP/1.1 100 Continue\r\n\r\n" + http(503, b"{}", Retry_After="1"),
    b"HTTP/1.1 200 OK\r\n\r\n" + DECIDED,
    http(400, b"") + http(200, DECIDED),
]
CHANGES = {
    "insert": lambda data, at, what: data[:at] + what + data[at:],
    "replace": lambda data, at, what: data[:at] + what + data[at + len(what) :],
    "delete": lambda data, at, what: data[:at] + data[at + len(what) :],
    "repeat": lambda data, at, _: data + data[at:],
    "end": lambda data, at, _: data[:at],
}
places = st.floats(0, 0.999)
change = st.tuples(st.sampled_from(sorted(CHANGES)), places, st.sampled_from(SPICE))


@st.composite
def streams(draw):
    """The bytes of answers, changed here and there, in pieces."""
    data = draw(st.one_of(st.sampled_from(VALID), st.binary(max_size=80)))
    for how, where, what in draw(st.lists(change, max_size=3)):
        data = CHANGES[how](data, int(where * len(data)), what)
    cuts = sorted({int(cut * len(data)) for cut in draw(st.lists(places, max_size=3))})
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


class Wire:
    """A transport that carries nothing."""

    aborted = False

    def set_write_buffer_limits(self, high):
        assert high == 0

    def write(self, data):
        assert data == b"request"

    def abort(self):
        self.aborted = True


class OnePlace:
    """A pool of one connection, which is replaced when it is lost."""

    by_user, timeout_ns = False, SECOND

    def __init__(self):
        self.heads, self.free, self.connection = Heads(), {}, None

    def connect(self):
        if self.connection is None:
            self.connection, self.wire = FastConnection(self, 0), Wire()
            self.connection.connection_made(self.wire)

    def opened(self, connection):
        self.free_again(connection)

    def free_again(self, connection):
        assert connection.arrival is None
        self.free[0] = connection
        self.receiver.freed(0)

    def lost(self, connection):
        assert connection is self.connection
        self.free.clear()
        self.connection = None

    def send(self, arrival):
        self.free.pop(0).send(arrival)

    def hide(self, data):
        return data

    def hear(self, data):
        """Bytes came, if it is open; then it may be closed."""
        if self.connection is not None and not self.wire.aborted:
            self.connection.data_received(data)
        self.close_if_aborted()

    def close_if_aborted(self):
        if self.connection is not None and self.wire.aborted:
            self.connection.connection_lost(None)

    def end(self, how):
        """What happens after the bytes: nothing, the end, or the deadline and perhaps the end."""
        connection = self.connection
        if connection is None or how == "nothing":
            return
        if how == "clogged":
            connection.pause_writing()
        elif how == "reset":
            connection.connection_lost(ConnectionResetError())
        elif connection.arrival is not None and not connection.late:
            until_ns = connection.deadline_ns if how == "late" else None
            self.receiver.broke(connection.give_up(until_ns), Outcome.TIMEOUT)
        self.close_if_aborted()


endings = st.sampled_from(["nothing", "nothing", "clogged", "reset", "timeout", "late"])


@settings(max_examples=200)
@given(st.lists(st.tuples(streams(), endings), min_size=1, max_size=5))
def test_no_stream_of_answers_breaks_a_connection_or_an_account(exchanges):
    desk, pool = Desk(attempts=1), OnePlace()
    pool.receiver = desk.dispatcher
    desk.dispatcher.begin(pool, desk.clock)
    for pieces, ending in exchanges:
        pool.connect()
        number = f"{PREFIX}{desk.made:012d}".encode()
        desk.due()
        for piece in pieces:
            pool.hear(piece.replace(ID, number))
        pool.end(ending)
        desk.assert_conserved()
    if pool.connection is not None:
        pool.connection.connection_lost(None)
    totals = desk.ledger.totals
    assert desk.dispatcher.in_flight == 0
    assert totals.attempts == totals.sent == sum(desk.report().outcomes.values())
    desk.assert_conserved()


@settings(max_examples=200)
@given(streams())
def test_no_stream_makes_the_parser_raise_anything_else(pieces):
    parser = AnswerParser()
    try:
        for piece in pieces:
            parser.feed(piece)
    except NotAnAnswerError:
        return
    parser.end()
    assert all(
        answer.status not in range(100, 200) or answer.status == 101 for answer in parser.answers
    )


@given(st.one_of(st.binary(max_size=40), st.sampled_from(SPICE + NO_DATES)))
def test_no_retry_after_is_a_time_before_now(value):
    seconds = retry_after_seconds(value)
    assert seconds is None or seconds >= 0
