"""Own data as the traffic of a run: row n of the file is arrival n.

A row depends on the file only. The customers are divided among the shares as the simulator's are,
so one customer's transactions go through one worker, in the order of the file. A file that is
repeated begins again after its last row, with new ids and with event time moved on by the length
of the file and the mean distance of two rows, so that no customer's clock goes back for it.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from engine.load.traffic.digits import decimal12, iso_times
from engine.load.traffic.draws import B8, F64, I64, U8
from engine.load.traffic.event_time import EPOCH_SECONDS
from engine.load.traffic.own_file import Header, open_mapped
from engine.load.traffic.simulator import BLOCK

MOST_NUMBERED = 1 << 32
_HOURS_KEPT = 10_000
_LATEST_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


def period_ms(header: Header) -> int:
    """How far event time moves on each time the file begins again."""
    span = header.last_ms - header.first_ms
    return span + max(1, span // max(header.rows - 1, 1))


def most_arrivals(header: Header, *, repeat: bool) -> int:
    """How many arrivals a file holds: its rows, or with repeat what event time has room for.

    At most `MOST_NUMBERED`, as arrival numbers are reported in 32 bits.
    """
    if not repeat:
        return header.rows
    times = 1 + (_LATEST_MS - header.last_ms) // period_ms(header)
    return min(header.rows * times, MOST_NUMBERED)


@dataclass(frozen=True)
class OwnBlock:
    """Transactions of one share, a row each, with the columns of the simulator's `Block`."""

    numbers: I64
    ids: I64
    customers: I64
    bodies: list[bytes]
    kinds: U8
    rejects: B8
    values_usd: F64


_END_MS = 253_402_300_799_000  # 9999-12-31T23:59:59Z


class OwnTraffic:
    """Makes any block of a file's transactions, for one share of the customers.

    Repeated, every time is one period later than the last time; where that would be beyond the year
    9999, which no timestamp can name, time begins again with the file's own.
    """

    def __init__(self, path: Path, id_prefix: str, *, repeat: bool = False) -> None:
        self._mapped = open_mapped(path)
        self._head = f'{{"id":"{id_prefix}'.encode("ascii")
        self._repeat = repeat
        self._period_ms = period_ms(self._mapped.header)
        latest_ms = int(self._mapped.time_ms.max(initial=0))
        self._repeats = 1 + (_END_MS - latest_ms) // self._period_ms
        self._hours: dict[int, bytes] = {}
        self.kinds = tuple(self._mapped.header.kinds)
        self._share, self.shares = 0, 1

    def of(self, share: int, shares: int) -> OwnTraffic:
        """The same traffic for another share; one thread must use both."""
        other = copy(self)
        other._share, other.shares = share, shares  # noqa: SLF001 -- a copy of itself
        return other

    def block(self, index: int) -> OwnBlock:
        """Arrivals [index × BLOCK, (index + 1) × BLOCK) of this share; none after the end."""
        file = self._mapped
        numbers = index * BLOCK + np.arange(BLOCK)
        if not self._repeat:
            numbers = numbers[numbers < file.header.rows]
        times, rows = np.divmod(numbers, file.header.rows)
        times %= self._repeats
        customers = file.customer[rows].astype(np.int64)
        own = np.flatnonzero(customers % self.shares == self._share)
        numbers, rows = numbers[own], rows[own]
        return OwnBlock(
            numbers=numbers,
            ids=numbers,
            customers=customers[own],
            bodies=self._bodies(numbers, rows, file.time_ms[rows] + times[own] * self._period_ms),
            kinds=file.kind[rows],
            rejects=np.zeros(len(rows), dtype=np.bool_),
            values_usd=file.value_usd[rows],
        )

    def _bodies(self, numbers: I64, rows: I64, time_ms: I64) -> list[bytes]:
        if len(self._hours) > _HOURS_KEPT:
            self._hours.clear()
        pieces = (
            [self._head] * len(rows),
            decimal12(numbers),
            [b'","timestamp":"'] * len(rows),
            iso_times(time_ms - EPOCH_SECONDS * 1000, self._hours),
            self._mapped.bodies(rows),
        )
        return list(map(b"".join, zip(*pieces, strict=True)))
