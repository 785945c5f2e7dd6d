"""Recorded runs shown again, and in place of a live run that died; part of the engine's façade."""

from __future__ import annotations

import contextlib
import logging
import threading
from abc import ABC, abstractmethod
from datetime import UTC

from engine import wiring
from engine.metrics.listeners import Listeners
from engine.metrics.view import RunView
from engine.model.errors import ConfigurationError, IllegalTransitionError, StoreError
from engine.model.event import EventKind, RunEvent
from engine.model.live import LiveState
from engine.model.run import RunMeta, RunRow
from engine.report.stage import run_state
from engine.run import replay
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.player import Player
from engine.run.states import Event

_log = logging.getLogger(__name__)
FASTEST = 100.0


class Replays(ABC):
    """Every method from any thread."""

    home: wiring.Home
    _lock: threading.RLock
    _listeners: Listeners
    _store: wiring.SqliteStore
    _run: StressTestOrchestrator | None
    _shown: bool
    _player: Player | None
    _shipped: wiring.SqliteStore | None

    @abstractmethod
    def _going_on(self) -> bool:
        """Whether a run is under way."""

    def recordings(self) -> list[RunRow]:
        """All runs in the store, newest first, and then the one that ships."""
        return [*self._store.runs(), *(shipped.runs() if (shipped := self._ours()) else [])]

    def is_shipped(self, run_id: str) -> bool:
        """Whether this is the recording that ships: of the reference platform, not of here."""
        shipped = self._ours()
        return shipped is not None and run_id in {row.run_id for row in shipped.runs()}

    def replaying(self) -> str | None:
        """The run that is being shown again."""
        return None if self._player is None else self._player.recording.meta.run_id

    def replay(self, run_id: str, speed: float = 1.0) -> None:
        """Show a recorded run as it happened, `speed` times as fast, under a mark.

        Raises:
            ConfigurationError: The speed is not above 0 and at most `FASTEST`.
            IllegalTransitionError: A run is under way.
            StoreError: There is no such run, or it cannot be shown.
        """
        if not 0 < speed <= FASTEST:
            problem = f"speed must be above 0 and at most {FASTEST:g}, got {speed:g}"
            raise ConfigurationError([problem])
        recording = replay.read_recording(self._holding(run_id), run_id, speed)
        with self._lock:
            if self._going_on():
                msg = "cannot replay: a run is under way; stop it first, or fail over"
                raise IllegalTransitionError(msg)
            self._show(Player(recording, self._listeners.tell, speed=speed))

    def end_replay(self) -> None:
        """Back to what was selected; idempotent."""
        with self._lock:
            self._leave_replay()
        self._listeners.tell()

    def stand_in(self, view: RunView | None = None) -> RunRow | None:
        """The newest good recording of the same target and preset, if there is one."""
        meta = view.meta if view else (self._run.view.meta if self._run else None)
        return None if meta is None else self.newest_good(meta)

    def newest_good(self, meta: RunMeta) -> RunRow | None:
        """The newest that passed on this target with this preset, other than the run itself."""
        wanted = (meta.target.line, meta.scenario.scenario_id)
        fitting = (
            row
            for row in self.recordings()
            if (row.target_line, row.preset) == wanted and row.run_id != meta.run_id
        )
        return next((row for row in fitting if replay.good(row)), None)

    def fail_over(self) -> str:
        """Leave the live run for the newest good recording at the same act; returns its id.

        The live run is stopped at once; both its record and the screen say what happened.

        Raises:
            IllegalTransitionError: There is no run to leave.
            StoreError: There is no good recording; the live run goes on.
        """
        with self._lock:
            run, view = self._run, self._run.view if self._run else None
            if run is None or view is None or view.meta is None or not self._shown:
                msg = "cannot fail over: no live run is on stage"
                raise IllegalTransitionError(msg)
            row = self.newest_good(view.meta)
            if row is None:
                msg = (
                    "cannot fail over: no recorded run of this preset on this target passed; "
                    "run it once before the demo"
                )
                raise StoreError(msg)
            recording = replay.read_recording(self._holding(row.run_id), row.run_id, 1.0)
            act = replay.act_of(view.meta, view.clock_seconds)
            first = recording.first_tick_of(replay.start_of_act(recording.meta, act))
            said = _said(view.meta, row, act)
            self._leave(run, said)
            self._show(Player(recording, self._listeners.tell, first=first, said=said))
        return row.run_id

    def _leave(self, run: StressTestOrchestrator, said: str) -> None:
        _log.warning("%s", said)
        view = run.view
        now = view.tick.t_seconds if view.tick else 0.0
        event = RunEvent(t_seconds=now, kind=EventKind.OPERATOR, message=said)
        with contextlib.suppress(StoreError):
            self._store.event(run.plan.run_id, event)
        with contextlib.suppress(IllegalTransitionError):
            run.request(Event.EMERGENCY_STOP)

    def _show(self, player: Player) -> None:
        self._leave_replay()
        self._shown, self._player = False, player
        player.start()
        self._listeners.tell()

    def _leave_replay(self) -> None:
        player, self._player = self._player, None
        if player is not None:
            player.stop()

    def _replay_state(self) -> LiveState | None:
        player = self._player
        if player is None:
            return None
        return run_state(player.view, player.recording.meta, [])

    def replay_state(self) -> LiveState:
        """What a replay under way shows now; raises IllegalTransitionError without one."""
        if (state := self._replay_state()) is None:
            raise IllegalTransitionError("there is no replay under way: begin one first")
        return state

    def delete_run(self, run_id: str) -> None:
        """Delete a recorded run for good; raises IllegalTransitionError or StoreError if not."""
        with self._lock:
            if self.is_shipped(run_id):
                raise StoreError("the recording that ships with Limelight cannot be deleted")
            under_way = self._run is not None and self._run.plan.run_id == run_id
            if (under_way and self._going_on()) or self.replaying() == run_id:
                msg = "cannot delete a run that is on stage: end it first"
                raise IllegalTransitionError(msg)
            self._store.load(run_id)
            self._store.delete(run_id)

    def _holding(self, run_id: str) -> wiring.SqliteStore:
        return self._shipped if self.is_shipped(run_id) and self._shipped else self._store

    def _ours(self) -> wiring.SqliteStore | None:
        if self._shipped is None:
            self._shipped = wiring.open_shipped(self.home)
        return self._shipped

    def _close_replays(self) -> None:
        self._leave_replay()
        if self._shipped is not None:
            self._shipped.close()


def _said(meta: RunMeta, row: RunRow, act: str | None) -> str:
    at = f"at the act “{act}”" if act else "from its beginning"
    recorded = row.started_at.astimezone(UTC)
    return (
        f"Left live run {meta.run_id} for a recording: run {row.run_id} of "
        f"{recorded:%Y-%m-%d %H:%M} UTC is replayed {at}"
    )
