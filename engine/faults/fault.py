"""What every fault offers, and what it is judged by.

A fault is one class in a file of its own: its parameters, how it is applied and cleared, and two
probes. A probe looks at what the platform and its clients do, never at what the platform says of
the order, and answers with what it measured: the fault's signature. Without one there is no proof.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from engine.model.control import PlatformReport
from engine.model.errors import TargetError
from engine.model.fault import FailureScenario, FailureType, FaultParameter
from engine.ports import FaultInjector

LEASE_MARGIN_SECONDS = 1.0  # how much longer the platform would keep an order than its time box
SETTLED_SECONDS = 1.25  # for how long nothing of it is seen before it counts as removed


class Before(NamedTuple):
    """The platform before a fault: reports of the last seconds, the newest last.

    There is at least one, but for faults that need none (`NEEDS_REPORT`).

    `p99_ms` is the clients' response p99 in the steady state, None with too few samples.
    """

    reports: tuple[PlatformReport, ...]
    p99_ms: float | None = None

    @property
    def newest(self) -> PlatformReport:
        """The last report before the onset."""
        return self.reports[-1]


class Sight(NamedTuple):
    """What a probe looks at: all since the onset, or since the fault was cleared.

    `reports` hold at least one, the newest last; `seconds` is how long it is since; `failed`
    counts transactions that failed since the onset; `p99` gives the
    clients' response p99 in ms over the last second of that, or over up to eight where a second
    holds too few samples; None where they do too.
    """

    reports: Sequence[PlatformReport]
    seconds: float
    failed: int
    p99: Callable[[], float | None]

    @property
    def newest(self) -> PlatformReport:
        """The last report."""
        return self.reports[-1]

    def latest(self, seconds: float = SETTLED_SECONDS) -> list[PlatformReport]:
        """The reports of the last so many seconds; empty as long as there are not so many."""
        if self.seconds < seconds:
            return []
        since = self.newest.at_ns - int(seconds * 1e9)
        return [report for report in self.reports if report.at_ns >= since]


class Fault(ABC):
    """One fault of a run, from its onset on.

    Args:
        spec: What is to be done; parameters it does not name are at their defaults.
        injector: The platform's side of faults.
        before: The platform before it.

    Attributes:
        share: What part is hit, in words and numbers; known once it is applied.
        message: What was done.
        proof: What the probe looks for.
    """

    TYPE: ClassVar[FailureType]
    SEVERITY: ClassVar[str]
    PARAMETERS: ClassVar[tuple[FaultParameter, ...]] = ()
    NEEDS: ClassVar[str] = (
        "it needs a target that takes orders and reports on its parts, as the reference platform"
    )
    NEEDS_REPORT: ClassVar[bool] = True
    proof: ClassVar[str]

    def __init__(self, spec: FailureScenario, injector: FaultInjector, before: Before) -> None:
        self.spec, self.injector, self.before = spec, injector, before
        self.share = self.message = ""

    @property
    @abstractmethod
    def tags(self) -> tuple[str, ...]:
        """The tags of its orders (`engine.model.orders.tag_of`): one fault at a time has each."""

    @abstractmethod
    def apply(self) -> None:
        """Break it; raises TargetError where this target cannot be broken so."""

    @property
    def whole_after_seconds(self) -> float:
        """How long after the onset all of it is on."""
        return 0.0

    def go_on(self, seconds: float) -> str | None:  # noqa: ARG002 - most have one step
        """Do what is due so many seconds after the onset; what was done, if anything."""
        return None

    def clear(self) -> None:
        """End it; idempotent."""
        self.injector.release(*self.tags)

    @abstractmethod
    def seen_on(self, sight: Sight) -> str | None:
        """Its signature since the onset in words and numbers, or None as long as there is none."""

    @abstractmethod
    def seen_off(self, sight: Sight) -> str | None:
        """What shows, since it was cleared, that it is gone, or None as long as nothing does."""

    @property
    def lease_seconds(self) -> float:
        """After which the platform ends it by itself."""
        return self.spec.duration_seconds + LEASE_MARGIN_SECONDS

    def value(self, name: str) -> float:
        """A parameter: as asked for, or its default."""
        return self.spec.parameters.get(name, self._default(name))

    def _default(self, name: str) -> float:
        found = next(one.default for one in self.PARAMETERS if one.name == name)
        assert found is not None, f"{name} has no default"
        return found

    def asked(self, name: str) -> float | None:
        """A parameter that has no default of its own: as asked for, or None."""
        return self.spec.parameters.get(name)


def per_second(
    reports: Sequence[PlatformReport], read: Callable[[PlatformReport], float]
) -> float | None:
    """How fast a counter rose over these reports, per second; None with less than two of them."""
    if len(reports) < 2 or reports[-1].at_ns <= reports[0].at_ns:
        return None
    seconds = (reports[-1].at_ns - reports[0].at_ns) / 1e9
    return max(0.0, read(reports[-1]) - read(reports[0])) / seconds


def known(rate: float | None, what: str) -> float:
    """The rate, or TargetError: what it is to be a share of was not measured yet."""
    if rate is None:
        msg = f"{what} was not measured yet: the run has only begun; try again in a second"
        raise TargetError(msg)
    return rate
