"""A scorer process: batches in from the edge, decisions out; one customer lives in one scorer.

A blocking loop over one link: the edge has one batch under way at a time, so there is nothing to
overlap. It runs in a thread that is replaced when an agent hangs (`agents.runner`): what is under
way is held in the scorer, so the next thread goes on with it. With each new link the edge first
sends `Rebuild`: whatever this process knew may lack rows that were committed while it or the edge
was away, so it reads its customers anew.
"""

from __future__ import annotations

import gc
import os
import queue
import socket
import threading
import time
from pathlib import Path

import msgspec

from engine.measure.frames import encode
from engine.measure.resources import ProcessUsage
from engine.model.errors import ConfigurationError
from engine.platform.agents.risk_assessor import ASSETS
from engine.platform.agents.runner import keep_working
from engine.platform.ballast import Ballast
from engine.platform.custody import Custody
from engine.platform.latencies import taken
from engine.platform.lifeline import Lifeline, raise_file_limit, read_frame
from engine.platform.memory import MOST_BYTES
from engine.platform.pipeline import Pipeline
from engine.platform.told import agents_counters, reasoning_counters
from engine.platform.wire import (
    Answers,
    Batch,
    Burdens,
    Control,
    Facts,
    Job,
    Leave,
    Rebuild,
    Rebuilt,
    ScorerCounters,
    ScorerSettings,
    Warm,
)
from engine.platform.works import Work

_decode = msgspec.msgpack.Decoder(Batch | Rebuild | Leave).decode


class Scorer:
    """Serves one link after the other."""

    def __init__(self, settings: ScorerSettings, lifeline: Lifeline) -> None:
        self._settings = settings
        self._lifeline = lifeline
        folder = Path(settings.model) if settings.model else ASSETS
        self._pipeline = Pipeline(folder, settings.breakers)
        self._ballast = Ballast(MOST_BYTES, self._pipeline.leave_room)
        self._links: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        self._link: socket.socket | None = None
        self._work: Work | None = None
        self._began_ns = 0
        self._scored = 0
        self._busy_ns = 0
        self._custody = Custody(settings.index, settings.journal, self._pipeline)
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
        keep_working(self._pipeline.calls, self._go_on)

    def _order(self, control: Control, carried: socket.socket | None) -> None:
        if carried is not None:
            self._links.put(carried)
        elif isinstance(control, Burdens):
            self._pipeline.burden(control)
            self._ballast.burden(control.load)

    def _go_on(self) -> None:
        """Serve, beginning with whatever is under way."""
        while True:
            if self._link is None:
                self._link = self._links.get()
            while self._turn(self._link):
                pass
            self._link.close()
            self._link, self._work = None, None

    def _turn(self, link: socket.socket) -> bool:
        """One message and its reply; False when the other side closed."""
        if self._work is None:
            body = read_frame(link)
            if body is None:
                return False
            self._began_ns = time.monotonic_ns()
            message = _decode(body)
            if isinstance(message, Rebuild):
                return self._reply(link, self._custody.read(message))
            if isinstance(message, Leave):
                self._custody.leave(message)
                return self._reply(link, None)
            self._pipeline.commit(message.committed)
            if not message.jobs:
                return self._reply(link, None)
            self._work = Work(message.jobs, message.pressed, message.fast)
        scored = self._pipeline.finish(self._work)
        self._work = None
        self._scored += len(scored)
        return self._reply(link, Answers(scored))

    def _reply(self, link: socket.socket, reply: Answers | Rebuilt | None) -> bool:
        try:
            if reply is not None:
                link.sendall(encode(reply))
        except OSError:
            return False
        self._busy_ns += time.monotonic_ns() - self._began_ns
        return True

    def _report(self) -> None:
        while True:
            time.sleep(self._settings.tick_seconds)
            self._lifeline.note(self._counters())

    def _counters(self) -> ScorerCounters:
        pipeline = self._pipeline
        customers, rows, took_ns = self._custody.rebuilt
        return ScorerCounters(
            scored=self._scored,
            busy_ns=self._busy_ns,
            agents=agents_counters(pipeline),
            customers_now=len(pipeline.memory),
            cpu_seconds=self._usage.cpu_seconds(),
            rss_bytes_now=self._usage.rss_bytes(),
            fast_decided=pipeline.fast_decided,
            evictions=pipeline.evictions,
            memory_bytes_now=pipeline.memory.bytes,
            ballast_bytes_now=self._ballast.bytes,
            rebuilds=self._custody.rebuilds,
            rebuilt_customers_now=customers,
            rebuilt_rows_now=rows,
            rebuilt_ns_now=took_ns,
            reasoning=reasoning_counters(pipeline.reasoning),
            latency=taken(pipeline.latencies_us),
        )


def _warm_up(pipeline: Pipeline) -> None:
    """Run the whole path a few times, so that the first real transaction is not the slow one."""
    facts = Facts(10.0, 0.0, "m", "c", True, "FR", 48.9, 2.4, "d", "visa", "EUR", "10.0.0.1", "s")
    suspicious = msgspec.structs.replace(facts, amount_usd=200_000.0)  # the second stage as well
    for size in (1, 8):
        for one in (facts, suspicious):
            pipeline.decide([Job(ticket, 0, "nobody", one) for ticket in range(size)])
    pipeline.reset()


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
