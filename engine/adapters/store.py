"""Results in SQLite: one file, written tick by tick, so a crash loses at most the tick under way.

WAL with synchronous FULL; one connection writes, each reader opens its own. A run names its owner
by process id and that process's start time, so a run whose owner is dead can be told from one
that another program is writing now.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import sqlalchemy as sa
from pydantic import ValidationError

from engine.adapters.store_format import add_columns, pack, unpack
from engine.model.errors import StoreError
from engine.model.event import RunEvent
from engine.model.results import RunSummary, TestStatus
from engine.model.run import RunMeta, RunProgress, RunRow
from engine.model.tick import COLUMNS, Tick
from engine.ports import TickLatencies

_FORMAT = 1
_metadata = sa.MetaData()
_runs = sa.Table(
    "runs",
    _metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("format", sa.Integer, nullable=False),
    sa.Column("owner_pid", sa.Integer, nullable=False),
    sa.Column("owner_started", sa.Float, nullable=False),
    sa.Column("heartbeat", sa.Float, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("started_at", sa.String, nullable=False, index=True),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("meta", sa.Text, nullable=False),
    sa.Column("progress", sa.Text, nullable=False),
    sa.Column("summary", sa.Text),
)
_ticks = sa.Table(
    "ticks",
    _metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Float) for name in COLUMNS),
    sa.Column("response", sa.LargeBinary),
    sa.Column("service", sa.LargeBinary),
    sa.Column("lateness", sa.LargeBinary),
    sa.Column("queue", sa.LargeBinary),
    sqlite_with_rowid=False,
)
_events = sa.Table(
    "events",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.String, index=True, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
)


class SqliteStore:
    """The results store; writes from one thread at a time, reads from any.

    Raises:
        StoreError: The file cannot be opened, is no results store, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
        sa.event.listen(self._engine, "connect", _pragmas)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _metadata.create_all(self._engine)
            add_columns(self._engine, _ticks)
            self._writer = self._engine.connect()
        except (sa.exc.SQLAlchemyError, OSError) as error:
            self._engine.dispose()
            msg = f"{path}: cannot be used as a results store: {_reason(error)}"
            raise StoreError(msg) from error

    def close(self) -> None:
        """Close the file; idempotent."""
        with self._lock:
            self._writer.close()
            self._engine.dispose()

    def _write(self, statement: sa.Executable, values: dict[str, object] | None = None) -> None:
        with self._lock:
            try:
                self._writer.execute(statement, values)
                self._writer.commit()
            except sa.exc.SQLAlchemyError as error:
                self._writer.rollback()
                msg = f"{self.path}: cannot be written: {_reason(error)}"
                raise StoreError(msg) from error

    def create(self, meta: RunMeta) -> None:
        """Begin a run owned by this process."""
        owner = psutil.Process()
        self._write(
            _runs.insert(),
            {
                "run_id": meta.run_id,
                "format": _FORMAT,
                "owner_pid": owner.pid,
                "owner_started": owner.create_time(),
                "heartbeat": time.time(),
                "status": TestStatus.INITIALIZING.value,
                "started_at": meta.started_at.isoformat(),
                "line": _line(meta, None),
                "meta": meta.model_dump_json(),
                "progress": RunProgress().model_dump_json(),
            },
        )

    def append(self, run_id: str, tick: Tick, latencies: TickLatencies) -> None:
        """Write one tick with its histograms."""
        values = {
            name: None if value != value else value
            for name, value in zip(COLUMNS, astuple(tick), strict=True)
        }
        packed = {name: pack(part) for name, part in latencies._asdict().items()}
        row = {"run_id": run_id, "number": int(tick.tick), **values, **packed}
        self._write(_ticks.insert(), row)

    def event(self, run_id: str, event: RunEvent) -> None:
        """Write one event."""
        self._write(_events.insert(), {"run_id": run_id, "event": event.model_dump_json()})

    def heartbeat(self, run_id: str, status: TestStatus, progress: RunProgress) -> None:
        """Say that the owner lives, and how far it is."""
        self._write(
            _runs.update()
            .where(_runs.c.run_id == run_id)
            .values(heartbeat=time.time(), status=status.value, progress=progress.model_dump_json())
        )

    def finish(self, run_id: str, progress: RunProgress, summary: RunSummary) -> None:
        """Close a run."""
        meta, _progress, _summary = self.load(run_id)
        self._write(
            _runs.update()
            .where(_runs.c.run_id == run_id)
            .values(
                heartbeat=time.time(),
                status=summary.status.value,
                line=_line(meta, summary),
                progress=progress.model_dump_json(),
                summary=summary.model_dump_json(),
            )
        )

    def delete(self, run_id: str) -> None:
        """Forget a run with its ticks and events, for good."""
        for table in (_ticks, _events, _runs):
            self._write(table.delete().where(table.c.run_id == run_id))

    def _read(self, statement: sa.Select[*tuple[Any, ...]]) -> list[sa.Row[*tuple[Any, ...]]]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(statement))
        except sa.exc.SQLAlchemyError as error:
            msg = f"{self.path}: cannot be read: {_reason(error)}"
            raise StoreError(msg) from error

    def runs(self) -> list[RunRow]:
        """All runs, newest first."""
        columns = (_runs.c.line, _runs.c.status)
        rows = self._read(sa.select(*columns).order_by(_runs.c.started_at.desc()))
        lines = [(RunRow.model_validate_json(str(line)), str(status)) for line, status in rows]
        return [line.model_copy(update={"status": TestStatus(status)}) for line, status in lines]

    def orphans(self) -> list[str]:
        """Runs that never ended although their owner is dead."""
        rows = self._read(
            sa.select(_runs.c.run_id, _runs.c.owner_pid, _runs.c.owner_started).where(
                _runs.c.summary.is_(None)
            )
        )
        return [
            str(run_id)
            for run_id, pid, started in rows
            if not _lives(int(str(pid)), float(str(started)))
        ]

    def load(self, run_id: str) -> tuple[RunMeta, RunProgress, RunSummary | None]:
        """What is known of a run besides its ticks and events.

        Raises:
            StoreError: There is no such run, or another version wrote it.
        """
        rows = self._read(
            sa.select(_runs.c.meta, _runs.c.progress, _runs.c.summary).where(
                _runs.c.run_id == run_id
            )
        )
        if not rows:
            msg = f"{self.path}: there is no run {run_id}: `limelight runs` lists those there are"
            raise StoreError(msg)
        meta, progress, summary = rows[0]
        try:
            return (
                RunMeta.model_validate_json(str(meta)),
                RunProgress.model_validate_json(str(progress)),
                None if summary is None else RunSummary.model_validate_json(str(summary)),
            )
        except ValidationError as error:
            msg = f"{self.path}: run {run_id} was written by another version and cannot be read"
            raise StoreError(msg) from error

    def rows(self, run_id: str) -> np.ndarray:
        """All ticks of a run in order: float64, shape (ticks, len(COLUMNS))."""
        columns = [_ticks.c[name] for name in COLUMNS]
        where = _ticks.c.run_id == run_id
        rows = self._read(sa.select(*columns).where(where).order_by(_ticks.c.number))
        return np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, len(COLUMNS))

    def histograms(self, run_id: str) -> Iterator[TickLatencies]:
        """The histograms of every tick of a run, in order, unpacked one by one.

        Versions that did not keep lateness and queue left them empty.
        """
        statement = sa.select(*(_ticks.c[name] for name in TickLatencies._fields))
        rows = self._read(statement.where(_ticks.c.run_id == run_id).order_by(_ticks.c.number))
        return (TickLatencies(*(unpack(packed) for packed in row)) for row in rows)

    def events(self, run_id: str) -> list[RunEvent]:
        """All events of a run, in order."""
        where = _events.c.run_id == run_id
        rows = self._read(sa.select(_events.c.event).where(where).order_by(_events.c.id))
        return [RunEvent.model_validate_json(str(event)) for (event,) in rows]


def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()


def _line(meta: RunMeta, summary: RunSummary | None) -> str:
    """One line of the list of runs, so that listing them reads nothing large."""
    return RunRow(
        run_id=meta.run_id,
        name=meta.scenario.name,
        preset=meta.scenario.scenario_id,
        status=summary.status if summary else TestStatus.INITIALIZING,
        verdict=summary.verdict if summary else None,
        marks=tuple(summary.marks) if summary else meta.marks,
        target_line=meta.target.line,
        started_at=meta.started_at,
        ended_at=summary.ended_at if summary else None,
    ).model_dump_json()


def _lives(pid: int, started: float) -> bool:
    """Whether the process that began at `started` still runs; a zombie does not."""
    try:
        process = psutil.Process(pid)
        zombie = process.status() == psutil.STATUS_ZOMBIE
        return not zombie and abs(process.create_time() - started) < 1.0
    except psutil.Error:
        return False


def _reason(error: Exception) -> str:
    original = getattr(error, "orig", None)
    return str(original or error)
