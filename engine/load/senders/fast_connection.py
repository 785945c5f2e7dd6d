"""One keep-alive connection: writes a request, recognises its answer, knows its deadline.

The usual answer arrives whole in one read and its head was seen before: then it costs a search
for the blank line, one dictionary look-up and a comparison of lengths. Whatever differs is read
by httptools from its first byte.

A connection is *free* (no request under way), *busy*, or *late*: its attempt has timed out and was
reported, but it listens on, so that an answer that comes after all is still compared with the one
its retry got.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol, cast

from engine.load.arrival import Arrival
from engine.load.outcome import Outcome
from engine.load.senders.answer_head import END_OF_HEAD, Heads
from engine.load.senders.answer_parser import AnswerParser, NotAnAnswerError, ParsedAnswer
from engine.load.senders.contract import Receiver

HEAD_END_LENGTH = len(END_OF_HEAD)


class Owner(Protocol):
    """The pool a connection belongs to."""

    heads: Heads
    receiver: Receiver
    timeout_ns: int

    def opened(self, connection: FastConnection) -> None:
        """It can take its first request."""

    def free_again(self, connection: FastConnection) -> None:
        """It can take the next request."""

    def lost(self, connection: FastConnection) -> None:
        """It is closed."""


class FastConnection(asyncio.Protocol):
    """One connection of a pool."""

    __slots__ = (
        "_clogged",
        "_owner",
        "_parser",
        "_transport",
        "_write",
        "answers",
        "arrival",
        "deadline_ns",
        "late",
        "place",
    )

    def __init__(self, owner: Owner, place: int) -> None:
        self._owner = owner
        self.place = place
        self._transport: asyncio.Transport | None = None
        self._parser: AnswerParser | None = None
        self._clogged = False
        self.arrival: Arrival | None = None
        self.deadline_ns = 0
        self.answers = 0
        self.late = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop: open."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)
        self._write = self._transport.write
        self._owner.opened(self)

    def send(self, arrival: Arrival) -> None:
        """Write the request now; the connection must be free."""
        self.arrival = arrival
        arrival.written_ns = now = time.monotonic_ns()
        self.deadline_ns = now + self._owner.timeout_ns
        self._write(arrival.request)

    def pause_writing(self) -> None:
        """Called by the loop: a request could not be written whole at once."""
        self._clogged = True

    def resume_writing(self) -> None:
        """Called by the loop: it is written."""
        self._clogged = False

    def data_received(self, data: bytes) -> None:
        """Called by the loop: part of an answer, or all of it."""
        arrival = self.arrival
        if arrival is None:  # nobody asked: whatever it is, it cannot be matched to a request
            self.abort()
            return
        if self._parser is None and not self.late:
            end = data.find(END_OF_HEAD) + HEAD_END_LENGTH
            if end >= HEAD_END_LENGTH:
                head = self._owner.heads.find(data[:end])
                if head is not None and head.length == len(data) - end:
                    self.arrival = None
                    trusted = self._owner.receiver.answered(
                        arrival, head.status, data[end:], head.retry_after, data
                    )
                    self.answers += 1
                    if trusted and head.keeps and not self._clogged:
                        self._owner.free_again(self)
                    else:
                        self.abort()
                    return
        self._read_on(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Called by the loop: closed by either side."""
        if self._parser is not None:
            self._parser.end()
            self._report()
        arrival, self.arrival = self.arrival, None
        self._owner.lost(self)
        if arrival is not None and not self.late:
            self._owner.receiver.broke(arrival, Outcome.RESET)

    def give_up(self, listen_until_ns: int | None) -> Arrival:
        """The attempt timed out: return its arrival; listen on for a late answer, or close."""
        arrival = cast("Arrival", self.arrival)
        self.late = True
        if listen_until_ns is None:
            self.abort()
        else:
            self.deadline_ns = listen_until_ns
        return arrival

    def abort(self) -> None:
        """Close at once; `connection_lost` follows."""
        cast("asyncio.Transport", self._transport).abort()

    def _read_on(self, data: bytes) -> None:
        if self._parser is None:
            self._parser = AnswerParser()
        try:
            self._parser.feed(data)
        except NotAnAnswerError:
            self._fail(Outcome.PROTOCOL)
            return
        if self._parser.answers:
            keeps = self._parser.between_answers and self._parser.answers[-1].keeps
            single = len(self._parser.answers) == 1 and not self.late
            trusted = self._report()
            self._done(keeps=keeps and single and trusted)

    def _report(self) -> bool:
        """Tell of the answers read; False if the connection is not to be trusted any more."""
        answers = cast("AnswerParser", self._parser).answers
        self._parser = None
        self.answers += len(answers)
        arrival = self.arrival
        if arrival is None or not answers:
            return True
        receiver = self._owner.receiver
        trusted, again = True, answers
        if not self.late:
            first, again = answers[0], answers[1:]
            self.arrival = None
            trusted = _answered(receiver, arrival, first)
        for answer in again:
            receiver.answered_again(arrival, answer.status, answer.body)
        return trusted

    def _fail(self, outcome: Outcome) -> None:
        arrival, self.arrival = self.arrival, None
        self._parser = None
        self.abort()
        if arrival is not None and not self.late:
            self._owner.receiver.broke(arrival, outcome)

    def _done(self, *, keeps: bool) -> None:
        if keeps and not self._clogged:
            self._owner.free_again(self)
        else:
            self.abort()


def _answered(receiver: Receiver, arrival: Arrival, answer: ParsedAnswer) -> bool:
    return receiver.answered(arrival, answer.status, answer.body, answer.retry_after, answer.raw)
