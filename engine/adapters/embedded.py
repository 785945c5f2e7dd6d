"""The embedded platform as a target: started for one run, watched, broken on purpose, ended."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import psutil

from engine.adapters.agents_read import agents_read
from engine.adapters.children import Child
from engine.adapters.prometheus import Scraper
from engine.model.control import (
    FaultOrder,
    PlatformFailed,
    PlatformMessage,
    PlatformReady,
    PlatformReport,
    PlatformSettings,
    Release,
    Shutdown,
)
from engine.model.errors import TargetError
from engine.model.metrics import AgentMetrics
from engine.model.orders import LinkTrouble
from engine.model.results import Target
from engine.model.scenario import PlatformSize
from engine.ports import JournalRows

MODULE = "engine.platform"
READY_SECONDS = 30.0
SHUTDOWN_SECONDS = 5.0
SERIAL_DIGITS = 12
SUFFIX = ".journal.sqlite"
REPORTS_KEPT = 64
CARD = Path(__file__).resolve().parents[2] / "assets" / "model" / "card.json"
AGENTS = ("transaction_analyzer", "pattern_detector", "risk_assessor", "compliance_agent")
LINE = "Limelight reference platform (built in, not a customer's product)"
_decode = msgspec.msgpack.Decoder(PlatformMessage).decode


class EmbeddedPlatform:
    """One platform for one run; its journal lies in `folder` until `discard`."""

    def __init__(self, folder: Path, logs: Path, size: PlatformSize) -> None:
        self.size = size
        self._folder, self._logs = folder, logs
        self._launching = threading.Lock()
        self._child: Child | None = None
        self._journal: Path | None = None
        self._port = 0
        self._metrics_url = ""
        self._scraper: Scraper | None = None
        self._closed = threading.Event()

    def prepare(self) -> None:
        """Start its processes and wait until it answers; raises TargetError with what it said.

        A platform prepared ahead of a run makes the run start at once.
        """
        with self._launching:
            if self.alive() or self._closed.is_set():
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            self._journal = self._folder / f"{os.getpid()}-{uuid.uuid4().hex}{SUFFIX}"
            self._child = Child(MODULE, self._logs / "platform.log", kept=REPORTS_KEPT)
            self._child.send(_settings(self._journal, self.size))
            ready = self._await_ready(self._child)
            self._port = ready.port
            self._metrics_url = f"http://127.0.0.1:{ready.metrics_port}/metrics"
            if self._closed.is_set():
                self._end(self._child)

    def start(self, run_id: str) -> Target:  # noqa: ARG002 - a port's signature
        """Prepare it, unless it was before; raises TargetError."""
        self.prepare()
        self._scraper = Scraper(self._metrics_url)
        return Target(
            name="Limelight reference platform",
            kind="embedded",
            line=f"Target: {LINE}",
            url=f"http://127.0.0.1:{self._port}/v1/transactions",
            has_journal=True,
            has_faults=True,
            has_telemetry=True,
            metrics_url=self._metrics_url,
            agent_bounds=agent_bounds(),
        )

    def _await_ready(self, child: Child) -> PlatformReady:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not child.ended:
            for frame in child.frames():
                message = _decode(frame)
                if isinstance(message, PlatformReady):
                    return message
                if isinstance(message, PlatformFailed):
                    self.close()
                    raise TargetError(message.message)
            time.sleep(0.005)
        self.close()
        code = child.exit_code
        msg = f"the embedded platform did not start (exit code {code}): see its log in {self._logs}"
        raise TargetError(msg)

    def poll(self) -> PlatformReport | None:
        """Its newest telemetry since the last call."""
        newest = None
        if self._child is not None:
            for frame in self._child.frames():
                message = _decode(frame)
                if isinstance(message, PlatformReport):
                    newest = message
        return newest

    def agents(self) -> tuple[AgentMetrics, ...]:
        """Its agents, from its metrics page."""
        return () if self._scraper is None else agents_read(self._scraper)

    def injector(self) -> EmbeddedPlatform:
        """Its own side of faults."""
        return self

    def inject(self, order: FaultOrder | LinkTrouble) -> None:
        """Let an order hold from now on, in place of the one with its tag; raises TargetError."""
        if isinstance(order, LinkTrouble):
            msg = "resets, bandwidth and blackout need the in-path proxy of a target of your own"
            raise TargetError(msg)
        given = msgspec.structs.replace(order, given_ns=time.monotonic_ns())
        if self._child is None or not self._child.send(given):
            msg = "the embedded platform is gone: no fault can be injected"
            raise TargetError(msg)

    def release(self, *tags: str) -> None:
        """End the orders with these tags, all without any; idempotent."""
        if self._child is not None:
            self._child.send(Release(tags))

    def alive(self) -> bool:
        """Whether its supervisor is there, and so whatever dies comes back."""
        return self._child is not None and self._child.running

    def close(self) -> None:
        """End it, in order if it still can; idempotent."""
        self._closed.set()
        if self._scraper is not None:
            self._scraper.close()
        if self._child is not None:
            self._end(self._child)

    def _end(self, child: Child) -> None:
        child.send(Shutdown())
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        while child.running and time.monotonic() < deadline:
            time.sleep(0.01)
        child.close()

    def journal(self, id_prefix: str) -> JournalRows | None:
        """What its journal holds of a run's ids, read from the file itself.

        Other ids, such as one that somebody in the room sent by hand, are not this run's.
        """
        if self._journal is None or not self._journal.exists():
            return None
        run = (id_prefix, f"{id_prefix}:", len(id_prefix) + SERIAL_DIGITS)
        with self._reading() as connection:
            ids = (row[0] for row in connection.execute(_IDS, run))
            serials = (name[-SERIAL_DIGITS:] for name in ids)
            numbers = np.fromiter((int(s) for s in serials if s.isdecimal()), dtype=np.uint32)
            (applied_twice,) = connection.execute(_APPLIED_TWICE, run).fetchone()
        return JournalRows(numbers=np.unique(numbers), applied_twice=int(applied_twice))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(str(self._journal), timeout=5.0)
        try:
            yield connection
        except sqlite3.Error as error:
            msg = f"{self._journal}: the platform's journal cannot be read: {error}"
            raise TargetError(msg) from error
        finally:
            connection.close()

    def discard(self) -> None:
        """Delete the journal; idempotent."""
        if self._journal is not None:
            _delete(self._journal)

    def keep_evidence(self, run_id: str) -> None:
        """Keep the journal of a run that did not add up, under the run's name."""
        if self._journal is not None and self._journal.exists():
            self._journal.rename(evidence_of(self._folder, run_id))


def agent_bounds() -> dict[str, float]:
    """The score from which on each agent alone would flag, as the model's card has them."""
    policy = json.loads(CARD.read_text())["policy"]
    return dict(zip(AGENTS, policy["agent_review"], strict=True))


def _settings(journal: Path, size: PlatformSize) -> PlatformSettings:
    return PlatformSettings(
        journal=str(journal),
        scorers=size.scorers,
        scorers_least=size.least,
        scorers_most=size.most,
        scorer_tps=size.tps,
        breakers=size.breakers,
    )


def evidence_of(folder: Path, run_id: str) -> Path:
    """Where the journal of a run that did not add up is kept."""
    return folder / f"evidence-{run_id}.sqlite"


def sweep(folder: Path) -> None:
    """Delete the journals of apps that are dead; evidence is kept."""
    for journal in folder.glob(f"*{SUFFIX}"):
        owner = journal.name.partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            _delete(journal)


def _delete(journal: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{journal}{suffix}").unlink(missing_ok=True)


_OF_RUN = "id >= ? AND id < ? AND length(id) = ?"
_IDS = f"SELECT id FROM transactions WHERE {_OF_RUN}"
_APPLIED_TWICE = f"SELECT count(*) FROM transactions WHERE {_OF_RUN} AND applied > 1"
