"""A dispatcher with all it needs, over a sender whose every answer the test decides."""

import time

from engine.load.arrival import Arrival
from engine.load.dead_letters import DeadLetters
from engine.load.dispatcher import Dispatcher
from engine.load.guard import Guard
from engine.load.judge import Judge
from engine.load.ledger import Gauges, Ledger
from engine.load.outcome import Outcome
from engine.load.redrive import Means, Redriver
from engine.load.remedies import Remedies
from engine.load.retry import RetryPolicy
from engine.measure.clock import RunClock
from tests.servers import decision

PREFIX = "0a1b2c3d-"
KINDS = ("legitimate", "card_testing")
SECOND = 1_000_000_000


class FakeSender:
    """Keeps what it was asked to send until the test says what became of it."""

    def __init__(self, connections, by_user=False):
        self.free = list(range(connections))
        self.by_user = by_user
        self.under_way = []
        self.swept = 0

    def send(self, arrival):
        if self.by_user:
            self.free.remove(arrival.user)
        else:
            self.free.pop()
        arrival.written_ns = time.monotonic_ns()
        self.under_way.append(arrival)

    def take(self, at=0):
        arrival = self.under_way.pop(at)
        self.free.append(arrival.user)
        return arrival

    def hide(self, data):
        return data.replace(b"secret", b"(hidden)")

    def sweep(self, now_ns):
        self.swept += 1

    def close(self):
        self.under_way.clear()


class Unguarded(Guard):
    """Lets every retry pass."""

    def __init__(self):
        super().__init__(breaker=False)

    def refusal(self):
        return None


class Desk:
    """A dispatcher that has begun, with all it needs; its retries have no budget if not told."""

    def __init__(self, connections=1, timeout=5.0, attempts=3, by_user=False, guard=None):
        self.ledger = Ledger(0, KINDS)
        policy = RetryPolicy(attempts=attempts, base_seconds=0.05, cap_seconds=1.0)
        self.guard = guard or Unguarded()
        self.letters = DeadLetters(self.ledger.totals, PREFIX)
        remedies = Remedies(policy, self.guard, self.letters)
        judge = Judge(PREFIX)
        self.dispatcher = Dispatcher(self.ledger, judge, remedies, timeout)
        self.redrives = FakeSender(2)
        means = Means(self.ledger, judge, self.guard, self.letters, lambda _: self.redrives)
        self.redriver = Redriver(means, highest_tps=100)
        self.redriver.held = False
        self.sender = FakeSender(connections, by_user)
        self.clock = RunClock(time.monotonic_ns())
        self.dispatcher.begin(self.sender, self.clock)
        self.made = 0

    def due(self, count=1, due_ns=0, kind=0, rejects=False, user=0):
        arrivals = [
            Arrival(self.made + k, self.made + k, b"request", kind, rejects, 10.0, user, due_ns)
            for k in range(count)
        ]
        self.made += count
        self.dispatcher.due(arrivals)
        self.dispatcher.pump()
        return arrivals

    def answer(self, name="APPROVE", at=0, status=200):
        arrival = self.sender.take(at)
        body = decision(f"{PREFIX}{arrival.number:012d}", name)
        trusted = self.dispatcher.answered(arrival, status, body, None, b"raw")
        self.dispatcher.freed(arrival.user)
        return trusted

    def broke(self, outcome=Outcome.RESET, at=0):
        arrival = self.sender.take(at)
        self.dispatcher.broke(arrival, outcome)
        self.dispatcher.freed(arrival.user)

    def look(self, seconds_on=0.0):
        """As the conductor does twenty times a second."""
        now = time.monotonic_ns() + round(seconds_on * SECOND)
        self.dispatcher.sweep(now)
        self.redriver.look(now)

    def redrive_answer(self, name="APPROVE", status=200):
        arrival = self.redrives.take()
        body = decision(f"{PREFIX}{arrival.number:012d}", name)
        self.redriver.answered(arrival, status, body, None, b"raw")

    def redrive_broke(self, outcome=Outcome.RESET):
        self.redriver.broke(self.redrives.take(), outcome)

    def connect_failed(self, began_ago=0.0, user=None):
        self.dispatcher.connect_failed(time.monotonic_ns() - round(began_ago * SECOND), user)

    def wake(self, seconds):
        now = time.monotonic_ns() + round(seconds * SECOND)
        self.dispatcher.release(now)
        self.dispatcher.pump()

    def report(self, final=False):
        gauges = Gauges(0, 0.0, self.dispatcher.backlog, self.dispatcher.in_flight, 0.0, 1, final)
        return self.ledger.report(gauges)

    def assert_conserved(self):
        totals, dispatcher = self.ledger.totals, self.dispatcher
        assert totals.due == totals.sent + totals.dropped + dispatcher.backlog
        ended = totals.decided + totals.rejected + totals.failed
        assert totals.sent == ended + dispatcher.in_flight
        assert totals.failed == totals.dead_lettered
        kept = totals.dead_lettered - totals.redriven - totals.stranded
        assert kept == self.redriver.dead_letters >= 0
        assert min(totals.due, totals.dropped, ended, dispatcher.in_flight) >= 0
