"""Faults injected into the platform, by lease: what holds now, as each process is to be told.

The supervisor keeps it, so a process that comes back is told again. Each order carries the instant
at which it ends, on the clock that all processes of a machine share: it ends there even if nobody
clears it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec

from engine.model.orders import (
    AgentDelay,
    Ballast,
    ConnectionDelay,
    FaultOrder,
    FaultState,
    HoldDown,
    IntakeStall,
    JournalLimit,
    ReasoningLimit,
    named_by,
    tag_of,
)
from engine.platform.answer import AGENTS
from engine.platform.wire import Burdens, Cut, Delay, EdgeBurdens, Lag, Limit, Load, Pauses

Order = TypeVar("Order", bound=FaultOrder)
Found = TypeVar("Found")
Did = dict[str, dict[str, float]]
"""What was done by order so far, by tag and name."""

GAUGES = frozenset({"held", "connections", "bytes"})  # the others count up


class Lease(NamedTuple):
    """An order that was given, and what had been done by its tag before; instants in ns."""

    order: FaultOrder
    began_ns: int
    until_ns: int
    before: dict[str, float]


class Injected:
    """The newest order of each tag."""

    def __init__(self) -> None:
        self._leases: dict[str, Lease] = {}

    def take(self, order: FaultOrder, now_ns: int, did: Did | None = None) -> None:
        """Let an order hold from now on; of an unknown agent or without seconds there is none.

        Args:
            order: In place of the one with its tag; the same but for its lease goes on.
            now_ns: On the clock that its `given_ns` is of.
            did: What was done so far.
        """
        tag = tag_of(order)
        former = self._leases.pop(tag, None)
        if isinstance(order, AgentDelay) and (order.agent not in AGENTS or order.seconds <= 0.0):
            return
        given_ns = min(order.given_ns or now_ns, now_ns)
        until_ns = given_ns + int(order.lease_seconds * 1e9)
        began_ns, before = now_ns, dict((did or {}).get(tag, {}))
        if former is not None and former.until_ns > now_ns and _same(former.order, order):
            began_ns, before = former.began_ns, former.before
        self._leases[tag] = Lease(order, began_ns, until_ns, before)

    def release(self, what: tuple[str, ...] = ()) -> None:
        """End the orders with these tags, all without any; idempotent."""
        for tag in [tag for tag in self._leases if named_by(what, tag)]:
            del self._leases[tag]

    def ends(self, now_ns: int) -> list[int]:
        """When each order that holds ends."""
        return [lease.until_ns for lease in self._leases.values() if lease.until_ns > now_ns]

    def states(self, now_ns: int, did: Did) -> list[FaultState]:
        """The orders that hold, with what they did."""
        return [
            FaultState(
                tag=tag,
                began_ns=lease.began_ns,
                until_ns=lease.until_ns,
                seconds_left=(lease.until_ns - now_ns) / 1e9,
                did={
                    name: total if name in GAUGES else total - lease.before.get(name, 0.0)
                    for name, total in did.get(tag, {}).items()
                },
            )
            for tag, lease in self._leases.items()
            if lease.until_ns > now_ns
        ]

    def held_down(self, now_ns: int) -> list[int]:
        """The scorers to be kept down."""
        return [index for order, _ in self._holding(HoldDown, now_ns) for index in order.scorers]

    def burdens(self, scorers: int, now_ns: int) -> Burdens:
        """What each of so many scorers has to bear: its share of a limit."""
        return Burdens(
            [
                Delay(AGENTS.index(one.agent), one.seconds, one.share, until_ns)
                for one, until_ns in self._holding(AgentDelay, now_ns)
            ],
            _first(
                Limit(max(one.per_second, 0.0) / scorers, until_ns)
                for one, until_ns in self._holding(ReasoningLimit, now_ns)
            ),
            _first(Load(one.share, until_ns) for one, until_ns in self._holding(Ballast, now_ns)),
        )

    def edge_burdens(self, now_ns: int) -> EdgeBurdens:
        """What the edge has to bear."""
        return EdgeBurdens(
            _first(
                Cut(max(one.rows_per_second, 0.0), until_ns)
                for one, until_ns in self._holding(JournalLimit, now_ns)
            ),
            _first(
                Lag(one.share, one.seconds, one.jitter_seconds, until_ns)
                for one, until_ns in self._holding(ConnectionDelay, now_ns)
            ),
            _first(
                Pauses(one.share, until_ns) for one, until_ns in self._holding(IntakeStall, now_ns)
            ),
        )

    def _holding(self, kind: type[Order], now_ns: int) -> list[tuple[Order, int]]:
        """The orders of a kind that hold, each with its end."""
        return [
            (lease.order, lease.until_ns)
            for lease in self._leases.values()
            if isinstance(lease.order, kind) and lease.until_ns > now_ns
        ]


def _first(found: Iterable[Found]) -> Found | None:
    return next(iter(found), None)


def _same(one: FaultOrder, other: FaultOrder) -> bool:
    """Whether they are alike but for their lease."""
    lease = {"given_ns": 0, "lease_seconds": 0.0}
    return bool(msgspec.structs.replace(one, **lease) == msgspec.structs.replace(other, **lease))
