"""Compromised terminals: cards read at one shop in a window, and abused after it.

Transaction n may depend on (seed, mix, n) only, so nobody can look up who happened to visit a shop.
It is planned from the other end: an *incident* is a terminal and a window of four to 28 days (the
Handbook's terminals stay compromised for 28; see `roles`). Its victims are drawn by number, and
each pays there once in the window, in an honest transaction (role VISIT) like any other. In the
following window of the same length their cards are used by thieves, some once or twice, some often,
some never. Incidents overlap; each is followed by the next at another terminal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.customers import Customers, Slots, by_bits
from engine.load.traffic.draws import F64, I64, U64, keys, mixed, pick, unit
from engine.load.traffic.roles import CLONED
from engine.load.traffic.sequences import BLOCK, campaign

SHORTEST_BLOCKS, MORE_BLOCKS = 40, 240  # of a window; a block is about 2.5 hours
VICTIMS = 30  # an incident, on average
_MEAN_BLOCKS = SHORTEST_BLOCKS + (MORE_BLOCKS - 1) / 2
_ROOM = 65_536  # numbers for victims of one incident


@dataclass(frozen=True)
class Visits:
    """Honest purchases at terminals being compromised, by the block position they wish for."""

    customer: I64
    origin: U64
    sequence: U64
    wish: F64


class Terminals:
    """The incidents of a (seed, mix); `share` is that of their frauds in all transactions."""

    def __init__(
        self, seed: int, mix: str, share: float, customers: Customers, anyone: Slots
    ) -> None:
        names = ("phase", "window", "where", "victim", "at", "case", "who", "abused")
        streams = keys(seed, mix, "terminals", names=names)
        self._where, self._victim, self._at, self._case, self._who, self._abused = streams[2:]
        a_block = share * BLOCK / campaign(CLONED).mean_length
        self._slots = max(1, round(a_block * _MEAN_BLOCKS / VICTIMS))
        self._rate = a_block / self._slots  # victims a block and slot
        slot = np.arange(self._slots)
        self._phase = pick(mixed(slot, streams[0]), 10_000)
        self._window = SHORTEST_BLOCKS + pick(mixed(slot, streams[1]), MORE_BLOCKS)
        self._anyone = anyone
        self._city = customers.city
        self._by_city = np.argsort(customers.city, kind="stable")
        self._count = np.bincount(customers.city)
        self._first = np.cumsum(self._count) - self._count

    def visits(self, block: int) -> Visits:
        """Who pays in this block at a terminal that is being compromised."""
        window, into = np.divmod(block + self._phase, self._window)
        before = (into * self._rate).astype(np.int64)
        count = ((into + 1) * self._rate).astype(np.int64) - before
        slot = np.repeat(np.arange(self._slots), count)
        within = np.arange(len(slot)) - (np.cumsum(count) - count)[slot]
        incident = window[slot] * self._slots + slot
        victim = incident * _ROOM + before[slot] + within
        sequence = mixed(victim, self._at)
        return Visits(
            customer=self._customer(incident, victim),
            origin=mixed(incident, self._where),
            sequence=sequence,
            wish=unit(sequence) * BLOCK,
        )

    def abused(self, block: int, bits: U64) -> tuple[I64, U64]:
        """Whose card each fraud of this block uses, and the bits all its frauds share."""
        slot = pick(bits, self._slots)
        window = (block + self._phase[slot]) // self._window[slot] - 1
        victims = np.maximum(1, (self._window[slot] * self._rate).astype(np.int64))
        incident = window * self._slots + slot
        victim = incident * _ROOM + pick(mixed(bits, self._abused), victims)
        return self._customer(incident, victim), mixed(victim, self._case)

    def _customer(self, incident: I64, victim: I64) -> I64:
        """A victim: somebody who lives in the terminal's city."""
        city = self._city[by_bits(self._anyone, mixed(incident, self._who))]
        place = self._first[city] + pick(mixed(victim, self._victim), self._count[city])
        customer: I64 = self._by_city[place]
        return customer
