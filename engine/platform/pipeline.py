"""The pipeline of one scorer: jobs in, decisions out; memory changes when rows are committed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from engine.platform.agents.panel import Panel
from engine.platform.agents.risk_assessor import SECOND, RiskAssessor, load_card
from engine.platform.aggregator import decide, policy_of
from engine.platform.answer import SCALE, Answer, tail
from engine.platform.features import Row, features
from engine.platform.memory import MOST_BYTES, Memory
from engine.platform.reasoning import NO_REASON, Case, Opinion, ReasoningEngine
from engine.platform.wire import FAILED, Burdens, Facts, Job, Scored
from engine.platform.works import Part, Work

_encode = msgspec.msgpack.Encoder().encode
_decode_facts = msgspec.msgpack.Decoder(Facts).decode
MOST_UNCOMMITTED = 8_192  # twice what a whole platform has under way
_BAD = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class Pipeline:
    """Features, four agents, aggregator and reasoning over one scorer's customers.

    Raises:
        ConfigurationError: the model's folder is unusable.
    """

    def __init__(self, folder: Path, breakers: bool = True) -> None:
        card = load_card(folder)
        self.policy = policy_of(card)
        self._categories = {name: index for index, name in enumerate(card["categories"])}
        self.panel = Panel(folder, card, breakers)
        self.calls = self.panel.calls
        second = RiskAssessor(folder, card, SECOND)
        self.reasoning = ReasoningEngine(self.panel, second, policy_of(card["second"]))
        self._most_bytes = MOST_BYTES
        self.memory = Memory()
        self.fast_decided = 0
        self.latencies_us: list[int] = []
        self._forgotten = 0
        self._uncommitted: dict[int, Job] = {}

    @property
    def evictions(self) -> int:
        """Customers forgotten because others came, in all memories so far."""
        return self._forgotten + self.memory.evictions

    def reset(self) -> None:
        """Know nobody, and count from nothing."""
        self.memory, self._forgotten = Memory(most_bytes=self._most_bytes), 0
        self.fast_decided = 0
        self._uncommitted.clear()
        self.panel.reset()
        self.reasoning.reset()
        self.latencies_us.clear()

    def row(self, user_id: str, facts: Facts) -> Row:
        """The features of one transaction, as of what is committed."""
        memory = self.memory
        return features(
            memory.customer(user_id),
            memory.category(facts.category),
            self._categories.get(facts.category, -1),
            facts,
        )

    def decide(self, jobs: list[Job], pressed: bool = False) -> list[Scored]:
        """Decide a batch in this thread; one that cannot be computed comes back as `FAILED`, alone.

        Args:
            jobs: The batch.
            pressed: Much is under way, so no time goes into explanations.
        """
        return self.finish(Work(jobs, pressed))

    def finish(self, work: Work) -> list[Scored]:
        """Decide what is left of a batch.

        Raises:
            LeftError: this thread was left in a call; another one finishes the work.
        """
        while work.parts:
            part = work.parts[0]
            try:
                work.done(self._decide(part, work))
            except _BAD as error:
                if len(part.jobs) > 1:
                    work.split()
                else:
                    work.done([_failed(part.jobs[0], error)])
        return work.scored

    def _decide(self, part: Part, work: Work) -> list[Scored]:
        cases = self._cases(part, work.fast)
        reasoning, escalate = self.reasoning, self.policy.escalate
        if part.thought is None:
            part.thought = reasoning.begin(cases, escalate, work.pressed, part.fast)
        opinions: Iterator[Opinion] = iter(())
        if part.thought is not None:
            self.calls.go(part.thought.round)
            opinions = reasoning.end(part.thought, part.fast)
        now = time.monotonic_ns()
        self._remember(part.jobs)
        if part.fast:
            self.fast_decided += len(part.jobs)
        return [
            self._scored(
                case,
                None if case.outcome.risk < escalate else next(opinions),
                part,
                (now - job.received_ns) // 1000,
            )
            for job, case in zip(part.jobs, cases, strict=True)
        ]

    def _cases(self, part: Part, fast: bool) -> list[Case]:
        """Each job's scores and decision."""
        if part.cases is not None:
            return part.cases
        if part.round is None:
            part.rows = [self.row(job.user_id, job.facts) for job in part.jobs]
            part.fast = fast and self.panel.can_be_fast()
            part.round = self.panel.round(part.rows, part.facts, part.fast)
        self.calls.go(part.round)
        answers, part.times = self.panel.answers(part.round, part.rows, part.facts, part.fast)
        missing = [None] * len(part.jobs)
        columns = [missing if answer is None else answer for answer in answers]
        part.cases = [
            Case(row, facts, scores, decide(self.policy, scores))
            for row, facts, scores in zip(
                part.rows, part.facts, zip(*columns, strict=True), strict=True
            )
        ]
        return part.cases

    def _scored(self, case: Case, opinion: Opinion | None, part: Part, took_us: int) -> Scored:
        outcome, second, reasons = opinion or (case.outcome, None, NO_REASON)
        answer = Answer(
            outcome.decision,
            int(outcome.confidence * SCALE),
            int(outcome.risk * SCALE),
            reasons,
            tuple([-1 if score is None else int(score * SCALE) for score in case.scores]),
            part.times,
            took_us,
            part.fast,
            -1 if second is None else int(second * SCALE),
        )
        self.latencies_us.append(took_us)
        return Scored(answer.decision, answer.risk, _encode(answer), tail(answer))

    def _remember(self, jobs: list[Job]) -> None:
        """Until they are committed; those whose row was never written are forgotten in time."""
        uncommitted = self._uncommitted
        for job in jobs:
            uncommitted[job.ticket] = job
        while len(uncommitted) > MOST_UNCOMMITTED:
            del uncommitted[next(iter(uncommitted))]

    def burden(self, burdens: Burdens) -> None:
        """Injected faults from now on, in place of those before; called in any thread."""
        self.panel.burden(burdens.delays)
        self.reasoning.burden(burdens.limit)

    def leave_room(self, most_bytes: int) -> None:
        """Remember no more than this from now on; called in any thread."""
        self._most_bytes = most_bytes
        self.memory.most_bytes = most_bytes

    def commit(self, tickets: list[int]) -> None:
        """These transactions are in the journal: learn from them."""
        for ticket in tickets:
            job = self._uncommitted.pop(ticket, None)
            if job is not None:
                self.memory.learn(job.user_id, job.facts)

    def rebuild(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Forget everything and learn anew from (user_id, facts) in commit order."""
        self._forgotten += self.memory.evictions
        self.memory = Memory(most_bytes=self._most_bytes)
        self.memory.most_bytes = self._most_bytes  # whoever changed it meanwhile saw the old memory
        self._uncommitted.clear()
        self.learn(rows)

    def learn(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Learn these (user_id, facts), in commit order, beside all that is known."""
        bad = 0
        for user_id, facts in rows:
            try:
                self.memory.learn(user_id, _decode_facts(facts))
            except _BAD:
                bad += 1
        if bad:
            print(f"scorer: {bad} rows of the journal not learned", file=sys.stderr)  # noqa: T201 - the one place where a child says why


def _failed(job: Job, error: Exception) -> Scored:
    cause = f"{type(error).__name__}: {error}"
    print(f"scorer: a transaction of {job.user_id!r} failed: {cause}", file=sys.stderr)  # noqa: T201 - the one place where a child says why
    return Scored(FAILED, 0, b"", b"")
