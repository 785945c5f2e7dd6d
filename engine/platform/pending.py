"""A transaction between its arrival and its answer, and who waits for it."""

from __future__ import annotations

import traceback
from typing import Protocol

from engine.platform.admission import Admitted
from engine.platform.wire import RawJob


class Waiter(Protocol):
    """Someone who is told the outcome: a connection, or a place in a batch request."""

    def answer(self, status: int, body: bytes, retry_after: int = 1) -> None:
        """The outcome as an HTTP status and a JSON body; called once.

        `retry_after`: seconds after which to come again, for a 503.
        """


class TakesTickets(Protocol):
    """Scorer `index`, which is told that a row is committed."""

    index: int

    def committed(self, ticket: int) -> None:
        """The row of this ticket is in the journal."""


class Pending:
    """One transaction under way; a retry of its id joins `waiters`. `link` is its scorer's."""

    __slots__ = ("admitted", "job", "link", "received_ns", "tail", "waiters")

    def __init__(self, admitted: Admitted, job: RawJob, link: TakesTickets, waiter: Waiter) -> None:
        self.admitted = admitted
        self.job = job
        self.link = link
        self.received_ns = job.received_ns
        self.waiters = [waiter]
        self.tail = b""

    def answer(self, status: int, body: bytes) -> None:
        """Tell everyone who waits; one that cannot be told keeps it from no other."""
        for waiter in self.waiters:
            try:
                waiter.answer(status, body)
            except Exception:  # noqa: BLE001 - whatever it is, the others still wait
                traceback.print_exc()
