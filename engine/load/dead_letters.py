"""The dead-letter queue of one worker: what failed after its retries, kept until it is redriven.

Every transaction that counts as failed is a dead letter, and stays failed in the tick in which it
failed; what becomes of it later is counted beside it:

    failed = dead lettered = redriven + stranded + dead letters now

`stranded` are those nobody can redrive: there was no room to keep them, they were under way when
the run ended, or were kept by a worker that was lost. Letters that were answered in a way that a
further attempt would not change, and those redriven in vain, are parked: they wait for a redrive by
hand.
"""

from __future__ import annotations

import heapq
import re

from engine.load.arrival import Arrival
from engine.load.ledger import Totals
from engine.load.outcome import RETRYABLE, Outcome
from engine.load.shelf import Letter, Prepare, Shelf
from engine.model.dead_letter import DeadLetter, LetterState, Why

MOST_SHOWN = 20

_CUSTOMER = re.compile(rb'"user_id"\s*:\s*"([^"]*)"')


class DeadLetters:
    """All dead letters of a worker, in the order they failed in, but for those parked.

    What memory has no room for lies in `folder`.
    """

    def __init__(self, totals: Totals, id_prefix: str, folder: str = "") -> None:
        self._totals, self._prefix, self._folder = totals, id_prefix, folder
        self.prepare: Prepare = bytes  # the sender's: makes a request of a body again
        self._back: list[tuple[int, Letter]] = []
        self._waiting, self._parked, self._unparked = (self._shelf() for _ in range(3))
        self._turn = 0
        self._news: dict[int, tuple[Letter, LetterState]] = {}

    @property
    def waiting(self) -> int:
        """How many may be redriven without being asked for."""
        return len(self._back) + len(self._unparked) + len(self._waiting)

    @property
    def kept(self) -> int:
        """How many there are, parked or not."""
        return self.waiting + len(self._parked)

    def add(self, arrival: Arrival, outcome: Outcome, why: Why, now_ns: int) -> None:
        """This one has failed."""
        self._turn += 1
        self._totals.dead_lettered += 1
        letter = Letter(arrival, self._turn, outcome.value, why, now_ns)
        if outcome in RETRYABLE:
            self._keep(letter, self._waiting, LetterState.WAITING)
        else:
            self._keep(letter, self._parked, LetterState.PARKED)

    def first(self) -> Letter | None:
        """Who is to be redriven next."""
        if self._back:
            return self._back[0][1]
        return self._unparked.first() or self._waiting.first()

    def take(self) -> None:
        """Take out what `first` returned."""
        if self._back:
            heapq.heappop(self._back)
        else:
            (self._unparked if len(self._unparked) else self._waiting).take()

    def put_back(self, letter: Letter) -> None:
        """It was not redriven: it goes before all that failed after it."""
        heapq.heappush(self._back, (letter.turn, letter))

    def park(self, letter: Letter) -> None:
        """It was redriven in vain, and is not again unless somebody says so."""
        self._keep(letter, self._parked, LetterState.PARKED)

    def unpark(self) -> None:
        """Have those that are parked redriven too."""
        if not len(self._unparked):
            self._unparked, self._parked = self._parked, self._unparked

    def redriven(self, letter: Letter) -> None:
        """It has got its answer."""
        self._totals.redriven += 1
        self._tell(letter, LetterState.REDRIVEN)

    def strand(self, count: int) -> None:
        """So many failed of which nothing is kept."""
        self._totals.dead_lettered += count
        self._totals.stranded += count

    def close(self) -> None:
        """Nothing is redriven any more."""
        for shelf in (self._waiting, self._parked, self._unparked):
            shelf.close()

    def news(self) -> tuple[DeadLetter, ...]:
        """The newest, and what became of the newest, since this was asked last."""
        shown = tuple(self._shown(letter, state) for letter, state in self._news.values())
        self._news.clear()
        return shown

    def _shelf(self) -> Shelf:
        return Shelf(lambda body: self.prepare(body), self._folder)

    def _keep(self, letter: Letter, shelf: Shelf, state: LetterState) -> None:
        if not shelf.add(letter):
            self._totals.stranded += 1
            state = LetterState.NOT_KEPT
        self._tell(letter, state)

    def _tell(self, letter: Letter, state: LetterState) -> None:
        """Its state, in place of the one before; who failed first gives way, as where they show."""
        self._news[letter.turn] = letter, state
        if len(self._news) > MOST_SHOWN:
            del self._news[min(self._news)]

    def _shown(self, letter: Letter, state: LetterState) -> DeadLetter:
        arrival = letter.arrival
        return DeadLetter(
            id=f"{self._prefix}{arrival.id:012d}",
            customer=customer_of(arrival.request),
            due_ns=arrival.due_ns,
            failed_ns=letter.failed_ns,
            attempts=arrival.attempts,
            redrives=letter.redrives,
            outcome=letter.outcome,
            why=letter.why,
            state=state,
        )


def customer_of(request: bytes) -> str:
    """The user id in a request's body; empty if there is none."""
    found = _CUSTOMER.search(request)
    return found[1].decode("utf-8", "replace") if found else ""
