"""Calls that may hang, each given up at its deadline, at no cost while they do not.

Handing every batch to a helper thread and waiting for it costs two switches of threads, some 40 µs:
as much as deciding. So nobody hands anything over. The one thread that serves makes the calls
itself, and another one looks at it every `POLL_SECONDS`. When a call is past its deadline, it is
left: its seat counts as stuck, the thread in it is abandoned (it ends as soon as the call returns),
and a new thread goes on with that round after that call, and with everything else. So a round takes
at most

    number of calls × (deadline + POLL_SECONDS)

whatever they do. A stuck seat must not be asked before its call has returned: so there is at most
one abandoned thread a seat, however long calls hang.

Whether a call was in time is settled under the round's lock, so it is either left or answered.
What goes on after a call that was left must find its way by what is noted, not by where a thread
stood: hence `Round`, and works that can be begun again (`keep_working`).
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

POLL_SECONDS = 0.02


class Miss(Enum):
    """Why there is no answer."""

    LATE = "late"
    FAILED = "failed"


class LeftError(Exception):
    """This thread was left in a call: another one goes on, this one has nothing more to do."""


class Seat(Protocol):
    """Who is called; `stuck` while a call that nobody waits for has not returned."""

    stuck: bool

    @property
    def call(self) -> Callable[..., Any]:
        """What is called."""


class Round:
    """Calls to make over the same arguments, one after the other.

    Attributes:
        at: How many are made, or were left.
        answers: What each call returned, or why it did not; None until then.
        times_ns: How long each took, or was waited for.
    """

    def __init__(self, seats: list[Any], given: tuple[Any, ...]) -> None:
        self._seats: list[Seat] = seats
        self._given = given
        self._guard = threading.Lock()
        self._turn = 0
        self._began_ns = 0
        self.at = 0
        self.answers: list[Any] = [None] * len(seats)
        self.times_ns = [0] * len(seats)

    def go(self) -> None:
        """Make the calls that remain, in this thread.

        Raises:
            LeftError: a call was left meanwhile, so what remains is another thread's.
        """
        turn = self._turn
        while self.at < len(self._seats):
            seat = self._seats[self.at]
            began = self._began_ns = time.monotonic_ns()
            try:
                answer = seat.call(*self._given)
            except Exception:  # noqa: BLE001 - whatever it is, the others still answer
                answer = Miss.FAILED
            with self._guard:
                if turn != self._turn:
                    seat.stuck = False
                    raise LeftError
                self._note(answer, time.monotonic_ns() - began)

    def asks(self, seat: Seat, place: int) -> bool:
        """Whether that call of the round is this seat's."""
        return place < len(self._seats) and self._seats[place] is seat

    def late(self, deadline_ns: int) -> bool:
        """Whether the call under way is past this deadline; it is left then."""
        with self._guard:
            began = self._began_ns
            took = time.monotonic_ns() - began
            late = began > 0 and took >= deadline_ns
            if late:
                self._seats[self.at].stuck = True
                self._turn += 1
                self._note(Miss.LATE, took)
            return late

    def _note(self, answer: object, took_ns: int) -> None:
        self.answers[self.at] = answer
        self.times_ns[self.at] = took_ns
        self._began_ns = 0
        self.at += 1


class Calls:
    """The round under way, where the thread that looks can see it."""

    def __init__(self, deadline_ns: int) -> None:
        self._deadline_ns = deadline_ns
        self._round: Round | None = None

    def go(self, calls: Round) -> None:
        """Make the calls of a round, or go on with them.

        Raises:
            LeftError: as `Round.go`.
        """
        self._round = calls
        calls.go()
        self._round = None

    def late(self) -> bool:
        """Whether the call under way is late; it is left then."""
        under_way = self._round
        return under_way is not None and under_way.late(self._deadline_ns)


def keep_working(calls: Calls, work: Callable[[], None]) -> None:
    """Do `work` in a thread, and begin it again in a new one whenever a call of it is late.

    Returns when the work is done. An error in it ends the process, which others notice at once.
    """
    while True:
        worker = threading.Thread(target=_worked, args=(work,), name="work", daemon=True)
        worker.start()
        while not calls.late():
            worker.join(POLL_SECONDS)
            if not worker.is_alive():
                return


def _worked(work: Callable[[], None]) -> None:
    try:
        work()
    except LeftError:
        return
    except BaseException:  # noqa: BLE001 - a process whose work has ended only looks alive
        traceback.print_exc()
        os._exit(1)


def beside(seat: Seat, given: tuple[Any, ...]) -> Round:
    """Make one call in a thread of its own; nobody waits for it."""
    trial = Round([seat], given)

    def make() -> None:
        try:
            trial.go()
        except LeftError:
            return

    threading.Thread(target=make, name="trial", daemon=True).start()
    return trial
