"""What a sender is: the one thing between a worker's pacing and the target.

A plan names its sender as `module:callable`; the callable takes `SenderSettings` and a `Receiver`
and returns a `Sender`. A sender is used on one event loop, never raises on what a target does,
and tells the receiver of every attempt exactly once how it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.load.arrival import Arrival
from engine.load.outcome import Outcome


@dataclass(frozen=True)
class SenderSettings:
    """Where to send to and how long to wait; times in seconds.

    With `users` > 0 every simulated user has a connection of its own, and `connections` is not
    used. `headers` go with every request; `proxy` (an http address) and `ca_file` (PEM) are for
    senders that can use them.
    """

    url: str
    connections: int
    connect_timeout_seconds: float
    request_timeout_seconds: float
    users: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    proxy: str = ""
    ca_file: str = ""

    @property
    def pool(self) -> int:
        """How many connections to keep."""
        return self.users or self.connections


class Receiver(Protocol):
    """Who is told what became of the attempts."""

    def answered(
        self, arrival: Arrival, status: int, body: bytes, retry_after: float | None, raw: bytes
    ) -> bool:
        """A complete answer; False if the connection is not to be trusted any more."""

    def answered_again(self, arrival: Arrival, status: int, body: bytes) -> None:
        """A further answer to an attempt that had already ended."""

    def broke(self, arrival: Arrival, outcome: Outcome) -> None:
        """The attempt ended without an answer."""

    def freed(self, place: int) -> None:
        """The connection of this place is free."""

    def connect_failed(self, began_ns: int, user: int | None) -> None:
        """A connection could not be made, and whoever waited for one since it was begun has none.

        That is this user if every user has a connection of his own, and everybody (None) if no
        connection is open at all.
        """


class Sender(Protocol):
    """Sends requests over connections it keeps, each in a place of its own."""

    @property
    def free(self) -> Collection[int]:
        """The places whose connections wait for a request."""

    @property
    def by_user(self) -> bool:
        """Whether place u carries the requests of user u, and no others."""

    @property
    def connections(self) -> int:
        """How many connections are open."""

    async def open(self) -> None:
        """Open the connections ahead of time; raises TargetError if not one can be made."""

    def prepare(self, body: bytes) -> bytes:
        """All bytes of the request that carries this JSON body; any thread may ask."""

    def send(self, arrival: Arrival) -> None:
        """Write the request of an arrival now, over any free connection, or its user's own.

        To be called only while there is one.
        """

    def sweep(self, now_ns: int) -> None:
        """Check deadlines and reconnect; to be called some twenty times a second."""

    def hide(self, data: bytes) -> bytes:
        """A request or an answer as it may be shown: without the values of secret headers."""

    def close(self) -> None:
        """Close every connection at once and tell nobody."""


SenderFactory = Callable[[SenderSettings, Receiver], Sender]
