"""The intake: what happens to one transaction on the edge, from its bytes to its answer.

    admit → joined a pending one? → in the journal? → room? → scorer up? → score → commit → answer

A transaction is answered only after its row is committed. One whose scorer dies before it scored
is answered 503 at once and forgotten; a retry begins anew. One that is scored is committed and
can be found by a retry, even when its client is gone. So an id is decided once.

What is under way is bounded, in number and in age: beyond `limit`, or while the oldest of the same
scorer or of the journal has waited for `OLDEST_NS`, a transaction is answered 503 at once with the
seconds after which to come again. Without the second bound a slow journal would fill the first with
work whose callers have long given up, and everything accepted would be in vain. Both bounds can be
tightened (`strategies`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from engine.platform.admission import Admission, Refusal
from engine.platform.answer import DECISIONS, SCALE, body, stored_body
from engine.platform.buckets import RAW
from engine.platform.journal import Journal, Row, Token
from engine.platform.known import KnownIds
from engine.platform.link import ScorerLink
from engine.platform.pace import Pace
from engine.platform.pending import Pending, TakesTickets, Waiter
from engine.platform.router import Router, Taker
from engine.platform.story import story_body
from engine.platform.wire import FAILED, RawJob, Scored

OLDEST_NS = 1_000_000_000
FULL = "too many transactions are under way"
LATE = "what is before it has waited for too long"
SCORER_DOWN = "the scorer of this customer is down"
NOT_STORED = "the journal could not be written"
ENDING = "the platform is shutting down"
FAULTY = b'{"error":{"field":"","value":null,"message":"this transaction could not be scored"}}'


@lru_cache(maxsize=64)
def busy(why: str, seconds: int) -> bytes:
    """The body of a 503."""
    text = f"{why}; retry after {seconds} s"
    error = {"field": "", "value": None, "message": text, "retry_after_seconds": seconds}
    return msgspec.json.encode({"error": error})


class Counts:
    """Cumulative since this edge began; `times` by bit length of the µs to the answer.

    Of the `shed` ones `failed` were not refused: they could not be scored, or not be written.
    """

    def __init__(self) -> None:
        self.decided = 0
        self.invalid = 0
        self.shed = 0
        self.failed = 0
        self.replayed = 0
        self.answered = 0
        self.latency_ns = 0
        self.times = [0] * RAW


class Intake:
    """Owns what is pending; lives in the event loop's thread.

    Attributes:
        limit: How many transactions may be under way now.
        oldest_ns: How old the oldest may be before its scorer or the journal refuses.
        committing: Transactions that were handed to the journal and are not committed.
    """

    def __init__(self, admission: Admission, router: Router, limit: int) -> None:
        self._admission = admission
        self._router = router
        self._most = limit
        self.limit = limit
        self.oldest_ns = OLDEST_NS
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, Pending] = {}
        self._late: set[TakesTickets] = set()
        self._journal_late = False
        self._committing: deque[int] = deque()  # when each group was handed to the journal
        self.committing = 0
        self._pace = Pace()
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
        if link is None or len(self._pending) >= self.limit or self._closed_to(link):
            self._refuse(waiter, link)
            return
        self._sequence += 1
        job = RawJob(self._sequence, received_ns, admitted.user_id, msgspec.Raw(admitted.facts))
        pending = Pending(admitted, job, link, waiter)
        self._pending[admitted.id] = pending
        link.submit(pending)

    def _closed_to(self, link: Taker) -> bool:
        return self.ending or self._journal_late or link in self._late

    def _refuse(self, waiter: Waiter, link: Taker | None) -> None:
        self.counts.shed += 1
        if self.ending or link is None:
            waiter.answer(503, busy(ENDING if self.ending else SCORER_DOWN, 1))
            return
        seconds = self._pace.retry_after(len(self._pending))
        why = FULL if len(self._pending) >= self.limit else LATE
        waiter.answer(503, busy(why, seconds), seconds)

    def look(self, now_ns: int) -> None:
        """See how old the oldest work is, and how fast it is done; called every 20 ms."""
        self._pace.look(now_ns, self.counts.decided)
        before = now_ns - self.oldest_ns
        self._late = {
            link for link in self._router.links() if (link.oldest_ns() or now_ns) < before
        }
        self._journal_late = bool(self._committing) and self._committing[0] < before

    def tighten(self, share: float) -> None:
        """Take no more than this share of what may be under way, none of it for longer."""
        self.limit, self.oldest_ns = int(self._most * share), int(OLDEST_NS * share)

    def journal_age_ns(self, now_ns: int) -> int:
        """How long the oldest group has been with the journal."""
        return now_ns - self._committing[0] if self._committing else 0

    def age_ns(self, now_ns: int) -> int:
        """How long the oldest transaction has been at a scorer or with the journal."""
        oldest_ns = self._router.oldest_ns() or now_ns
        return max(now_ns - oldest_ns, self.journal_age_ns(now_ns))

    def _known_already(self, waiter: Waiter, transaction_id: str) -> bool:
        pending = self._pending.get(transaction_id)
        if pending is not None:
            self._again(transaction_id)
            pending.waiters.append(waiter)
            return True
        if not self._known.maybe(transaction_id):
            return False
        stored = self._journal.find(transaction_id)
        if stored is None:
            return False
        self._again(transaction_id)
        waiter.answer(200, stored_body(transaction_id, stored))
        return True

    def _again(self, transaction_id: str) -> None:
        self.counts.replayed += 1
        self._journal.chronicle.again(transaction_id, time.time_ns() // 1000)

    def story(self, transaction_id: str) -> bytes | None:
        """All that is known of a committed transaction, as JSON."""
        return story_body(self._journal.reader, transaction_id, self._journal.chronicle)

    def pending(self) -> Iterable[Pending]:
        """All transactions between arrival and answer, as of now."""
        return self._pending.values()

    def under_way(self, transaction_id: str) -> bool:
        """Whether it is taken and not answered yet."""
        return transaction_id in self._pending

    def scored(self, work: list[Pending], scored: list[Scored]) -> None:
        """A batch came back from its scorer: write it to the journal."""
        rows: list[Row] = []
        written: list[Pending] = []
        now_ns = time.monotonic_ns()
        to_wall_ns = time.time_ns() - now_ns
        for pending, verdict in zip(work, scored, strict=True):
            if verdict.decision == FAILED:
                self._reject(pending)
                continue
            written.append(pending)
            pending.tail = verdict.tail
            rows.append(_row(pending, verdict, to_wall_ns))
        self._committing.append(now_ns)
        self.committing += len(written)
        self._journal.submit(rows, written)

    def _reject(self, pending: Pending) -> None:
        """Its scoring raised an error: a retry would, too."""
        self.counts.shed += 1
        self.counts.failed += 1
        self.counts.answered += 1
        self.counts.latency_ns += time.monotonic_ns() - pending.received_ns
        del self._pending[pending.admitted.id]
        pending.answer(500, FAULTY)

    def undone(self, work: list[Pending]) -> None:
        """Their scorer is gone: answer at once."""
        self.counts.shed += len(work)
        for pending in work:
            del self._pending[pending.admitted.id]
            pending.answer(503, busy(SCORER_DOWN, 1))

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
                self._committing.popleft()
                self.committing -= len(token)
                self._finish(token, written)

    def _finish(self, work: list[Pending], written: bool) -> None:
        counts = self.counts
        now = time.monotonic_ns()
        for pending in work:
            transaction_id = pending.admitted.id
            del self._pending[transaction_id]
            if not written:
                counts.shed += 1
                counts.failed += 1
                pending.answer(503, busy(NOT_STORED, 1))
                continue
            self._known.add(transaction_id)
            pending.link.committed(pending.job.ticket)
            counts.decided += 1
            took = now - pending.received_ns
            counts.latency_ns += took
            counts.times[(took // 1000).bit_length()] += 1
            pending.answer(200, body(transaction_id, pending.tail))
        counts.answered += len(work)


def _row(pending: Pending, scored: Scored, to_wall_ns: int) -> Row:
    admitted = pending.admitted
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
        pending.link.index,
        (pending.received_ns + to_wall_ns) // 1000,
    )
