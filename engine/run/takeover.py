"""Who offers which customers, whatever workers are lost: the arithmetic of taking over.

Of N workers, worker k offers the customers c with c mod N = k: the class (k, N). When it is lost,
its class is cut into as many as there are workers left, R, and the j-th of these takes
(k + N·j, N·R), for

    c mod N·R = k + N·j   ⟺   c mod N = k  and  ⌊c ÷ N⌋ mod R = j.

Classes a lost worker had itself taken over are small already: each goes whole to whoever has least
to do, or the number of classes would double with every loss. At any time every customer is in
exactly one class of one living worker.

A class also knows up to which second of the schedule its arrivals are accounted for, as offered or
as not offered: that is where its next holder goes on, so that none is counted twice or left out.
Every report says it of each class of its worker; one that a worker took over and has not reported
on stands where the worker before left it. What a lost worker did after its last report nobody
knows, so those arrivals count as not offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from engine.model.control import TakeOver


@dataclass(frozen=True, slots=True)
class Held:
    """A class of customers: those c with c mod `shares` = `share`."""

    share: int
    shares: int
    accounted_seconds: float = 0.0

    def until(self, seconds: float) -> Held:
        """Accounted for up to this second, if it was not already."""
        return replace(self, accounted_seconds=max(seconds, self.accounted_seconds))

    def cut(self, parts: int) -> list[Held]:
        """As many classes, which together are this one."""
        begin, size = self.share, self.shares
        return [replace(self, share=begin + size * j, shares=size * parts) for j in range(parts)]


@dataclass
class _Holder:
    own: Held
    taken: list[Held] = field(default_factory=list)
    finished: bool = False

    @property
    def part(self) -> float:
        """Its part of all customers, 0..1."""
        return sum(1 / held.shares for held in (self.own, *self.taken))


@dataclass(frozen=True, slots=True)
class Gap:
    """What became of one lost worker: who takes which class over, each from where.

    `since_seconds` is up to when it accounted for its own; `orders` is empty if nobody is left, or
    `nothing` was: all that it held was accounted for up to the plan's end.
    """

    worker: int
    since_seconds: float
    orders: list[tuple[int, TakeOver]]
    nothing: bool = False

    @property
    def until_seconds(self) -> float | None:
        """From when on others offer its arrivals; None if nobody does."""
        return self.orders[0][1].from_seconds if self.orders else None


class Coverage:
    """Which of `workers` workers offers which class of customers, of a plan this long."""

    def __init__(self, workers: int, duration_seconds: float) -> None:
        self._duration_seconds = duration_seconds
        self._living = {k: _Holder(Held(k, workers)) for k in range(workers)}

    def reported(self, worker: int, accounted_seconds: Sequence[float], final: bool) -> None:
        """A worker accounts for its own class, and those of orders obeyed, up to these seconds."""
        holder = self._living.get(worker)
        if holder is None:
            return
        if accounted_seconds:
            own, *taken = accounted_seconds
            holder.own = holder.own.until(own)
            for at, seconds in enumerate(taken):
                holder.taken[at] = holder.taken[at].until(seconds)
        holder.finished = final

    def lose(self, workers: Iterable[int], from_seconds: float) -> list[Gap]:
        """Divide what these workers held among those left, who offer it from `from_seconds` on.

        Never later than at the plan's end: until then all of it is not offered.
        """
        from_seconds = min(from_seconds, self._duration_seconds)
        lost = [(worker, self._living.pop(worker)) for worker in workers if worker in self._living]
        return [self._gap(worker, holder, from_seconds) for worker, holder in lost]

    def _gap(self, worker: int, lost: _Holder, from_seconds: float) -> Gap:
        since = min(held.accounted_seconds for held in (lost.own, *lost.taken))
        if since >= self._duration_seconds:
            return Gap(worker, since, [], nothing=True)
        return Gap(worker, lost.own.accounted_seconds, self._divide(lost, from_seconds))

    def _divide(self, lost: _Holder, from_seconds: float) -> list[tuple[int, TakeOver]]:
        left = [worker for worker, holder in self._living.items() if not holder.finished]
        if not left:
            return []
        dealt = list(zip(left, lost.own.cut(len(left)), strict=True))
        for worker, held in dealt:
            self._living[worker].taken.append(held)
        for held in lost.taken:
            idlest = min(left, key=lambda worker: self._living[worker].part)
            self._living[idlest].taken.append(held)
            dealt.append((idlest, held))
        return [(worker, _order(held, from_seconds)) for worker, held in dealt]


def _order(part: Held, from_seconds: float) -> TakeOver:
    return TakeOver(
        share=part.share,
        shares=part.shares,
        since_seconds=part.accounted_seconds,
        from_seconds=max(from_seconds, part.accounted_seconds),
    )
