"""What the supervisor tells its children to bear: faults injected into them; part of `wire`.

Each ends by itself at `until_ns`, on the monotonic clock that all processes share. A message holds
all that a child has to bear from now on, in place of what was told before; one that is told again
unchanged goes on as it is.
"""

from __future__ import annotations

import msgspec


class Delay(msgspec.Struct, frozen=True):
    """An agent's calls, this share of them, sleep first, until an instant of the shared clock."""

    agent: int
    seconds: float
    share: float
    until_ns: int


class Limit(msgspec.Struct, frozen=True):
    """The reasoning of one scorer is refused beyond this rate, until an instant."""

    per_second: float
    until_ns: int


class Load(msgspec.Struct, frozen=True):
    """A scorer takes this share of its customers' memory, until an instant."""

    share: float
    until_ns: int


class Burdens(msgspec.Struct, frozen=True, tag="burdens"):
    """To a scorer: all faults injected into it from now on, in place of those before."""

    delays: list[Delay] = []
    limit: Limit | None = None
    load: Load | None = None


class Cut(msgspec.Struct, frozen=True):
    """The journal takes no more than so many rows a second, until an instant."""

    rows_per_second: float
    until_ns: int


class Lag(msgspec.Struct, frozen=True):
    """Answers on this share of the connections leave so much later, until an instant."""

    share: float
    seconds: float
    jitter_seconds: float
    until_ns: int


class Pauses(msgspec.Struct, frozen=True):
    """In this share of each period nothing is handed to the scorers, until an instant."""

    share: float
    until_ns: int


class EdgeBurdens(msgspec.Struct, frozen=True, tag="edge_burdens"):
    """To the edge: all faults injected into it from now on, in place of those before."""

    cut: Cut | None = None
    lag: Lag | None = None
    pauses: Pauses | None = None
