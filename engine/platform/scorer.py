"""A scorer process: batches in from the edge, decisions out; one customer lives in one scorer.

A blocking loop over one link: the edge has one batch under way at a time, so there is nothing to
overlap. With each new link the edge first sends `Rebuild`: whatever this process knew may lack
rows that were committed while it or the edge was away, so it reads its customers anew.
"""

from __future__ import annotations

import gc
import os
import queue
import socket
import sys
import threading
import time
from pathlib import Path

import msgspec

from engine.measure.frames import encode
from engine.measure.resources import ProcessUsage
from engine.model.errors import ConfigurationError
from engine.platform.agents.risk_assessor import ASSETS
from engine.platform.journal import REBUILD_ROWS, newest_of
from engine.platform.lifeline import Lifeline, raise_file_limit, read_frame
from engine.platform.pipeline import Pipeline
from engine.platform.wire import (
    AgentCounters,
    Answers,
    Batch,
    Control,
    Facts,
    Job,
    Rebuild,
    Rebuilt,
    ScorerCounters,
    ScorerSettings,
    Warm,
)

_decode = msgspec.msgpack.Decoder(Batch | Rebuild).decode


class Scorer:
    """Serves one link after the other."""

    def __init__(self, settings: ScorerSettings, lifeline: Lifeline) -> None:
        self._settings = settings
        self._lifeline = lifeline
        self._pipeline = Pipeline(Path(settings.model) if settings.model else ASSETS)
        self._links: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        self._scored = 0
        self._busy_ns = 0
        self._usage = ProcessUsage()

    def run(self) -> None:
        """Serve until the supervisor is gone."""
        _warm_up(self._pipeline)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._lifeline.listen(self._order)
        threading.Thread(target=self._report, name="counters", daemon=True).start()
        self._lifeline.note(Warm(os.getpid()))
        while True:
            link = self._links.get()
            with link:
                self._serve(link)

    def _order(self, _control: Control, carried: socket.socket | None) -> None:
        if carried is not None:
            self._links.put(carried)

    def _serve(self, link: socket.socket) -> None:
        while (body := read_frame(link)) is not None:
            began = time.monotonic_ns()
            message = _decode(body)
            if isinstance(message, Rebuild):
                self._rebuild()
                reply: Answers | Rebuilt | None = Rebuilt(len(self._pipeline.memory))
            else:
                reply = self._score(message)
            try:
                if reply is not None:
                    link.sendall(encode(reply))
            except OSError:
                return
            self._busy_ns += time.monotonic_ns() - began

    def _score(self, batch: Batch) -> Answers | None:
        self._pipeline.commit(batch.committed)
        if not batch.jobs:
            return None
        self._scored += len(batch.jobs)
        return Answers(self._pipeline.decide(batch.jobs))

    def _rebuild(self) -> None:
        settings = self._settings
        began = time.monotonic()
        rows, read = newest_of(settings.journal, settings.index, settings.scorers)
        self._pipeline.rebuild(rows)
        if read:
            print(  # noqa: T201 - how much was read must not stay unsaid
                f"scorer {settings.index}: {len(self._pipeline.memory)} customers rebuilt from "
                f"{len(rows)} rows of {read} read (at most {REBUILD_ROWS}) "
                f"in {time.monotonic() - began:.2f} s",
                file=sys.stderr,
            )

    def _report(self) -> None:
        while True:
            time.sleep(self._settings.tick_seconds)
            costs = self._pipeline.panel.costs
            self._lifeline.note(
                ScorerCounters(
                    scored=self._scored,
                    busy_ns=self._busy_ns,
                    agents=[
                        AgentCounters(cost.scored, cost.batches, cost.busy_ns, cost.errors)
                        for cost in costs
                    ],
                    customers_now=len(self._pipeline.memory),
                    cpu_seconds=self._usage.cpu_seconds(),
                    rss_bytes_now=self._usage.rss_bytes(),
                )
            )


def _warm_up(pipeline: Pipeline) -> None:
    """Run the whole path a few times, so that the first real transaction is not the slow one."""
    facts = Facts(10.0, 0.0, "m", "c", True, "FR", 48.9, 2.4, "d", "visa", "EUR", "10.0.0.1", "s")
    for size in (1, 8):
        pipeline.decide([Job(ticket, 0, "nobody", facts) for ticket in range(size)])
    pipeline.rebuild([])
    pipeline.panel.reset()


def main() -> None:
    """Be a scorer process."""
    raise_file_limit()
    lifeline = Lifeline()
    settings, _ = lifeline.next()
    if not isinstance(settings, ScorerSettings):
        lifeline.fail("a scorer's first order must be its settings")
        return
    try:
        scorer = Scorer(settings, lifeline)
    except ConfigurationError as error:
        lifeline.fail(str(error))
        return
    scorer.run()


if __name__ == "__main__":
    main()
