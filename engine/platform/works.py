"""A batch under way in the pipeline: what is known of it, so that any thread can go on with it."""

from __future__ import annotations

from engine.platform.agents.runner import Round
from engine.platform.features import Row
from engine.platform.reasoning import Case, Thought
from engine.platform.wire import Facts, Job, Scored


class Part:
    """Jobs that are decided together; what is not known yet is None."""

    def __init__(self, jobs: list[Job]) -> None:
        self.jobs = jobs
        self.facts: list[Facts] = [job.facts for job in jobs]
        self.rows: list[Row] = []
        self.round: Round | None = None
        self.cases: list[Case] | None = None
        self.times: tuple[int, ...] = ()
        self.fast = False  # how its round was made
        self.thought: Thought | None = None


class Work:
    """A batch: the parts that are left of it, and what is decided so far, in its order.

    Attributes:
        pressed: Much is under way, so no time goes into explanations.
        fast: Nor into what the fast path does without.
    """

    def __init__(self, jobs: list[Job], pressed: bool = False, fast: bool = False) -> None:
        self.pressed = pressed
        self.fast = fast
        self.parts = [Part(jobs)]
        self.scored: list[Scored] = []

    def split(self) -> None:
        """Decide the jobs of the part that is due each alone."""
        self.parts[:1] = [Part([job]) for job in self.parts[0].jobs]

    def done(self, scored: list[Scored]) -> None:
        """The part that was due is decided."""
        self.scored += scored
        del self.parts[0]
