"""The intake: what happens to one transaction on the edge, from its bytes to its answer.

    admit → joined a pending one? → in the journal? → room? → scorer up? → score → commit → answer

A transaction is answered only after its row is committed. One whose scorer dies before it scored
is answered 503 at once and forgotten; a retry begins anew. One that is scored is committed and
can be found by a retry, even when its client is gone. So an id is decided once.
"""

from __future__ import annotations

import asyncio
import time

import msgspec

from engine.platform.admission import Admission, Admitted, Refusal
from engine.platform.answer import DECISIONS, SCALE, body, stored_body
from engine.platform.journal import Journal, Row, Token
from engine.platform.known import KnownIds
from engine.platform.pending import Pending, Waiter
from engine.platform.router import Router, ScorerLink
from engine.platform.wire import FAILED, RawJob, Scored

_BUSY = b'{"error":{"field":"","value":null,"message":"%s; retry after a second"}}'
FULL = _BUSY % b"too many transactions are under way"
SCORER_DOWN = _BUSY % b"the scorer of this customer is down"
NOT_STORED = _BUSY % b"the journal could not be written"
ENDING = _BUSY % b"the platform is shutting down"
FAULTY = b'{"error":{"field":"","value":null,"message":"this transaction could not be scored"}}'


class Counts:
    """Cumulative since this edge began."""

    def __init__(self) -> None:
        self.decided = 0
        self.invalid = 0
        self.shed = 0
        self.replayed = 0
        self.answered = 0
        self.latency_ns = 0


class Intake:
    """Owns what is pending; lives in the event loop's thread."""

    def __init__(self, admission: Admission, router: Router, limit: int) -> None:
        self._admission = admission
        self._router = router
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, Pending] = {}
        self._joining: list[ScorerLink] = []
        self._sequence = time.monotonic_ns() // 1000  # no ticket of a former edge comes again
        self.counts = Counts()
        self.ending = False

    def use(self, journal: Journal) -> None:
        """Begin with this journal."""
        self._journal = journal
        self._known = KnownIds(journal.newest_id())

    @property
    def in_flight(self) -> int:
        """Transactions between arrival and answer."""
        return len(self._pending)

    def submit(self, waiter: Waiter, request: bytes) -> None:
        """Decide one transaction, or tell the waiter why not."""
        received_ns = time.monotonic_ns()
        admitted = self._admission.admit(request)
        if isinstance(admitted, Refusal):
            self.counts.invalid += 1
            waiter.answer(400, msgspec.json.encode({"error": admitted}))
            return
        if self._known_already(waiter, admitted.id):
            return
        link = self._router.link_of(admitted.route)
        if link is None or self.ending or len(self._pending) >= self._limit:
            self.counts.shed += 1
            waiter.answer(503, self._why(link))
            return
        self._sequence += 1
        job = RawJob(self._sequence, received_ns, admitted.user_id, msgspec.Raw(admitted.facts))
        pending = Pending(admitted, job, link, waiter)
        self._pending[admitted.id] = pending
        link.submit(pending)

    def _why(self, link: ScorerLink | None) -> bytes:
        if self.ending:
            return ENDING
        return SCORER_DOWN if link is None else FULL

    def _known_already(self, waiter: Waiter, transaction_id: str) -> bool:
        pending = self._pending.get(transaction_id)
        if pending is not None:
            self.counts.replayed += 1
            pending.waiters.append(waiter)
            return True
        if not self._known.maybe(transaction_id):
            return False
        stored = self._journal.find(transaction_id)
        if stored is None:
            return False
        self.counts.replayed += 1
        waiter.answer(200, stored_body(transaction_id, stored))
        return True

    def stored(self, transaction_id: str) -> bytes | None:
        """The answer of a committed transaction."""
        stored = self._journal.find(transaction_id)
        return None if stored is None else stored_body(transaction_id, stored)

    def scored(self, work: list[Pending], scored: list[Scored]) -> None:
        """A batch came back from its scorer: write it to the journal."""
        rows: list[Row] = []
        written: list[Pending] = []
        for pending, verdict in zip(work, scored, strict=True):
            if verdict.decision == FAILED:
                self._reject(pending)
                continue
            written.append(pending)
            pending.tail = verdict.tail
            rows.append(_row(pending.admitted, verdict))
        self._journal.submit(rows, written)

    def _reject(self, pending: Pending) -> None:
        """Its scoring raised an error: a retry would, too."""
        self.counts.shed += 1
        self.counts.answered += 1
        self.counts.latency_ns += time.monotonic_ns() - pending.received_ns
        del self._pending[pending.admitted.id]
        pending.answer(500, FAULTY)

    def undone(self, work: list[Pending]) -> None:
        """Their scorer is gone: answer at once."""
        self.counts.shed += len(work)
        for pending in work:
            del self._pending[pending.admitted.id]
            pending.answer(503, SCORER_DOWN)

    def join(self, link: ScorerLink) -> None:
        """A new link: its scorer may rebuild once all rows before this are committed."""
        self._router.replace(link)
        self._journal.submit([], link)

    def committed(self, tokens: list[Token], written: bool) -> None:
        """Called in the journal's thread."""
        self._loop.call_soon_threadsafe(self._committed, tokens, written)

    def _committed(self, tokens: list[Token], written: bool) -> None:
        for token in tokens:
            if isinstance(token, ScorerLink):
                token.rebuild()
            elif isinstance(token, list):
                self._finish(token, written)

    def _finish(self, work: list[Pending], written: bool) -> None:
        counts = self.counts
        now = time.monotonic_ns()
        for pending in work:
            transaction_id = pending.admitted.id
            del self._pending[transaction_id]
            if not written:
                counts.shed += 1
                pending.answer(503, NOT_STORED)
                continue
            self._known.add(transaction_id)
            pending.link.committed(pending.job.ticket)
            counts.decided += 1
            counts.latency_ns += now - pending.received_ns
            pending.answer(200, body(transaction_id, pending.tail))
        counts.answered += len(work)


def _row(admitted: Admitted, scored: Scored) -> Row:
    return (
        admitted.id,
        admitted.user_id,
        admitted.amount,
        admitted.currency,
        DECISIONS[scored.decision],
        scored.risk / SCALE,
        admitted.event_seconds,
        scored.answer,
        admitted.facts,
        admitted.route,
    )
