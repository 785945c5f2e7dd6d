"""ReasoningEngine: the second stage, for the few transactions that are not simply approved.

It asks each agent that answered what raised its score, weighs each cause with the agent's share of
the vote, and states the largest ones: so a reason is a cause that was there, with its measured
values. On AWS this tier is a language model; on every transaction that would cost more than the
fraud.

Decisions come before explanations. When the edge says that much is under way, or when an injected
limit on this tier's rate is reached, or when a batch's explanations take longer than
`BATCH_SECONDS`, a decision goes out without its causes and says so. Explaining that hangs is left
at the agents' deadline, like an agent that does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from engine.platform import reasons
from engine.platform.agents.panel import Panel
from engine.platform.agents.runner import Round
from engine.platform.aggregator import APPROVE, Outcome, Policy
from engine.platform.answer import Reason
from engine.platform.features import Row
from engine.platform.wire import Facts, Limit

MOST = 4
BATCH_SECONDS = 0.04
BURST_SECONDS = 0.25  # what a limit lets through at once after a quiet time
NO_REASON = (Reason(reasons.NOTHING),)
Reasons = tuple[Reason, ...]


class Case(NamedTuple):
    """A transaction that was decided; a score is None for an agent that was left out."""

    row: Row
    facts: Facts
    scores: tuple[float | None, ...]
    outcome: Outcome


class Thought(NamedTuple):
    """A batch's cases to be explained: the first `allowed` in the calls of `round`, into `told`."""

    cases: list[Case]
    allowed: int
    told: list[Reasons]
    round: Round


class Bucket:
    """Lets through `limit.per_second`, and what a quarter of a second gathers at once."""

    def __init__(self, limit: Limit, now_ns: int) -> None:
        self.limit = limit
        self._most = limit.per_second * BURST_SECONDS
        if limit.per_second > 0.0:
            self._most = max(self._most, 1.0)
        self._left = self._most
        self._at_ns = now_ns

    def take(self, wanted: int, now_ns: int) -> int:
        """How many of these may pass now; all of them once the limit has ended."""
        if now_ns >= self.limit.until_ns:
            return wanted
        gathered = self.limit.per_second * (now_ns - self._at_ns) / 1e9
        self._left = min(self._most, self._left + gathered)
        self._at_ns = now_ns
        taken = min(wanted, int(self._left))
        self._left -= taken
        return taken


class ReasoningEngine:
    """Explains decisions while there is time for it.

    Attributes:
        asked, explained, shed, refused: Transactions; each asked for is one of the others.
        busy_ns: What explaining took.
        latencies_us: Of the explanations since somebody took them away.
    """

    def __init__(self, panel: Panel, policy: Policy) -> None:
        self._panel = panel
        self._policy = policy
        self.bucket: Bucket | None = None
        self.reset()

    def reset(self) -> None:
        """Count from nothing."""
        self.stuck = False
        self.asked = self.explained = self.shed = self.refused = self.busy_ns = 0
        self.latencies_us: list[int] = []

    def burden(self, limit: Limit | None) -> None:
        """Refuse from now on what is beyond this rate; called in any thread."""
        if limit is None or self.bucket is None or self.bucket.limit != limit:
            self.bucket = None if limit is None else Bucket(limit, time.monotonic_ns())

    def begin(self, cases: list[Case], pressed: bool) -> Thought | None:
        """What is to be explained of a batch, if anything; its round is to be made then."""
        wanted = [case for case in cases if case.outcome.decision != APPROVE]
        if not wanted:
            return None
        self.asked += len(wanted)
        allowed = 0
        if pressed:
            self.shed += len(wanted)
        else:
            allowed = self._allowed(len(wanted))
            self.refused += len(wanted) - allowed
        told: list[Reasons] = []
        seats = [self] if allowed and not self.stuck else []
        return Thought(wanted, allowed, told, Round(seats, (wanted[:allowed], told)))

    def end(self, thought: Thought, pressed: bool) -> Iterator[Reasons]:
        """The causes of each decision, or why there are none; called once, after the round."""
        cases, allowed = thought.cases, thought.allowed
        told = thought.told[:]  # whatever a call that was left still adds
        self.explained += len(told)
        self.shed += allowed - len(told)
        told += [_without(reasons.SHED, case) for case in cases[len(told) : allowed]]
        code = reasons.SHED if pressed else reasons.REFUSED
        return iter(told + [_without(code, case) for case in cases[allowed:]])

    def _allowed(self, wanted: int) -> int:
        bucket = self.bucket
        return wanted if bucket is None else bucket.take(wanted, time.monotonic_ns())

    def call(self, cases: list[Case], told: list[Reasons]) -> None:
        """Explain one after the other into `told`, in whichever thread, while there is time."""
        began = time.monotonic_ns()
        stop = began + int(BATCH_SECONDS * 1e9)
        for case in cases:
            told.append(explain(self._panel, self._policy, case))
            now = time.monotonic_ns()
            self.busy_ns += now - began
            self.latencies_us.append((now - began) // 1000)
            began = now
            if now >= stop:
                return


def _without(code: int, case: Case) -> Reasons:
    """What is said in place of an explanation, and the rule that raised the decision."""
    raised_by = case.outcome.raised_by
    return (Reason(code), Reason(raised_by)) if raised_by else (Reason(code),)


def explain(panel: Panel, policy: Policy, case: Case) -> Reasons:
    """The causes of a decision, the heaviest first; of the agents that took part in it."""
    found = [
        (share * cause.weight, cause)
        for share, agent, score in zip(policy.weights, panel.agents, case.scores, strict=True)
        if score is not None
        for cause in agent.causes(case.row, case.facts)
    ]
    found.sort(key=lambda pair: -pair[0])
    stated = [Reason(cause.code, cause.values) for _, cause in found[:MOST]]
    if case.outcome.raised_by:
        stated.append(Reason(case.outcome.raised_by))
    return tuple(stated)
