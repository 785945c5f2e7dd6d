"""All the arrivals one worker offers: its own share's, and those it took over from lost workers.

A share that was taken over begins at the arrival the lost worker had not reported any more. What
was due before the takeover is nobody's to offer any more: it is counted, exactly, as not offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.load.feed import Feed, Making
from engine.load.pacer import NEVER_NS, Pacer
from engine.load.ready import Taken
from engine.model.control import TakeOver


@dataclass(slots=True)
class _TakenOver:
    """A feed whose arrivals due before `from_ns` are not offered."""

    order: TakeOver
    feed: Feed
    from_ns: int


class Feeds:
    """One worker's feeds as one.

    `not_offered` counts the arrivals of shares taken over that came before their takeover.
    """

    def __init__(self, own: Feed, making: Making) -> None:
        self._own, self._making = own, making
        self._others: list[_TakenOver] = []
        self.not_offered = 0
        self._arrived = own.arrived

    def tell(self, arrived: Callable[[], None]) -> None:
        """Call this when there is something to take again after there was not."""
        self._arrived = self._own.arrived = arrived

    def take(self, before_ns: int) -> Taken:
        """The next arrivals due before this schedule time, in order of their due instants."""
        if not self._others:
            return self._own.take(before_ns)
        taken = [_all_of(self._own, before_ns)]
        for other in self._others:
            skipped, _ = _all_of(other.feed, min(before_ns, other.from_ns))
            self.not_offered += len(skipped)
            if before_ns > other.from_ns:
                taken.append(_all_of(other.feed, before_ns))
        return _merged([some for some in taken if some[0]])

    def next_due_ns(self) -> int | None:
        """Schedule time of the next arrival; None if it is not made yet, or there is none."""
        if not self._others:
            return self._own.next_due_ns()
        due = [self._own.next_due_ns(), *(other.feed.next_due_ns() for other in self._others)]
        return min((one for one in due if one is not None), default=None)

    def gave_before(self, schedule_ns: int) -> bool:
        """Whether every arrival due before this schedule time was taken."""
        every = [self._own, *(other.feed for other in self._others)]
        return all(feed.gave_before(schedule_ns) for feed in every)

    def take_over(self, order: TakeOver, pacer: Pacer, now_ns: int) -> None:
        """Offer another share as well; the same order twice is one."""
        known = {(other.order.share, other.order.shares) for other in self._others}
        if (order.share, order.shares) in known:
            return
        since_ns = round(order.since_seconds * 1e9)
        ended = since_ns >= round(pacer.profile.duration_seconds * 1e9)
        first = pacer.count_before_ns(NEVER_NS if ended else since_ns)
        feed = Feed(self._making, (order.share, order.shares), pacer, first)
        feed.arrived = self._arrived
        self._others.append(_TakenOver(order, feed, round(order.from_seconds * 1e9)))
        feed.repace(pacer, now_ns)

    def accounted_seconds(self, before_ns: int) -> tuple[float, ...]:
        """Up to when every arrival was taken, at most this time: its own, and of each order."""
        every = [self._own, *(other.feed for other in self._others)]
        return tuple(max(feed.accounted_ns(before_ns), 0) / 1e9 for feed in every)

    def offer_no_more(self) -> None:
        """Count all that is still to come from shares taken over as not offered."""
        for other in self._others:
            other.from_ns = NEVER_NS

    def repace(self, pacer: Pacer, now_ns: int) -> None:
        """What is not taken yet is due as this pacer has it."""
        for feed in [self._own, *(other.feed for other in self._others)]:
            feed.repace(pacer, now_ns)

    def close(self) -> None:
        """Make no more, and give none."""
        for feed in [self._own, *(other.feed for other in self._others)]:
            feed.close()
        self._making.maker.close()


def _all_of(feed: Feed, before_ns: int) -> Taken:
    due_ns, arrivals = feed.take(before_ns)
    if due_ns:
        due_ns, arrivals = list(due_ns), list(arrivals)
        while (more := feed.take(before_ns))[0]:
            due_ns += more[0]
            arrivals += more[1]
    return due_ns, arrivals


def _merged(taken: list[Taken]) -> Taken:
    if len(taken) == 1:
        return taken[0]
    arrivals = [arrival for some in taken for arrival in some[1]]
    arrivals.sort(key=lambda arrival: arrival.due_ns)
    return [arrival.due_ns for arrival in arrivals], arrivals
