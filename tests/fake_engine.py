"""An engine with the façade's interface that does what a test tells it, and nothing by itself."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec
import pandas as pd

from engine.config.presets import presets
from engine.faults import registry
from engine.metrics.view import RunView
from engine.model.calibration import Calibration, CalibrationProgress, KeptCalibration
from engine.model.errors import IllegalTransitionError, LimelightError
from engine.model.fault import FailureType, FaultKind
from engine.model.figure import Figure, Provenance
from engine.model.live import LiveState
from engine.model.metrics import AgentMetrics
from engine.model.parts import PartsState
from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.model.scenario import TestScenario
from engine.model.story import AgentVoice, Passage, TransactionStory
from engine.model.tick import COLUMNS
from engine.report.parts import parts_state

TARGET_LINE = "Target: Limelight reference platform (built in, not yours)"


class FakeEngine:
    """Records what it is asked in `calls`; a test moves `state` and the rows by hand."""

    def __init__(self, sustained_tps: float | None = 100_000.0, calibrated: bool = True) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.refusal: LimelightError | None = None
        self.state = LiveState(target_line=TARGET_LINE)
        self.rows: list[list[float]] = []
        self.callbacks: list[Callable[[], None]] = []
        self.machine = Calibration(
            sustained_tps=sustained_tps,
            criterion="response p99 below 50 ms",
            window_seconds=1.0,
            sample_size=5_000,
            machine="a test",
            version="0",
            measured_at=datetime.now(UTC),
        )
        self.calibrated = calibrated
        self.progress: list[CalibrationProgress] = []
        self.measuring = self.ended = False
        self.closed = False
        self.latest: list[str] = []
        self.story = a_story()
        self.view: RunView | None = None

    def _do(self, *call: object) -> None:
        self.calls.append(call)
        if self.refusal is not None:
            raise self.refusal

    def presets(self) -> list[TestScenario]:
        return presets()

    def select(self, request: RunRequest) -> LiveState:
        self._do("select", request)
        marks = [] if request.speed == 1 else [f"REHEARSAL ×{request.speed:g}"]
        self.move(preset=request.scenario.scenario_id, name=request.scenario.name, marks=marks)
        return self.state

    def start(self, request: RunRequest) -> str:
        self._do("start", request)
        self.rows.clear()
        self.move(status=TestStatus.RUNNING, run_id=f"run-{len(self.calls)}")
        return str(self.state.run_id)

    def pause(self) -> None:
        self._do("pause")
        self.move(status=TestStatus.PAUSED)

    def resume(self) -> None:
        self._do("resume")
        self.move(status=TestStatus.RUNNING)

    def stop(self) -> None:
        self._do("stop")
        self.move(status=TestStatus.STOPPING)

    def emergency_stop(self) -> None:
        self._do("emergency_stop")
        if self.measuring:
            self.measuring, self.ended = False, True
            return
        self.move(status=TestStatus.CANCELLED)

    def fault_kinds(self) -> list[FaultKind]:
        return registry.kinds()

    def agents(self) -> list[AgentMetrics]:
        return []

    def inject(
        self,
        kind: FailureType,
        severity: float,
        duration_seconds: float,
        parameters: Mapping[str, float] | None = None,
        component: str = "",
    ) -> None:
        self._do("inject", kind, severity, duration_seconds, parameters, component)

    def clear_faults(self) -> None:
        self._do("clear_faults")

    def set_rate(self, factor: float) -> None:
        self._do("set_rate", factor)
        self.move(rate_factor=factor)
        self.move(rate_factor=factor)

    def live(self) -> LiveState:
        return self.state

    def parts(self) -> PartsState:
        return parts_state(self.state, self.view)

    def redrive(self) -> None:
        self._do("redrive")

    def frame(self, last: int | None = None) -> pd.DataFrame:
        rows = self.rows if last is None else self.rows[-last:]
        return pd.DataFrame(rows, columns=list(COLUMNS), dtype=float)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def kept_calibration(self) -> KeptCalibration:
        return KeptCalibration(
            calibration=self.machine if self.calibrated else None, why_none="not measured yet"
        )

    def calibrate(
        self, told: Callable[[CalibrationProgress], None] = lambda progress: None
    ) -> Calibration:
        self._do("calibrate")
        for progress in self.progress:
            told(progress)
        while self.measuring:
            time.sleep(0.01)
        if self.ended:
            raise refused()
        self.calibrated = True
        return self.machine

    def transaction(self, transaction_id: str) -> TransactionStory:
        self._do("transaction", transaction_id)
        return msgspec.structs.replace(self.story, transaction_id=transaction_id)

    def latest_transactions(self) -> list[str]:
        return self.latest

    def runs(self) -> list[object]:
        return []

    def snapshot_html(self, run_id: str | None = None) -> bytes:
        self._do("snapshot_html", run_id)
        return b"<!doctype html>"

    def close(self) -> None:
        self.closed = True

    def move(self, **changes: object) -> None:
        """Change the state and tell everybody."""
        self.state = self.state.model_copy(update=changes)
        for callback in list(self.callbacks):
            callback()

    def tick(self, **values: float) -> None:
        """Append a row (what is not given is nan) and tell everybody."""
        self.rows.append([values.get(name, float("nan")) for name in COLUMNS])
        self.move(clock_seconds=values.get("schedule_seconds", 0.0))


def a_story(**changes: object) -> TransactionStory:
    """A made-up one; `changes` are of its passage."""
    passage = Passage(
        user_id="u1",
        amount=12.5,
        currency="EUR",
        event_time="2026-01-05T08:00:00.000+00:00",
        received_at="2026-01-05T09:00:00.000+00:00",
        decided_ms=1.25,
        committing_ms=1.5,
        committed_ms=2.75,
        committed_with=3,
        scorer=1,
        journal_row=42,
        silent_agents=["risk_assessor"],
        came_again=0,
        last_again_at=None,
        applied=1,
    )
    return TransactionStory(
        transaction_id="t-000000000001",
        decision="REVIEW",
        confidence_score=0.6,
        risk_score=0.55,
        risk_level="HIGH",
        reasons=["<b>12 transactions</b> within an hour"],
        agents={"transaction_analyzer": AgentVoice(score=0.8, latency_ms=0.4)},
        processing_time_ms=1.25,
        passage=msgspec.structs.replace(passage, **changes),
    )


def measured(figure_id: str, value: float) -> Figure:
    return Figure(
        id=figure_id,
        label=figure_id,
        value=value,
        unit="count",
        provenance=Provenance.MEASURED,
        sample_size=1,
    )


def refused() -> LimelightError:
    return IllegalTransitionError("cannot pause a run that is stopping: wait until it has ended")
