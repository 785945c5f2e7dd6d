"""The inside of a run as the operations and agents pages need it, once a tick.

It is a `LiveState` whose figures are those of the parts: every number of a part stands in a figure
`part.<key>.<column>`, and the lists here say which parts there are, in the order in which they are
shown, and what is told of them in words.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from engine.model.live import LiveState


class Part(BaseModel):
    """One row: a process, a queue, an agent, a stage, a fault, a dead letter.

    `status` is a word that colours it, `note` a sentence beside it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    name: str
    status: str = ""
    note: str = ""


class LogLine(BaseModel):
    """One line of the operator's log; `t_seconds` since Start, told in figure `log.<key>`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    t_seconds: float
    kind: str
    message: str


class PartsState(LiveState):
    """A run's parts as of its newest tick; all lists are empty before there is a run.

    Attributes:
        telemetry: Whether the target tells of its inside at all.
        processes: Of the platform; those with a number of their own are told by figures.
        queues: Where transactions wait, from the load generator to the dead letters.
        agents: In the order of the platform's report.
        scorers: Those that have customers.
        stages: What a transaction passes, each with its utilisation and its oldest waiting.
        orders: Orders that break the platform and hold now, as it says itself.
        on: Faults that have not been cleared, the newest first.
        over: Those that have, the newest first.
        level: The edge's level of degradation.
        strategies: What it does about it, in words.
        letters: The newest dead letters.
        log: What operators and faults did, the newest first.
    """

    telemetry: bool = False
    processes: list[Part] = Field(default_factory=list)
    queues: list[Part] = Field(default_factory=list)
    agents: list[Part] = Field(default_factory=list)
    scorers: list[Part] = Field(default_factory=list)
    stages: list[Part] = Field(default_factory=list)
    orders: list[Part] = Field(default_factory=list)
    on: list[Part] = Field(default_factory=list)
    over: list[Part] = Field(default_factory=list)
    level: str = ""
    strategies: list[str] = Field(default_factory=list)
    letters: list[Part] = Field(default_factory=list)
    log: list[LogLine] = Field(default_factory=list)
