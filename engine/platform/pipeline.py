"""The pipeline of one scorer: jobs in, decisions out; memory changes when rows are committed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from engine.platform.agents.panel import Panel
from engine.platform.agents.risk_assessor import load_card
from engine.platform.aggregator import Outcome, decide, policy_of
from engine.platform.answer import SCALE, Answer, tail
from engine.platform.features import Row, features
from engine.platform.memory import Memory
from engine.platform.reasoning import explain
from engine.platform.wire import FAILED, Facts, Job, Scored

_encode = msgspec.msgpack.Encoder().encode
_decode_facts = msgspec.msgpack.Decoder(Facts).decode
_BAD = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class Pipeline:
    """Features, four agents, aggregator and reasoning over one scorer's customers.

    Raises:
        ConfigurationError: the model's folder is unusable.
    """

    def __init__(self, folder: Path) -> None:
        card = load_card(folder)
        self._policy = policy_of(card)
        self._categories = {name: index for index, name in enumerate(card["categories"])}
        self.panel = Panel(folder, card)
        self.memory = Memory()
        self._uncommitted: dict[int, Job] = {}

    def row(self, user_id: str, facts: Facts) -> Row:
        """The features of one transaction, as of what is committed."""
        memory = self.memory
        return features(
            memory.customer(user_id),
            memory.category(facts.category),
            self._categories.get(facts.category, -1),
            facts,
        )

    def decide(self, jobs: list[Job]) -> list[Scored]:
        """Decide a batch; one that cannot be computed comes back as `FAILED`, alone."""
        try:
            return self._decide(jobs)
        except _BAD:
            return [self._decide_alone(job) for job in jobs]

    def _decide_alone(self, job: Job) -> Scored:
        try:
            return self._decide([job])[0]
        except _BAD as error:
            cause = f"{type(error).__name__}: {error}"
            print(f"scorer: a transaction of {job.user_id!r} failed: {cause}", file=sys.stderr)  # noqa: T201 - the one place where a child says why
            return Scored(FAILED, 0, b"", b"")

    def _decide(self, jobs: list[Job]) -> list[Scored]:
        facts = [job.facts for job in jobs]
        rows = [self.row(job.user_id, job.facts) for job in jobs]
        answers, times = self.panel.ask(rows, facts)
        missing = [None] * len(jobs)
        columns = [missing if answer is None else answer for answer in answers]
        decided = []
        for job, row, scores in zip(jobs, rows, zip(*columns, strict=True), strict=True):
            outcome = decide(self._policy, scores)
            decided.append(self._scored(job, row, scores, times, outcome))
            self._uncommitted[job.ticket] = job
        return decided

    def _scored(
        self,
        job: Job,
        row: Row,
        scores: tuple[float | None, ...],
        times: tuple[int, ...],
        outcome: Outcome,
    ) -> Scored:
        answer = Answer(
            outcome.decision,
            int(outcome.confidence * SCALE),
            int(outcome.risk * SCALE),
            explain(self.panel, self._policy, row, job.facts, outcome),
            tuple([-1 if score is None else int(score * SCALE) for score in scores]),
            times,
            (time.monotonic_ns() - job.received_ns) // 1000,
        )
        return Scored(answer.decision, answer.risk, _encode(answer), tail(answer))

    def commit(self, tickets: list[int]) -> None:
        """These transactions are in the journal: learn from them."""
        for ticket in tickets:
            job = self._uncommitted.pop(ticket, None)
            if job is not None:
                self.memory.learn(job.user_id, job.facts)

    def rebuild(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Forget everything and learn anew from (user_id, facts) in commit order."""
        self.memory = Memory()
        self._uncommitted.clear()
        bad = 0
        for user_id, facts in rows:
            try:
                self.memory.learn(user_id, _decode_facts(facts))
            except _BAD:
                bad += 1
        if bad:
            print(f"scorer: {bad} rows of the journal not learned", file=sys.stderr)  # noqa: T201 - the one place where a child says why
