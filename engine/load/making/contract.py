"""What makes a worker's traffic ahead of time, off its event loop."""

from __future__ import annotations

import asyncio
from typing import Protocol

from engine.load.traffic.source import TrafficBlock


class Maker(Protocol):
    """Makes any block of a run, for any share of its customers, in the order it was asked."""

    @property
    def block_size(self) -> int:
        """Arrival numbers a block covers, those of other shares included."""

    def make(self, share: int, shares: int, index: int) -> asyncio.Future[TrafficBlock]:
        """Arrivals [index × block size, (index + 1) × block size) of share `share` of `shares`.

        The future raises LimelightError if they cannot be made.
        """

    def cpu_seconds(self) -> float:
        """User and system time so far of processes of its own."""

    def rss_bytes(self) -> int:
        """Resident memory now of processes of its own."""

    def close(self) -> None:
        """Make no more."""
