"""A seat: one agent of a scorer with its breaker, its injected slowness and what it did so far."""

from __future__ import annotations

import time
from typing import Protocol

from engine.platform.agents.breaker import CLOSED, Breaker
from engine.platform.agents.rules import Cause
from engine.platform.agents.runner import Miss, Round, beside
from engine.platform.agents.slowness import Slowness
from engine.platform.features import Row
from engine.platform.wire import Facts

DEADLINE_SECONDS = 0.08
DEADLINE_NS = int(DEADLINE_SECONDS * 1e9)


class Agent(Protocol):
    """A pure scorer of batches."""

    def score(self, rows: list[Row], facts: list[Facts]) -> list[float]:
        """Score 0..1 of each transaction of a batch."""

    def causes(self, row: Row, facts: Facts) -> list[Cause]:
        """What raised the score of one transaction."""


class Cost:
    """What one agent did so far.

    Attributes:
        scored: Transactions it scored in time.
        batches: Batches it was waited for, `busy_ns` in all.
        timeouts: Of these, those it was given up in.
        errors: Transactions of the batches it failed on.
        fallbacks: Transactions decided without it although it was wanted, for whatever reason.
        bypassed: Transactions that the fast path decided without it.
        delayed: Calls that an injected fault slowed down.
        latencies_us: Of the batches since somebody took them away.
    """

    def __init__(self) -> None:
        self.scored = 0
        self.batches = 0
        self.busy_ns = 0
        self.timeouts = 0
        self.errors = 0
        self.fallbacks = 0
        self.bypassed = 0
        self.delayed = 0
        self.latencies_us: list[int] = []


class Seat:
    """Who is asked, unless its breaker is open or an earlier call of it still hangs.

    One that is not `protected` is asked whatever it did before, so every batch waits for it until
    its deadline, and each call that hangs keeps a thread: what a breaker is there to prevent.
    """

    def __init__(self, agent: Agent, protected: bool = True) -> None:
        self.agent = agent
        self._protected = protected
        self.breaker = Breaker()
        self.cost = Cost()
        self.stuck = False
        self.slowness: Slowness | None = None
        self._trial: Round | None = None

    def call(self, rows: list[Row], facts: list[Facts]) -> list[float]:
        """Ask the agent, in whichever thread; slow where that was ordered."""
        slowness = self.slowness
        if slowness is not None and (seconds := slowness.due()):
            self.cost.delayed += 1
            slowness.sleep(seconds)
        return self.agent.score(rows, facts)

    def free(self) -> bool:
        """Whether it is to be asked over the next batch."""
        return not self._protected or (self.breaker.state == CLOSED and not self.stuck)

    def take(self, answer: list[float] | Miss, took_ns: int, transactions: int) -> None:
        """Note how a batch that it was asked over went."""
        cost = self.cost
        cost.batches += 1
        cost.busy_ns += took_ns
        cost.latencies_us.append(took_ns // 1000)
        if not isinstance(answer, Miss):
            cost.scored += transactions
            self.breaker.answered()
            return
        cost.fallbacks += transactions
        if answer is Miss.LATE:
            cost.timeouts += 1
        else:
            cost.errors += transactions
        if self._protected:
            self.breaker.missed(time.monotonic_ns())

    def skip(self, rows: list[Row], facts: list[Facts]) -> None:
        """It was not asked over this batch: a miss if it hangs; or else time for a trial, maybe.

        A trial is made over this batch beside it, so that no transaction waits for it.
        """
        now = time.monotonic_ns()
        self.cost.fallbacks += len(rows)
        if self.breaker.state == CLOSED:
            self.breaker.missed(now)
        elif self._trial is not None:
            self._look_after(self._trial, now)
        elif not self.stuck and self.breaker.tries(now):
            self._trial = beside(self, (rows, facts))

    def _look_after(self, trial: Round, now: int) -> None:
        trial.late(DEADLINE_NS)
        if trial.at:
            self._trial = None
            in_time = not isinstance(trial.answers[0], Miss) and trial.times_ns[0] <= DEADLINE_NS
            self.breaker.tried(in_time, now)
