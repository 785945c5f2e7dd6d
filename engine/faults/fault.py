"""What every fault offers: three functions over the platform's side of faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.model.control import PlatformReport
from engine.model.fault import FailureScenario
from engine.ports import FaultInjector


@dataclass(frozen=True)
class Applied:
    """A fault as it was applied: its true share in words, the slots hit and their processes."""

    share: str
    victims: tuple[int, ...]
    processes: tuple[int, ...]


@dataclass(frozen=True)
class Fault:
    """One type of fault: how to apply it, clear it, and see that it is on."""

    apply: Callable[[FailureScenario, FaultInjector, PlatformReport], Applied]
    clear: Callable[[FaultInjector], None]
    probe: Callable[[Applied, PlatformReport], bool]
