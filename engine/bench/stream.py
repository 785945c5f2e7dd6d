"""One stream through the platform and everybody beside it, each batch by all of them in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.bench.contenders import Contender
from engine.bench.detection import Floats, Judged
from engine.load.traffic.simulator import Block, Simulator
from engine.model.scenario import TrafficMix
from engine.platform.admission import Admission, Admitted
from engine.platform.agents.risk_assessor import ASSETS
from engine.platform.answer import SCALE
from engine.platform.currencies import load_rates
from engine.platform.features import Row
from engine.platform.pipeline import Pipeline
from engine.platform.replay import SHARDS
from engine.platform.wire import Facts, Job

BATCH = 16
PLATFORM = "Limelight reference platform"
ADMISSION, FEATURES, LEARNING = "admission", "features", "learning"
_decode_facts = msgspec.msgpack.Decoder(Facts).decode
T = TypeVar("T")


class Cost:
    """Of one contender's calls: CPU of this thread, and how long each took, in ns."""

    def __init__(self) -> None:
        self.cpu_ns = 0
        self.wall_ns: list[int] = []


class Truth(NamedTuple):
    """What the platform is not told of a transaction; `customer` counts from 0."""

    fraud: bool
    value_usd: float
    customer: int


class Stage:
    """Streams through everybody; rows are kept in the order in which they were decided.

    Attributes:
        costs: By contender, and for what all have in common.
        scores: By contender, a score a row.
        flagged: Whether the platform decided on REVIEW or DECLINE.
    """

    def __init__(self, baselines: list[Contender]) -> None:
        self._baselines = baselines
        self._admission = Admission(load_rates())
        self._pipelines = [Pipeline(ASSETS) for _ in range(SHARDS)]
        names = [PLATFORM, *(one.name for one in baselines)]
        self.costs = {name: Cost() for name in (*names, ADMISSION, FEATURES, LEARNING)}
        self.scores: dict[str, list[float]] = {name: [] for name in names}
        self.flagged: list[bool] = []
        self._truth: list[Truth] = []
        self._customers: dict[str, int] = {}
        self._waiting: list[list[tuple[Job, Truth]]] = []
        self._turn = 0

    def run(self, seed: int, mix: TrafficMix, blocks: int) -> None:
        """All of a seed's transactions; nothing of the seed before is remembered."""
        for pipeline in self._pipelines:
            pipeline.reset()
        self._waiting = [[] for _ in range(SHARDS)]
        simulator = Simulator(seed, mix, f"{seed}-")
        for index in range(blocks):
            made = simulator.block(index)
            # A repeat is answered from the journal, so nobody scores it.
            self._block(seed, made.rows(np.flatnonzero(made.ids == made.numbers)))
        for shard in range(SHARDS):
            self._batch(shard)

    def judged(self) -> Judged:
        """The truth of all rows so far."""
        fraud, values, customers = zip(*self._truth, strict=True)
        whose: NDArray[np.int64] = np.array(customers)
        return Judged(np.array(fraud), np.array(values), whose)

    def scores_of(self, name: str) -> Floats:
        """A contender's scores of all rows so far."""
        return np.array(self.scores[name])

    def _block(self, seed: int, block: Block) -> None:
        bodies = block.bodies[slice(0, len(block.numbers))]
        for body, kind, value in zip(bodies, block.kinds, block.values_usd, strict=True):
            admitted = self._timed(ADMISSION, self._admission.admit, body)
            if not isinstance(admitted, Admitted):
                continue
            whose = f"{seed}-{admitted.user_id}"
            customer = self._customers.setdefault(whose, len(self._customers))
            facts = _decode_facts(admitted.facts)
            ticket = len(self._truth) + sum(map(len, self._waiting))
            job = Job(ticket, time.monotonic_ns(), admitted.user_id, facts)
            shard = admitted.route % SHARDS
            self._waiting[shard].append((job, Truth(bool(kind), float(value), customer)))
            if len(self._waiting[shard]) == BATCH:
                self._batch(shard)

    def _batch(self, shard: int) -> None:
        batch, self._waiting[shard] = self._waiting[shard], []
        if not batch:
            return
        pipeline, jobs = self._pipelines[shard], [job for job, _ in batch]
        facts = [job.facts for job in jobs]
        self._truth += [truth for _, truth in batch]
        rows = self._timed(FEATURES, lambda: [pipeline.row(job.user_id, job.facts) for job in jobs])
        first = self._turn = (self._turn + 1) % (len(self._baselines) + 1)
        for one in (*self._baselines[first:], None, *self._baselines[:first]):
            if one is None:
                self._platform(pipeline, jobs)
            else:
                self._score(one, rows, facts)
        self._timed(LEARNING, pipeline.commit, [job.ticket for job in jobs])

    def _platform(self, pipeline: Pipeline, jobs: list[Job]) -> None:
        decided = self._timed(PLATFORM, pipeline.decide, jobs)
        self.scores[PLATFORM] += [one.risk / SCALE for one in decided]
        self.flagged += [one.decision > 0 for one in decided]

    def _score(self, one: Contender, rows: list[Row], facts: list[Facts]) -> None:
        self.scores[one.name] += self._timed(one.name, one.score, rows, facts)

    def _timed(self, name: str, call: Callable[..., T], *given: object) -> T:
        cost = self.costs[name]
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        found = call(*given)
        cost.cpu_ns += time.thread_time_ns() - cpu
        cost.wall_ns.append(time.perf_counter_ns() - wall)
        return found
