"""Who is sent next, and what becomes of it: backlog, attempts and retries of one worker.

An arrival that is due is sent if a connection is free for it and waits if not (`backlog`);
waiting longer than the request timeout it is dropped. An attempt that ends badly is tried again
after its delay, ahead of the others, for it is older, if the guard lets it (`engine.load.guard`);
one that may not be, or not any more, has failed and is a dead letter.

While no connection is open, one that could not be made is the attempt of all who were waiting when
it was begun: each of them would have gone over it, and is charged one attempt that ended with
`connect`. So a target that is gone fails whatever is offered within a few of the sender's backoffs,
at the cost of the few connects that these allow. Many are charged over several turns of the loop:
its lag is the machine's, never the target's doing. A retry that finds no connection within the
request timeout is charged the same way.

Due instants of the backlog are schedule times, so a pause moves them by itself; those of
transactions that wait for a retry are moved by as much of the pause as they waited through.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Iterator
from itertools import islice

from engine.load.arrival import Arrival
from engine.load.backlog import Lanes, Queue, SharedQueue
from engine.load.judge import Judge
from engine.load.ledger import Ledger
from engine.load.outcome import RETRYABLE, Outcome
from engine.load.remedies import Remedies
from engine.load.senders.contract import Sender
from engine.measure.clock import RunClock
from engine.model.dead_letter import Why

MOST_CHARGES = 500  # a turn, of some 4 µs each
OK = Outcome.OK  # a look-up in an enum costs more than all else that is done with it


class Dispatcher:
    """Sends arrivals over one sender and is told how their attempts end."""

    def __init__(
        self, ledger: Ledger, judge: Judge, remedies: Remedies, request_timeout_seconds: float
    ) -> None:
        self._ledger, self._judge = ledger, judge
        self._policy, self._guard, self._letters = remedies
        self._timeout_ns = round(request_timeout_seconds * 1e9)
        self._sender: Sender | None = None
        self._clock = RunClock(0)
        self._queue: Queue = SharedQueue()
        self._retries: list[tuple[int, int, Arrival, Outcome]] = []
        self._unreached_ns: int | None = None
        self.in_flight = 0
        self.held = True

    def begin(self, sender: Sender, clock: RunClock) -> None:
        """Send over this sender by this clock from now on."""
        self._sender, self._clock, self.held = sender, clock, False
        self._queue = Lanes() if sender.by_user else SharedQueue()
        self._ledger.hide = sender.hide

    @property
    def backlog(self) -> int:
        """Arrivals that are due and were not attempted yet."""
        return sum(len(line.first) for line in self._queue.lines())

    @property
    def next_retry_ns(self) -> int | None:
        """The instant of the next retry."""
        return self._retries[0][0] if self._retries else None

    def due(self, arrivals: Iterable[Arrival]) -> None:
        """These are due, in this order."""
        self._ledger.totals.due += self._queue.add(arrivals)

    def pump(self) -> None:
        """Send all who wait and for whom a connection is free."""
        if self._sender is not None and not self.held:
            first: list[Arrival] = []
            self._ledger.totals.attempts += self._queue.pump(self._sender, first.append)
            self._first_attempts(first)

    def release(self, now_ns: int) -> None:
        """Retries whose delay is over may be sent; who is still to be charged is charged."""
        began_ns = self._unreached_ns
        if began_ns is not None and not self.held and not self._charge_waiting(began_ns, None):
            self._unreached_ns = None
        retries = self._retries
        while retries and retries[0][0] <= now_ns and not self.held:
            _, _, arrival, outcome = heapq.heappop(retries)
            if self._guard.breaker.allows():
                arrival.queued_ns = now_ns
                self._queue.add_again(arrival)
            else:
                self._refused(arrival, outcome, Why.BREAKER, now_ns)

    def sweep(self, now_ns: int) -> None:
        """Drop who waited too long, and let the sender check its deadlines."""
        if not self.held:
            oldest_ns = now_ns - self._timeout_ns
            oldest_due_ns = self._clock.schedule_ns(oldest_ns)
            for line in self._queue.lines():
                self._ledger.totals.dropped += sum(1 for _ in line.overdue(oldest_due_ns))
                for arrival in line.stale(oldest_ns):
                    self._charge(arrival)
        if self._sender is not None:
            self._sender.sweep(now_ns)
        if not self.held:
            self._guard.look(now_ns, self._ledger.totals)

    def resumed(self, began_ns: int, now_ns: int) -> None:
        """A pause ended: move who waited for a retry by as much of it as they waited."""
        self.held, self._unreached_ns = False, None
        self._guard.resumed(now_ns - began_ns)
        moved = []
        for at_ns, number, arrival, outcome in self._retries:
            stood_ns = now_ns - max(began_ns, arrival.queued_ns)
            arrival.due_ns += stood_ns
            moved.append((at_ns + stood_ns, number, arrival, outcome))
        heapq.heapify(moved)
        self._retries = moved
        for line in self._queue.lines():
            for arrival in line.again:
                stood_ns = now_ns - max(began_ns, arrival.queued_ns)
                arrival.due_ns += stood_ns
                arrival.queued_ns += stood_ns

    def finish(self) -> None:
        """Nothing comes any more: who is in flight has failed, who waits is dropped."""
        self.held = True
        totals = self._ledger.totals
        totals.failed += self.in_flight
        self._letters.strand(self.in_flight)
        totals.dropped += self.backlog
        self.in_flight = 0
        self._queue = SharedQueue()
        self._retries.clear()

    def answered(
        self, arrival: Arrival, status: int, body: bytes, retry_after: float | None, raw: bytes
    ) -> bool:
        """A complete answer; False if its connection is out of step."""
        now = time.monotonic_ns()
        outcome, code = self._judge.judge(arrival, status, body)
        if outcome is OK:
            self.in_flight -= 1
            self._ledger.decided(arrival, code, now, raw)
            if arrival.decision < 0:  # nearly always: no call for what is that short
                arrival.decision = code
            elif arrival.decision != code:
                self._ledger.heard(arrival, code)
            return True
        if outcome is Outcome.REJECTED:
            self._ledger.ended(outcome)
            self.in_flight -= 1
            self._ledger.totals.rejected += 1
            return True
        self._ended_badly(arrival, outcome, now, retry_after)
        return outcome is not Outcome.INVALID_DECISION

    def answered_again(self, arrival: Arrival, status: int, body: bytes) -> None:
        """A further answer: it must not decide otherwise."""
        if status == 200 and (code := self._judge.decision(arrival, body)) >= 0:
            self._ledger.heard(arrival, code)

    def broke(self, arrival: Arrival, outcome: Outcome) -> None:
        """The attempt ended without an answer."""
        self._ended_badly(arrival, outcome, time.monotonic_ns(), None)

    def freed(self, place: int) -> None:
        """A connection is free."""
        self._unreached_ns = None
        if self._queue.freed(place):
            self.pump()

    def connect_failed(self, began_ns: int, user: int | None) -> None:
        """No connection: the attempt of all who were waiting when it was begun."""
        if user is None and self._unreached_ns is not None:
            self._unreached_ns = max(began_ns, self._unreached_ns)
        elif not self.held and self._charge_waiting(began_ns, user) and user is None:
            self._unreached_ns = began_ns

    def _charge_waiting(self, began_ns: int, user: int | None) -> bool:
        """Charge those who have waited since then; whether more are left than a turn can bear."""
        charged = 0
        for arrival in islice(self._waiting_since(began_ns, user), MOST_CHARGES):
            charged += 1
            if not arrival.attempts:
                arrival.written_ns = time.monotonic_ns()
                self._first_attempts([arrival])
            self._charge(arrival)
        return charged == MOST_CHARGES

    def _waiting_since(self, began_ns: int, user: int | None) -> Iterator[Arrival]:
        began_due_ns = self._clock.schedule_ns(began_ns)
        for line in self._queue.lines(user):
            yield from line.stale(began_ns)
            yield from line.overdue(began_due_ns)

    def _charge(self, arrival: Arrival) -> None:
        self._ledger.totals.attempts += 1
        self.broke(arrival, Outcome.CONNECT)

    def _first_attempts(self, arrivals: list[Arrival]) -> None:
        """These were sent for the first time: from now on they are due at an instant."""
        offset_ns, waited = self._clock.instant_ns(0), self._ledger.queue_ns.append
        for arrival in arrivals:
            arrival.due_ns = due_ns = offset_ns + arrival.due_ns
            waited(arrival.written_ns - due_ns)
        self._ledger.totals.sent += len(arrivals)
        self.in_flight += len(arrivals)

    def _ended_badly(
        self, arrival: Arrival, outcome: Outcome, now_ns: int, retry_after: float | None
    ) -> None:
        self._ledger.ended(outcome)
        self._guard.ended(outcome, arrival.written_ns)
        arrival.attempts += 1
        delay = self._policy.delay_seconds(outcome, arrival.attempts, arrival.number, retry_after)
        if delay is None:
            why = Why.RETRIES if outcome in RETRYABLE else Why.REFUSED
            self._failed(arrival, outcome, why, now_ns)
        elif (refusal := self._guard.refusal()) is not None:
            self._refused(arrival, outcome, refusal, now_ns)
        else:
            arrival.queued_ns = now_ns
            retry = (now_ns + round(delay * 1e9), arrival.number, arrival, outcome)
            heapq.heappush(self._retries, retry)

    def _refused(self, arrival: Arrival, outcome: Outcome, why: Why, now_ns: int) -> None:
        self._ledger.totals.retries_refused += 1
        self._failed(arrival, outcome, why, now_ns)

    def _failed(self, arrival: Arrival, outcome: Outcome, why: Why, now_ns: int) -> None:
        self.in_flight -= 1
        self._ledger.totals.failed += 1
        self._letters.add(arrival, outcome, why, now_ns)
