"""The façade: all that pages, command line and examples may ask of the engine."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from engine import wiring
from engine.config.presets import read_presets
from engine.controls import Controls
from engine.metrics.buffer import MetricsBuffer
from engine.metrics.listeners import Listeners
from engine.metrics.record import RunRecord
from engine.metrics.view import RunView
from engine.model.calibration import Calibration, CalibrationProgress, KeptCalibration
from engine.model.dead_letter_record import DeadLetterRecord
from engine.model.errors import ConfigurationError, IllegalTransitionError, StoreError
from engine.model.live import LiveState
from engine.model.metrics import AgentMetrics
from engine.model.parts import PartsState
from engine.model.request import RunRequest
from engine.model.results import RunSummary
from engine.model.run import RunRow
from engine.model.scenario import TestScenario
from engine.model.story import TransactionStory
from engine.records import read_record
from engine.replays import Replays
from engine.report import snapshot
from engine.report.figures_calibration import calibration_figures
from engine.report.parts import parts_state
from engine.report.stage import idle_state, run_state
from engine.run import archive, calibrate
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.plan import marks_asked, preview
from engine.run.states import Event
from engine.stories import Stories

END_SECONDS = 20.0


class Engine(Controls, Replays):
    """The engine of one process: at most one run at a time; every method from any thread.

    Args:
        home: Where results lie; LIMELIGHT_HOME or the user's data directory by default.
        store: Another results file.
        warm: Whether to keep a platform ready between runs, so that a run starts at once.

    Raises:
        ConfigurationError: Not one preset can be read.
        StoreError: The results store cannot be used.
    """

    def __init__(
        self, home: Path | None = None, store: Path | None = None, *, warm: bool = False
    ) -> None:
        read = read_presets()
        if not read.scenarios:
            raise ConfigurationError(read.problems)
        self.home = wiring.find_home(home)
        self._store = wiring.open_store(self.home, store)
        self._buffer = MetricsBuffer()
        self._lock = threading.RLock()
        self._run: StressTestOrchestrator | None = None
        self._shown = False
        self._calibrating: StressTestOrchestrator | None = None
        self._listeners, self._stories = Listeners(), Stories(self.home)
        self._presets = read.scenarios
        self._warnings = [*([self.home.warning] if self.home.warning else []), *read.problems]
        self.closed_orphans = archive.close_orphans(self._store)
        wiring.sweep(self.home)
        self._selected = RunRequest(scenario=self._presets[0])
        self._cached: tuple[RunView, LiveState] | None = None
        self._standby, self._warm = wiring.keep_warm(self.home), warm
        self._player, self._shipped = None, None
        self._keep_warm()

    def presets(self) -> list[TestScenario]:
        """All presets, the default first."""
        return list(self._presets)

    def select(self, request: RunRequest) -> None:
        """What the idle stage shows; a finished run gives way to another selection."""
        with self._lock:
            if request == self._selected:
                return
            self._selected = request
            self._leave_replay()
            self._shown = self._shown and self._going_on()
        self._keep_warm()
        self._listeners.tell()

    def start(self, request: RunRequest) -> str:
        """Start a run; returns its id.

        Raises:
            IllegalTransitionError: One is under way already.
            ConfigurationError: The target is not allowed.
            StoreError: The results store cannot be written.
        """
        with self._lock:
            self._must_be_free()
            self._leave_replay()
            self._selected = request
            self._stories.forget()
            self._run = self._make(request, self._store, (self._buffer, self._run_changed))
            self._shown = True
            self._run.start()
            return self._run.plan.run_id

    def _make(
        self, request: RunRequest, store: wiring.SqliteStore, shown: wiring.Shown
    ) -> StressTestOrchestrator:
        return wiring.make_run(
            request, home=self.home, store=store, shown=shown, standby=self._standby
        )

    def _must_be_free(self) -> None:
        if self._calibrating is not None:
            msg = "cannot start: this machine is being calibrated, which takes a few seconds"
            raise IllegalTransitionError(msg)
        if self._going_on():
            msg = "cannot start: a run is under way; stop it first"
            raise IllegalTransitionError(msg)

    def _going_on(self) -> bool:
        return self._run is not None and not self._run.view.status.final

    def _current(self, what: str) -> StressTestOrchestrator:
        if self._run is None:
            msg = f"cannot {what}: no run is under way"
            raise IllegalTransitionError(msg)
        return self._run

    def emergency_stop(self) -> None:
        """No further request, no retry, of a run or a calibration under way.

        Raises:
            IllegalTransitionError: Nothing is under way.
        """
        (self._calibrating or self._current("emergency stop")).request(Event.EMERGENCY_STOP)

    def wait(self, timeout: float | None = None) -> RunSummary | None:
        """Wait for the end of the current run; its summary, or None by then."""
        return None if self._run is None else self._run.wait(timeout)

    def live(self) -> LiveState:
        """The newest state; the same object until something changes."""
        with self._lock:
            if (replay := self._replay_state()) is not None:
                return replay
            run = self._run if self._shown else None
            if run is None or run.view.meta is None:
                return self._idle(run)
            view, cached = run.view, self._cached
            if cached is None or cached[0] is not view:
                state = run_state(view, run.view.meta, self._warnings)
                state = self._offered(state) if view.status.final else state
                cached = self._cached = (view, state)
            return cached[1]

    def _idle(self, run: StressTestOrchestrator | None) -> LiveState:
        request = self._selected
        state = idle_state(request, preview(request), marks_asked(request), list(self._warnings))
        if run is not None:
            state.status = run.view.status
            state.events = list(run.view.events)
        return self._offered(state)

    def _offered(self, state: LiveState) -> LiveState:
        """With what the presets ask of this machine, where the page offers to start one."""
        if self._selected.target_url is None:
            kept = self.kept_calibration()
            state.figures += calibration_figures(self._selected, self._presets, kept)
        return state

    def frame(self, last: int | None = None) -> pd.DataFrame:
        """A consistent copy of the shared buffer, or of its last rows."""
        if self._player is not None:
            return self._player.frame(last)
        return self._buffer.frame(last) if self._shown else self._buffer.frame(0)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after every tick and state change, in the engine's thread; returns the end."""
        return self._listeners.add(callback)

    def _keep_warm(self) -> None:
        if self._warm and not self._going_on() and self._selected.target_url is None:
            self._standby.keep(self._selected.scenario.platform_size)

    def _run_changed(self) -> None:
        if self._run is not None:
            self._stories.saw(self._run.view)
        self._keep_warm()
        self._listeners.tell()

    def kept_calibration(self) -> KeptCalibration:
        """What this version measured this machine to hold, or why nothing is known."""
        return self.home.kept_calibration()

    def calibrate(self, told: Callable[[CalibrationProgress], None] | None = None) -> Calibration:
        """Measure what this machine holds, in 20 s at most; `told` hears of every tick, here.

        Raises:
            IllegalTransitionError: A run or another calibration is under way.
            TargetError: The embedded platform did not answer.
        """
        with tempfile.TemporaryDirectory(prefix="limelight-") as folder:
            store = wiring.SqliteStore(Path(folder) / "calibration.sqlite")
            try:
                with self._lock:
                    self._must_be_free()
                    shown = (MetricsBuffer(), lambda: None)
                    self._calibrating = run = self._make(calibrate.request(), store, shown)
                found = calibrate.measure(run, store, told)
            finally:
                self._calibrating = None
                store.close()
                self._keep_warm()
        self.home.keep_calibration(found)
        self._cached = None
        self._listeners.tell()
        return found

    def runs(self) -> list[RunRow]:
        """All runs in the store, newest first."""
        return self._store.runs()

    def record(self, run_id: str | None = None) -> RunRecord:
        """One run, or the newest; a run under way as far as it got. Raises StoreError."""
        if run_id is None:
            if not (runs := self.runs()):
                msg = "there is no run yet: start one first"
                raise StoreError(msg)
            run_id = self._run.plan.run_id if self._run and self._shown else runs[0].run_id
        return read_record(self._holding(run_id), run_id)

    def transaction(self, transaction_id: str) -> TransactionStory:
        """What became of one transaction of the run shown; raises TargetError with what to do."""
        run = self._run if self._shown else None
        return self._stories.tell(transaction_id, None if run is None else run.view)

    def agents(self) -> list[AgentMetrics]:
        """The agents of the run shown, as its target's metrics page has them; none without one."""
        return list(self._run.view.agents) if self._run is not None and self._shown else []

    def parts(self) -> PartsState:
        """The inside of the run shown, for the pages beside the stage."""
        run = self._player or (self._run if self._shown else None)
        return parts_state(self.live(), None if run is None else run.view)

    def dead_letters(self) -> list[DeadLetterRecord]:
        """The newest of the run shown, the newest first, at most 50."""
        return list(self._run.view.dead_letters) if self._run is not None and self._shown else []

    def latest_transactions(self) -> list[str]:
        """Ids of some of the newest decided transactions of the run shown, the newest first."""
        return self._stories.latest() if self._shown else []

    def snapshot_html(self, run_id: str | None = None) -> bytes:
        """One self-contained HTML file of a run, or of the newest. Raises StoreError."""
        return snapshot.render(self.record(run_id))

    def close(self) -> None:
        """End what is under way and close the store; idempotent."""
        self._close_replays()
        for run in (self._run, self._calibrating):
            if run is not None and not run.view.status.final:
                with contextlib.suppress(IllegalTransitionError):
                    run.request(Event.EMERGENCY_STOP)
                run.wait(END_SECONDS)
        self._standby.close()
        self._store.close()
