"""Who is sent next, and what becomes of it: backlog, attempts and retries of one worker.

An arrival that is due is sent if a connection is free and waits in the backlog if not; waiting
longer than the request timeout it is dropped. An attempt that ends badly is tried again after its
delay, ahead of the backlog, for it is older. While the target cannot be reached at all, every
connection that could not be made is charged to whoever has waited longest: that is the attempt it
stood for. A retry that finds no connection within the request timeout is charged the same way.

Due instants of the backlog are schedule times, so a pause moves them by itself; those of
transactions that wait for a retry are moved by as much of the pause as they waited through.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Iterable

from engine.load.arrival import Arrival
from engine.load.judge import Judge
from engine.load.ledger import Ledger
from engine.load.outcome import Outcome
from engine.load.retry import RetryPolicy
from engine.load.senders.contract import Sender
from engine.measure.clock import RunClock


class Dispatcher:
    """Sends arrivals over one sender and is told how their attempts end."""

    def __init__(
        self, ledger: Ledger, judge: Judge, policy: RetryPolicy, request_timeout_seconds: float
    ) -> None:
        self._ledger, self._judge, self._policy = ledger, judge, policy
        self._timeout_ns = round(request_timeout_seconds * 1e9)
        self._sender: Sender | None = None
        self._clock = RunClock(0)
        self._backlog: deque[Arrival] = deque()
        self._retries: list[tuple[int, int, Arrival]] = []
        self._ready: deque[Arrival] = deque()
        self.in_flight = 0
        self.held = True

    def begin(self, sender: Sender, clock: RunClock) -> None:
        """Send over this sender by this clock from now on."""
        self._sender, self._clock, self.held = sender, clock, False

    @property
    def backlog(self) -> int:
        """Arrivals that are due and were not attempted yet."""
        return len(self._backlog)

    @property
    def next_retry_ns(self) -> int | None:
        """The instant of the next retry."""
        return self._retries[0][0] if self._retries else None

    def due(self, arrivals: Iterable[Arrival]) -> None:
        """These are due, in this order."""
        before = len(self._backlog)
        self._backlog.extend(arrivals)
        self._ledger.totals.due += len(self._backlog) - before

    def pump(self) -> None:
        """Send as long as somebody waits and a connection is free."""
        sender = self._sender
        if sender is None or self.held:
            return
        backlog, ready, totals = self._backlog, self._ready, self._ledger.totals
        while (ready or backlog) and sender.free:
            totals.attempts += 1
            if ready:
                sender.send(ready.popleft())
            else:
                arrival = backlog.popleft()
                sender.send(arrival)
                self._first_attempt(arrival, arrival.written_ns)

    def release(self, now_ns: int) -> None:
        """Retries whose delay is over may be sent."""
        retries = self._retries
        while retries and retries[0][0] <= now_ns and not self.held:
            arrival = heapq.heappop(retries)[2]
            arrival.queued_ns = now_ns
            self._ready.append(arrival)

    def sweep(self, now_ns: int) -> None:
        """Drop who waited too long, and let the sender check its deadlines."""
        oldest_ns = now_ns - self._timeout_ns
        if not self.held:
            oldest_due_ns = self._clock.schedule_ns(oldest_ns)
            while self._backlog and self._backlog[0].due_ns < oldest_due_ns:
                self._backlog.popleft()
                self._ledger.totals.dropped += 1
            while self._ready and self._ready[0].queued_ns < oldest_ns:
                self._charge(self._ready.popleft())
        if self._sender is not None:
            self._sender.sweep(now_ns)

    def resumed(self, began_ns: int, now_ns: int) -> None:
        """A pause ended: move who waited for a retry by as much of it as they waited."""
        self.held = False
        moved = []
        for at_ns, number, arrival in self._retries:
            stood_ns = now_ns - max(began_ns, arrival.queued_ns)
            arrival.due_ns += stood_ns
            moved.append((at_ns + stood_ns, number, arrival))
        heapq.heapify(moved)
        self._retries = moved
        for arrival in self._ready:
            stood_ns = now_ns - max(began_ns, arrival.queued_ns)
            arrival.due_ns += stood_ns
            arrival.queued_ns += stood_ns

    def finish(self) -> None:
        """Nothing comes any more: who is in flight has failed, who waits is dropped."""
        self.held = True
        totals = self._ledger.totals
        totals.failed += self.in_flight
        totals.dropped += len(self._backlog)
        self.in_flight = 0
        self._backlog.clear()
        self._ready.clear()
        self._retries.clear()

    def answered(
        self, arrival: Arrival, status: int, body: bytes, retry_after: float | None, raw: bytes
    ) -> bool:
        """A complete answer; False if its connection is out of step."""
        now = time.monotonic_ns()
        outcome, code = self._judge.judge(arrival, status, body)
        if outcome is Outcome.OK:
            self._ledger.ended(outcome)
            self.in_flight -= 1
            self._ledger.decided(arrival, code, now)
            self._ledger.exchange(arrival.request, raw)
            self._compare(arrival, code)
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
            self._compare(arrival, code)

    def broke(self, arrival: Arrival, outcome: Outcome) -> None:
        """The attempt ended without an answer."""
        self._ended_badly(arrival, outcome, time.monotonic_ns(), None)

    def freed(self) -> None:
        """A connection is free."""
        if self._backlog or self._ready:
            self.pump()

    def connect_failed(self) -> None:
        """No connection could be made: the attempt of whoever has waited longest."""
        if self.held:
            return
        if self._ready:
            self._charge(self._ready.popleft())
        elif self._backlog:
            arrival = self._backlog.popleft()
            self._first_attempt(arrival, time.monotonic_ns())
            self._charge(arrival)

    def _charge(self, arrival: Arrival) -> None:
        self._ledger.totals.attempts += 1
        self.broke(arrival, Outcome.CONNECT)

    def _first_attempt(self, arrival: Arrival, now_ns: int) -> None:
        arrival.due_ns = due_ns = self._clock.instant_ns(arrival.due_ns)
        self._ledger.lateness_ns.append(now_ns - due_ns)
        self._ledger.totals.sent += 1
        self.in_flight += 1

    def _ended_badly(
        self, arrival: Arrival, outcome: Outcome, now_ns: int, retry_after: float | None
    ) -> None:
        self._ledger.ended(outcome)
        arrival.attempts += 1
        delay = self._policy.delay_seconds(outcome, arrival.attempts, arrival.number, retry_after)
        if delay is None:
            self.in_flight -= 1
            self._ledger.totals.failed += 1
            return
        arrival.queued_ns = now_ns
        heapq.heappush(self._retries, (now_ns + round(delay * 1e9), arrival.number, arrival))

    def _compare(self, arrival: Arrival, code: int) -> None:
        if arrival.decision not in {-1, code}:
            self._ledger.totals.answer_mismatches += 1
        arrival.decision = code
