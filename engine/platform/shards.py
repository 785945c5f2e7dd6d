"""Shards: which scorer has which customers, as a table that changes a little at a time.

A customer's stable hash falls into one of `SHARDS` shards for good; the table says which scorer has
each shard. With another number of scorers only as many shards move as have to: each scorer has
⌊SHARDS ÷ scorers⌋ of them or one more, and keeps what it has up to that.
"""

from __future__ import annotations

from collections.abc import Sequence

SHARDS = 64

Owners = list[int]
"""The scorer of each shard, by shard."""


def shard_of(route: int) -> int:
    """The shard of a customer's stable hash."""
    return route % SHARDS


def first_deal(scorers: int) -> Owners:
    """The table of a platform that begins with so many scorers."""
    return [shard % scorers for shard in range(SHARDS)]


def dealt(owners: Sequence[int], scorers: int) -> Owners:
    """The table for scorers 0 to `scorers` - 1 that is nearest to this one."""
    each, rest = divmod(SHARDS, scorers)
    having = [sum(owner == index for owner in owners) for index in range(scorers)]
    largest = sorted(range(scorers), key=lambda index: -having[index])
    room = {index: each + (place < rest) for place, index in enumerate(largest)}
    new: list[int | None] = []
    for owner in owners:
        keeps = room.get(owner, 0) > 0
        new.append(owner if keeps else None)
        if keeps:
            room[owner] -= 1
    free = [index for index in range(scorers) for _ in range(room[index])]
    return [free.pop(0) if owner is None else owner for owner in new]


def gained(before: Sequence[int], after: Sequence[int]) -> dict[int, list[int]]:
    """The shards that move, by the scorer that gets them."""
    moves: dict[int, list[int]] = {}
    for shard, (old, new) in enumerate(zip(before, after, strict=True)):
        if old != new:
            moves.setdefault(new, []).append(shard)
    return moves


def had_by(owners: Sequence[int], index: int) -> list[int]:
    """The shards of one scorer."""
    return [shard for shard, owner in enumerate(owners) if owner == index]
