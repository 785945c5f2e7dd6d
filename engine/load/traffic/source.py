"""The traffic a plan asks for: the one place that knows what kinds of it there are."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.own import OwnTraffic
from engine.load.traffic.own_file import read_header
from engine.load.traffic.simulator import BLOCK, FRAUD_KINDS, Simulator
from engine.model.control import WorkerPlan
from engine.model.errors import LimelightError
from engine.model.scenario import TrafficMix

__all__ = ["BLOCK", "Bodies", "Traffic", "TrafficBlock", "kinds_of", "traffic_of"]


class Bodies(Protocol):
    """JSON bodies, a row each."""

    def __getitem__(self, rows: slice, /) -> list[bytes]:
        """Those of consecutive rows."""


class TrafficBlock(Protocol):
    """Transactions of consecutive arrival numbers, a row each."""

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Arrival numbers, ascending."""

    @property
    def ids(self) -> NDArray[np.int64]:
        """The arrival number whose transaction id the body bears: an earlier one's in a repeat."""

    @property
    def customers(self) -> NDArray[np.int64]:
        """Whose they are."""

    @property
    def bodies(self) -> Bodies:
        """JSON bodies."""

    @property
    def kinds(self) -> NDArray[np.uint8]:
        """Fraud kind codes."""

    @property
    def rejects(self) -> NDArray[np.bool_]:
        """Whether a correct platform answers 400."""

    @property
    def values_usd(self) -> NDArray[np.float64]:
        """Amounts."""


class Traffic(Protocol):
    """Makes any block of a run, for one share of the customers."""

    def block(self, index: int) -> TrafficBlock:
        """Arrivals [index × BLOCK, (index + 1) × BLOCK) of this share."""

    def of(self, share: int, shares: int) -> Traffic:
        """The same traffic for another share; one thread must use both."""


def traffic_of(plan: WorkerPlan) -> Traffic:
    """The traffic of a plan's own share: own data where the plan names a file.

    Raises:
        LimelightError: there is no such mix, or the file is missing or damaged.
    """
    if plan.traffic_file:
        path, repeat = Path(plan.traffic_file), plan.traffic_repeat
        return OwnTraffic(path, plan.id_prefix, repeat=repeat).of(plan.share, plan.shares)
    return Simulator(plan.seed, _mix(plan.mix), plan.id_prefix, plan.share, plan.shares)


def kinds_of(plan: WorkerPlan) -> tuple[str, ...]:
    """What the codes in the `kinds` of its blocks stand for.

    Raises:
        LimelightError: the file it names is missing or damaged.
    """
    if plan.traffic_file:
        return tuple(read_header(Path(plan.traffic_file)).kinds)
    return FRAUD_KINDS


def _mix(name: str) -> TrafficMix:
    try:
        return TrafficMix(name)
    except ValueError as error:
        msg = f"mix must be one of {', '.join(TrafficMix)}, got {name!r}"
        raise LimelightError(msg) from error
