"""What every fault offers: three functions over the platform's side of faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.model.control import PlatformReport
from engine.model.fault import FailureScenario
from engine.ports import FaultInjector


@dataclass(frozen=True)
class Applied:
    """A fault as it was applied.

    `share` is its true share in words, `message` says what was done, `proof` what the probe looks
    for; `victims` are the slots hit and `processes` those that were in them.
    """

    share: str
    message: str
    proof: str
    victims: tuple[int, ...]
    processes: tuple[int, ...]


@dataclass(frozen=True)
class Fault:
    """One type of fault: how to apply it, clear it, and see that it is on."""

    apply: Callable[[FailureScenario, FaultInjector, PlatformReport], Applied]
    clear: Callable[[FaultInjector], None]
    probe: Callable[[Applied, PlatformReport], bool]
