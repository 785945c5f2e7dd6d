"""Redrive: dead letters sent again with the same id, when the target answers again.

When. By itself while the breaker is closed and ≤ 2 % of the attempts of the latest second failed,
which is what the scorecard calls recovered; by hand at once, unless the breaker is open. A letter
redriven in vain goes back to the head of the queue, and all wait for a backoff with full jitter;
after `REDRIVES` in vain it is parked. In the drain, where nothing is offered that could be
disturbed, letters go at the plan's highest rate, and are the probes of a breaker that is half open,
until none is left, the time is up or `DRAIN_ROUNDS` rounds were in vain.

How fast. So that a redrive does not disturb what is measured: at most a tenth of the first attempts
made meanwhile, and 10 a second, over connections of its own. Its answers are in no latency, no rate
and no error rate; and in no measure of quality either: by the time of a late decision the payment
was let through or held by somebody else's rule, so it neither blocked a fraud nor missed one.

Order. Letters go in the order they failed in, and of one customer one at a time, so his letters
keep that order among themselves. That they come after later transactions of his that did not fail
cannot be mended: the platform sees them late, which their own timestamps say.

What is acknowledged by a redrive is acknowledged like any decision: it must be in the journal once.
An answer other than the first one heard for the transaction counts as a mismatch, also one that
comes late, unless the letter was in the file meanwhile, where what is heard late cannot find it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.load.arrival import Arrival
from engine.load.breaker import BreakerState
from engine.load.dead_letters import DeadLetters, customer_of
from engine.load.guard import Guard
from engine.load.judge import Judge
from engine.load.ledger import Ledger
from engine.load.outcome import RETRYABLE, Outcome
from engine.load.retry import RetryPolicy
from engine.load.senders.contract import Receiver, Sender
from engine.load.shelf import Letter
from engine.model.dead_letter import DeadLetter

HEALTHY_SHARE = 0.02
RATIO = 0.1
PER_SECOND = 10.0
REDRIVES, DRAIN_ROUNDS = 4, 3
CONNECTIONS = 16
BACKOFF = RetryPolicy(attempts=16, base_seconds=0.5, cap_seconds=2.0)


@dataclass(frozen=True)
class Means:
    """What a redriver works with; `connect` makes a sender of its own when one is needed."""

    ledger: Ledger
    judge: Judge
    guard: Guard
    letters: DeadLetters
    connect: Callable[[Receiver], Sender]


class Redriver:
    """Redrives the dead letters of one worker; is told how its attempts end.

    Args:
        means: What it works with.
        highest_tps: This worker's part of the plan's highest rate.
        enabled: If not, dead letters are kept and never sent again.

    Attributes:
        held: Whether it must send nothing: before the start, in a pause and after the end.
    """

    def __init__(self, means: Means, highest_tps: float, *, enabled: bool = True) -> None:
        self._by, self._letters = means, means.letters
        self._highest_tps, self._enabled = highest_tps, enabled
        self._sender: Sender | None = None
        self._under_way: dict[int, tuple[Letter, str]] = {}
        self.held = True
        self._ordered = self._draining = False
        self._in_vain = 0
        self._wait_until_ns = self._looked_ns = self._sent = 0
        self._tokens = 0.0

    @property
    def dead_letters(self) -> int:
        """Dead letters now, parked or not, those under way included."""
        return self._letters.kept + len(self._under_way)

    @property
    def breaker(self) -> int:
        """The breaker's state, as a number."""
        return int(self._by.guard.breaker.state)

    def news(self) -> tuple[DeadLetter, ...]:
        """The newest dead letters since this was asked last."""
        return self._letters.news()

    @property
    def busy(self) -> bool:
        """Whether the drain should go on for it."""
        if not self._enabled:
            return False
        hopeful = self._in_vain < DRAIN_ROUNDS
        return bool(self._under_way) or (hopeful and self._letters.waiting > 0)

    def order(self) -> None:
        """Somebody asks for a redrive by hand: of those parked too, and at once."""
        self._letters.unpark()
        self._ordered = True
        self._in_vain = self._wait_until_ns = 0

    def drain(self) -> None:
        """Nothing is offered any more."""
        self._draining = True
        self._in_vain = self._wait_until_ns = 0

    def look(self, now_ns: int) -> None:
        """Redrive what may be; to be called some twenty times a second."""
        self._pay_in(now_ns)
        if self._sender is None:
            if not self._letters.waiting or self.held or not self._enabled:
                return
            self._sender = self._by.connect(self)
        self._sender.sweep(now_ns)
        self._pump(now_ns)

    def close(self) -> None:
        """Send nothing more; what is under way stays a dead letter."""
        self.held = True
        if self._sender is not None:
            self._sender.close()
        for letter, _ in self._under_way.values():
            self._letters.put_back(letter)
        self._under_way.clear()
        self._letters.close()

    def answered(
        self, arrival: Arrival, status: int, body: bytes, retry_after: float | None, _raw: bytes
    ) -> bool:
        """A complete answer; False if its connection is out of step."""
        outcome, code = self._by.judge.judge(arrival, status, body)
        if outcome is not Outcome.OK and outcome is not Outcome.REJECTED:
            self._failed_again(arrival, outcome, retry_after)
            return outcome is not Outcome.INVALID_DECISION
        letter, _ = self._under_way.pop(arrival.number)
        self._in_vain = 0
        self._letters.redriven(letter)
        if outcome is Outcome.OK:
            self._by.ledger.redriven(arrival, code)
        return True

    def answered_again(self, arrival: Arrival, status: int, body: bytes) -> None:
        """A further answer: it must not decide otherwise."""
        if status == 200 and (code := self._by.judge.decision(arrival, body)) >= 0:
            self._by.ledger.heard(arrival, code)

    def broke(self, arrival: Arrival, outcome: Outcome) -> None:
        """The attempt ended without an answer."""
        self._failed_again(arrival, outcome, None)

    def freed(self, _place: int) -> None:
        """A connection is free."""
        self._pump(time.monotonic_ns())

    def connect_failed(self, _began_ns: int, _user: int | None) -> None:
        """No connection at all: the attempt of the letter whose turn it is."""
        now = time.monotonic_ns()
        if not self._under_way and (letter := self._begun(now)) is not None:
            letter.arrival.written_ns = now
            self._failed_again(letter.arrival, Outcome.CONNECT, None)

    def _pay_in(self, now_ns: int) -> None:
        seconds = (now_ns - self._looked_ns) / 1e9 if self._looked_ns else 0.0
        sent = self._by.ledger.totals.sent
        paid = RATIO * (sent - self._sent) + PER_SECOND * seconds
        if self._draining:
            paid = max(paid, self._highest_tps * seconds)
        self._looked_ns, self._sent = now_ns, sent
        self._tokens = min(self._tokens, 1.0) + paid

    def _pump(self, now_ns: int) -> None:
        sender = self._sender
        while sender is not None and sender.free and (letter := self._begun(now_ns)) is not None:
            sender.send(letter.arrival)

    def _begun(self, now_ns: int) -> Letter | None:
        """The letter whose turn it is, taken out as one under way; None if it must wait."""
        if self._tokens < 1 or not self._may(now_ns):
            return None
        letter = self._letters.first()
        if letter is None:
            self._ordered = False
            return None
        customer = customer_of(letter.arrival.request)
        same = customer and any(other == customer for _, other in self._under_way.values())
        if same or not self._by.guard.breaker.allows():
            return None
        self._letters.take()
        self._tokens -= 1
        self._under_way[letter.arrival.number] = (letter, customer)
        return letter

    def _may(self, now_ns: int) -> bool:
        if self.held or not self._enabled or now_ns < self._wait_until_ns:
            return False
        if self._draining and self._in_vain >= DRAIN_ROUNDS:
            return False
        state = self._by.guard.breaker.state
        if state is not BreakerState.CLOSED:
            return state is BreakerState.HALF_OPEN and (self._draining or self._ordered)
        return self._ordered or self._by.guard.health.since().failed_share <= HEALTHY_SHARE

    def _failed_again(self, arrival: Arrival, outcome: Outcome, retry_after: float | None) -> None:
        """A redrive in vain; those that fail while it is waited already are of the same round."""
        now = time.monotonic_ns()
        letter, _ = self._under_way.pop(arrival.number)
        letter.redrives += 1
        letter.outcome = outcome.value
        self._by.ledger.totals.redrive_failed += 1
        self._by.guard.ended(outcome, arrival.written_ns)
        if outcome in RETRYABLE and letter.redrives < REDRIVES:
            self._letters.put_back(letter)
        else:
            self._letters.park(letter)
        if now >= self._wait_until_ns:
            self._in_vain += 1
            made = min(self._in_vain, BACKOFF.attempts - 1)
            delay = BACKOFF.delay_seconds(outcome, made, arrival.number, retry_after)
            self._wait_until_ns = now + round((delay or 0.0) * 1e9)
