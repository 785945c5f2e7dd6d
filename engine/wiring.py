"""The composition root: the one place that knows which adapters the ports get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.adapters import embedded, own_traffic, shipped
from engine.adapters.embedded import EmbeddedPlatform
from engine.adapters.home import Home, find_home, usual_folder
from engine.adapters.inquiry import ask
from engine.adapters.local_fleet import LocalFleet
from engine.adapters.loopback import LoopbackTarget
from engine.adapters.proxy_faults import ProxiedTarget
from engine.adapters.standby import Standby
from engine.adapters.store import SqliteStore
from engine.config.derive import config_for_scenario, under_config
from engine.measure.clock import SystemClock
from engine.metrics.buffer import MetricsBuffer
from engine.model.calibration import KeptCalibration
from engine.model.fault import FailureType
from engine.model.request import RunRequest
from engine.platform.story import story_in
from engine.ports import TargetSystem
from engine.run.orchestrator import StressTestOrchestrator
from engine.run.plan import RunPlan, make_plan, workers_of_this_machine
from engine.run.rig import Parts

__all__ = [
    "Home",
    "SqliteStore",
    "Standby",
    "ask",
    "find_home",
    "find_traffic",
    "keep_warm",
    "kept_journal",
    "known_calibration",
    "make_run",
    "open_shipped",
    "open_store",
    "place_for_traffic",
    "story_in",
    "sweep",
]

Shown = tuple[MetricsBuffer, Callable[[], None]]


def known_calibration() -> KeptCalibration:
    """What is known of this machine, without making its home."""
    return Home(usual_folder()).kept_calibration()


def find_traffic(wanted: str) -> Path:
    """The converted own data of this name or path; raises ConfigurationError if there is none."""
    return own_traffic.find(Home(usual_folder()).traffic, wanted)


def place_for_traffic(wanted: str) -> tuple[Path, str]:
    """Where own data of this name or path goes, and its name; raises ConfigurationError."""
    return own_traffic.place_for(Home(usual_folder()).traffic, wanted)


def open_store(home: Home, path: Path | None) -> SqliteStore:
    """The results store at `path`, or the home's own; raises StoreError."""
    return SqliteStore(path or home.store)


def open_shipped(home: Home) -> SqliteStore | None:
    """The recording that ships with this version, unpacked into the home; None if none does."""
    return shipped.open_shipped(home.folder)


def make_run(
    request: RunRequest,
    *,
    home: Home,
    store: SqliteStore,
    shown: Shown,
    standby: Standby,
) -> StressTestOrchestrator:
    """The run of this request, under its settings.

    Args:
        request: What was asked for.
        home: Where files lie.
        store: Where it is written.
        shown: Where its ticks are shown, and who is told that they are.
        standby: Gives the embedded platform, prepared ahead if it could be.

    Raises:
        ConfigurationError: The target or the numbers asked for are not allowed.
    """
    plan = _plan(request)
    buffer, changed = shown
    parts = Parts(
        target=_target(request, standby, home),
        fleet=LocalFleet(home.logs, home.letters),
        store=store,
        buffer=buffer,
        clock=SystemClock(),
        changed=changed,
    )
    return StressTestOrchestrator(plan, parts)


def _plan(request: RunRequest) -> RunPlan:
    config = request.config or config_for_scenario(request.scenario).model_copy(
        update={"num_workers": request.workers or workers_of_this_machine()}
    )
    allowed = request.model_copy(update={"scenario": under_config(request.scenario, config)})
    return make_plan(allowed, config)


def keep_warm(home: Home) -> Standby:
    """Where prepared platforms come from; nothing is started yet."""
    return Standby(lambda size: EmbeddedPlatform(home.journals, home.logs, size))


def sweep(home: Home) -> None:
    """Delete the journals that dead apps left in this home."""
    embedded.sweep(home.journals)


def kept_journal(home: Home, run_id: str) -> Path | None:
    """The journal of a run that has ended, if it was kept."""
    kept = embedded.evidence_of(home.journals, run_id)
    return kept if kept.exists() else None


def _target(request: RunRequest, standby: Standby, home: Home) -> TargetSystem:
    if request.target_url is not None:
        kinds = {fault.failure_type for fault in request.scenario.failure_scenarios}
        if FailureType.NETWORK_LATENCY in kinds:
            return ProxiedTarget(request.target_url, home.logs)
        return LoopbackTarget(request.target_url)
    return standby.take(request.scenario.platform_size)
