"""Who waits for a connection, and who goes next.

In a `SharedQueue` anybody takes any free connection, in order. In `Lanes` every simulated user has
one of his own, and his transactions wait for it in order even while others are free. Either way
a transaction that is tried again goes before those never tried, for it is older.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from engine.load.arrival import Arrival
from engine.load.senders.contract import Sender

Sent = Callable[[Arrival], None]


class Line:
    """Those who wait for the same connections: never tried (by schedule time), and to be again."""

    __slots__ = ("again", "first")

    def __init__(self) -> None:
        self.first: deque[Arrival] = deque()
        self.again: deque[Arrival] = deque()

    def overdue(self, due_ns: int) -> Iterable[Arrival]:
        """Take out those never tried that were due before this schedule time."""
        while self.first and self.first[0].due_ns < due_ns:
            yield self.first.popleft()

    def stale(self, queued_ns: int) -> Iterable[Arrival]:
        """Take out those to be tried again that have waited since before this instant."""
        while self.again and self.again[0].queued_ns < queued_ns:
            yield self.again.popleft()


class Queue(Protocol):
    """All who wait."""

    def add(self, arrivals: Iterable[Arrival]) -> int:
        """These are due, in this order; how many they are."""

    def add_again(self, arrival: Arrival) -> None:
        """This one may be tried again."""

    def pump(self, sender: Sender, first: Sent) -> int:
        """Send who can be sent; how many they were. `first` hears of those never tried before."""

    def freed(self, place: int, /) -> bool:
        """The connection of a place is free: whether somebody waits for it."""

    def lines(self, user: int | None = None, /) -> Collection[Line]:
        """Every line, or those a user waits in."""


class SharedQueue:
    """One line for all connections."""

    def __init__(self) -> None:
        self._line = Line()

    def add(self, arrivals: Iterable[Arrival]) -> int:
        """These are due, in this order; how many they are."""
        first = self._line.first
        before = len(first)
        first.extend(arrivals)
        return len(first) - before

    def add_again(self, arrival: Arrival) -> None:
        """This one may be tried again."""
        self._line.again.append(arrival)

    def pump(self, sender: Sender, first: Sent) -> int:
        """Send as long as somebody waits and a connection is free."""
        never, again, free, send = self._line.first, self._line.again, sender.free, sender.send
        made = 0
        while again and free:
            made += 1
            send(again.popleft())
        while never and free:
            made += 1
            arrival = never.popleft()
            send(arrival)
            first(arrival)
        return made

    def freed(self, _place: int, /) -> bool:
        """A connection is free: whether somebody waits."""
        return bool(self._line.first or self._line.again)

    def lines(self, _user: int | None = None, /) -> Collection[Line]:
        """The one line."""
        return (self._line,)


class Lanes:
    """A line for every user.

    `_turn` holds every user who waits while his connection is free, and perhaps some whose
    connection is not: whoever comes to wait is put there, and whoever's connection becomes free.
    """

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self._turn: deque[int] = deque()

    def add(self, arrivals: Iterable[Arrival]) -> int:
        """These are due, in this order; how many they are."""
        before = len(self._turn)
        for arrival in arrivals:
            self._line(arrival.user).first.append(arrival)
            self._turn.append(arrival.user)
        return len(self._turn) - before

    def add_again(self, arrival: Arrival) -> None:
        """This one may be tried again."""
        self._line(arrival.user).again.append(arrival)
        self._turn.append(arrival.user)

    def pump(self, sender: Sender, first: Sent) -> int:
        """Send the next of every user who waits and whose connection is free."""
        turn, free, send = self._turn, sender.free, sender.send
        made = 0
        while turn:
            user = turn.popleft()
            line = self._lines[user]
            if user not in free or not (line.again or line.first):
                continue
            made += 1
            if line.again:
                send(line.again.popleft())
            else:
                arrival = line.first.popleft()
                send(arrival)
                first(arrival)
        return made

    def freed(self, place: int, /) -> bool:
        """A user's connection is free: whether he waits."""
        line = self._lines.get(place)
        waits = line is not None and bool(line.first or line.again)
        if waits:
            self._turn.append(place)
        return waits

    def lines(self, user: int | None = None, /) -> Collection[Line]:
        """Every line, or the one of a user."""
        if user is None:
            return self._lines.values()
        return (self._lines[user],) if user in self._lines else ()

    def _line(self, user: int) -> Line:
        line = self._lines.get(user)
        if line is None:
            line = self._lines[user] = Line()
        return line
