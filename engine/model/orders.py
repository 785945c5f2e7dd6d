"""Orders that break the embedded platform on purpose, and what it says of those that hold.

Every order is a lease: it ends by itself `lease_seconds` after it was given, whoever lives or hangs
by then, because the instant of its end travels with it on the monotonic clock that all processes of
a machine share. `given_ns` is that clock when the order was given; 0: when it arrives. A process
that is replaced meanwhile goes on with what is left of the lease.

A new order takes the place of the one that holds with the same tag (of an `AgentDelay`: for the
same agent). `Release` ends them by tag. Read as part of `control`.
"""

from __future__ import annotations

import msgspec


class HoldDown(msgspec.Struct, frozen=True, kw_only=True, tag="hold_down"):
    """Kill these scorers (SIGKILL), and again as they return, until released or the lease ends."""

    scorers: list[int]
    lease_seconds: float
    given_ns: int = 0


class AgentDelay(msgspec.Struct, frozen=True, kw_only=True, tag="agent_delay"):
    """This share of an agent's calls sleeps first, in every scorer; 0 seconds ends it."""

    agent: str
    seconds: float
    share: float = 1.0
    lease_seconds: float
    given_ns: int = 0


class ReasoningLimit(msgspec.Struct, frozen=True, kw_only=True, tag="reasoning_limit"):
    """The reasoning tier refuses (429) what is beyond this rate over all scorers.

    A refused decision goes out by the vote alone, without its causes, and is counted.
    """

    per_second: float
    lease_seconds: float
    given_ns: int = 0


class JournalLimit(msgspec.Struct, frozen=True, kw_only=True, tag="journal_limit"):
    """The journal takes no more than so many rows a second.

    A group commit beyond that is refused and tried again after exponential backoff with jitter, so
    its queue grows; what would wait for too long is answered 503 with Retry-After. Nothing is
    acknowledged before it is committed, now as ever. 0 rows: none at all.
    """

    rows_per_second: float
    lease_seconds: float
    given_ns: int = 0


class ConnectionDelay(msgspec.Struct, frozen=True, kw_only=True, tag="connection_delay"):
    """Answers on this share of the edge's connections leave `seconds` ± `jitter_seconds` later.

    Which connections they are does not change while the order holds, new ones are among them, and
    the answers of one connection keep their order. The jitter is uniform.
    """

    share: float
    seconds: float
    jitter_seconds: float = 0.0
    lease_seconds: float
    given_ns: int = 0


class IntakeStall(msgspec.Struct, frozen=True, kw_only=True, tag="intake_stall"):
    """In this share of each second (`STALL_PERIOD_SECONDS`) nothing is handed to the scorers.

    What comes meanwhile is taken and waits, and is caught up with in the rest of the period.
    """

    share: float
    lease_seconds: float
    given_ns: int = 0


class Ballast(msgspec.Struct, frozen=True, kw_only=True, tag="ballast"):
    """Each scorer takes this share of its customers' memory limit (`MOST_BYTES`), and touches it.

    Its customers live in the rest, the least recently seen forgotten; freed at once at the end.
    """

    share: float
    lease_seconds: float
    given_ns: int = 0


class LinkTrouble(msgspec.Struct, frozen=True, kw_only=True, tag="link_trouble"):
    """To the in-path proxy: what else is wrong with this share of the connections.

    `reset_share` of the pieces a client sends reset its connection; answers leave no faster than
    `bytes_per_second` (0: as they come); in a `blackout` nothing passes until the order ends.
    """

    share: float
    reset_share: float = 0.0
    bytes_per_second: float = 0.0
    blackout: bool = False
    lease_seconds: float
    given_ns: int = 0


class ProxySettings(msgspec.Struct, frozen=True, kw_only=True):
    """To the in-path proxy: where to listen, and where what comes there goes."""

    listen: str
    host: str
    port: int


class ProxyReady(msgspec.Struct, frozen=True, kw_only=True):
    """Of the in-path proxy: it listens there."""

    port: int


FaultOrder = (
    HoldDown | AgentDelay | ReasoningLimit | JournalLimit | ConnectionDelay | IntakeStall | Ballast
)

STALL_PERIOD_SECONDS = 1.0


class Release(msgspec.Struct, frozen=True, tag="release"):
    """End the orders with these tags, all of them without any; idempotent.

    A tag is that of an order's class (`tag_of`), such as `journal_limit`; `agent_delay:NAME` is
    that of one agent, `agent_delay` of all.
    """

    what: tuple[str, ...] = ()


def tag_of(order: FaultOrder) -> str:
    """The tag by which an order is released and reported; with the agent's name, if it has one."""
    tag = str(type(order).__struct_config__.tag)
    return f"{tag}:{order.agent}" if isinstance(order, AgentDelay) else tag


def named_by(what: tuple[str, ...], tag: str) -> bool:
    """Whether a `Release` of these tags ends the order with that one."""
    return not what or tag in what or tag.partition(":")[0] in what


class FaultState(msgspec.Struct, frozen=True, kw_only=True):
    """An order that holds: its tag, when it ends, and what it did so far.

    Instants on the shared monotonic clock. `did` counts since the order came, by name:

    - hold_down: `killed` processes, `held` scorers now;
    - agent_delay:NAME: `delayed` calls of this agent;
    - reasoning_limit: `refused` transactions (429);
    - journal_limit: `refused` commits, `waited_ms` for capacity;
    - connection_delay: `delayed` answers, `delay_ms` in all, `connections` of them now;
    - intake_stall: `stalls`, `stalled_ms`;
    - ballast: `bytes` taken and touched now (all scorers), `evictions`.
    """

    tag: str
    began_ns: int
    until_ns: int
    seconds_left: float
    did: dict[str, float] = {}
