"""ReasoningEngine: the second stage, for the few transactions that look suspicious at first.

A larger model gives its opinion in place of the RiskAssessor's, and the vote is taken again. Where
the decision is not to approve, each agent that answered is asked what raised its score; the causes
are weighed with the agents' shares of the vote, and the largest are stated, beside the second
opinion's score: so a reason is a cause that was there, with its measured values. On AWS this tier
is a language model; on every transaction that would cost more than the fraud.

Decisions come before explanations. When the edge says that much is under way, or when a batch's
explanations take longer than `BATCH_SECONDS`, a decision goes out without its causes and says so.
On the fast path, or beyond an injected limit on this tier's rate, there is no second opinion
either: the first decision stands. Thinking that hangs is left at the agents' deadline, like an
agent that does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from engine.platform import reasons
from engine.platform.agents.panel import Panel
from engine.platform.agents.runner import Round
from engine.platform.agents.seat import Agent
from engine.platform.aggregator import APPROVE, LEARNED, Outcome, Policy, decide
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


Revised = tuple[Outcome, float | None]


class Opinion(NamedTuple):
    """What became of an escalated transaction; `second` is None where the first decision stood."""

    outcome: Outcome
    second: float | None
    reasons: Reasons


class Thought(NamedTuple):
    """A batch's escalated cases: the first `allowed` in the calls of `round`.

    The calls fill `revised` with outcomes and second opinions, and `told` with reasons.
    """

    cases: list[Case]
    allowed: int
    revised: list[Revised]
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
    """Thinks twice about what was escalated, and explains decisions while there is time for it.

    Args:
        panel: The agents.
        second: The model whose opinion replaces the RiskAssessor's.
        policy: How the vote is taken with it.

    Attributes:
        asked, explained, shed, refused: Transactions; each asked for is one of the others.
            Explained are those that got all they needed: a second opinion, and causes where the
            decision then is not to approve. Refused are those beyond an injected limit.
        busy_ns: What thinking took.
        latencies_us: Of a batch's opinions and of each explanation since somebody took them away.
    """

    def __init__(self, panel: Panel, second: Agent, policy: Policy) -> None:
        self._panel = panel
        self._second = second
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

    def begin(
        self, cases: list[Case], escalate: float, pressed: bool, fast: bool
    ) -> Thought | None:
        """What of a batch is thought about, if anything; its round is to be made then.

        Args:
            cases: The batch.
            escalate: The risk from which a case is escalated.
            pressed: No time for explanations.
            fast: No time for a second opinion either.
        """
        wanted = [case for case in cases if case.outcome.risk >= escalate]
        if not wanted:
            return None
        self.asked += len(wanted)
        allowed = 0
        if fast:
            self.shed += len(wanted)
        else:
            allowed = self._allowed(len(wanted))
            self.refused += len(wanted) - allowed
        revised: list[Revised] = []
        told: list[Reasons] = []
        seats = [self] if allowed and not self.stuck else []
        given = (wanted[:allowed], pressed, revised, told)
        return Thought(wanted, allowed, revised, told, Round(seats, given))

    def end(self, thought: Thought, fast: bool) -> Iterator[Opinion]:
        """What became of each case, in their order; called once, after the round."""
        revised = thought.revised[:]  # whatever a call that was left still adds
        told = thought.told[: len(revised)]
        found = []
        for place, case in enumerate(thought.cases):
            outcome, second = revised[place] if place < len(revised) else (case.outcome, None)
            if place < len(told):
                why = told[place]
            elif outcome.decision == APPROVE:
                why = NO_REASON
            else:
                shed = fast or place < thought.allowed
                why = _without(reasons.SHED if shed else reasons.REFUSED, outcome)
            found.append(Opinion(outcome, second, why))
        rest = revised[len(told) :]
        served = len(told) + sum(outcome.decision == APPROVE for outcome, _ in rest)
        self.explained += served
        self.shed += thought.allowed - served
        return iter(found)

    def _allowed(self, wanted: int) -> int:
        bucket = self.bucket
        return wanted if bucket is None else bucket.take(wanted, time.monotonic_ns())

    def call(
        self, cases: list[Case], pressed: bool, revised: list[Revised], told: list[Reasons]
    ) -> None:
        """Revise all, then explain one after the other while there is time; in any thread."""
        began = time.monotonic_ns()
        stop = began + int(BATCH_SECONDS * 1e9)
        revised += self._revised(cases)
        began = self._passed(began)
        if pressed:
            return
        for case, (outcome, second) in zip(cases, revised[:], strict=True):
            approved = outcome.decision == APPROVE
            told.append(NO_REASON if approved else self._explained(case, outcome, second))
            began = self._passed(began)
            if began >= stop:
                return

    def _explained(self, case: Case, outcome: Outcome, second: float | None) -> Reasons:
        stated = explain(self._panel, self._policy, case)
        if second is not None:
            stated += (Reason(reasons.SECOND, (second,)),)
        if outcome.raised_by:
            stated += (Reason(outcome.raised_by),)
        return stated

    def _passed(self, began: int) -> int:
        now = time.monotonic_ns()
        self.busy_ns += now - began
        self.latencies_us.append((now - began) // 1000)
        return now

    def _revised(self, cases: list[Case]) -> list[Revised]:
        """Each vote with the second opinion; as it was where no agent answered at all."""
        second = self._second.score([case.row for case in cases], [case.facts for case in cases])
        return [
            (case.outcome, None)
            if case.outcome.raised_by == reasons.SILENCE
            else (decide(self._policy, with_second(case.scores, score)), score)
            for case, score in zip(cases, second, strict=True)
        ]


def with_second(scores: tuple[float | None, ...], second: float) -> tuple[float | None, ...]:
    """The scores with the second opinion in the RiskAssessor's place."""
    return (*scores[:LEARNED], second, *scores[LEARNED + 1 :])


def _without(code: int, outcome: Outcome) -> Reasons:
    """What is said in place of an explanation, and the rule that raised the decision."""
    raised_by = outcome.raised_by
    return (Reason(code), Reason(raised_by)) if raised_by else (Reason(code),)


def explain(panel: Panel, policy: Policy, case: Case) -> Reasons:
    """The causes of the agents' scores, the heaviest first; of those that took part."""
    found = [
        (share * cause.weight, cause)
        for share, agent, score in zip(policy.weights, panel.agents, case.scores, strict=True)
        if score is not None
        for cause in agent.causes(case.row, case.facts)
    ]
    found.sort(key=lambda pair: -pair[0])
    return tuple([Reason(cause.code, cause.values) for _, cause in found[:MOST]])
