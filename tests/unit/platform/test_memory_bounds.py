"""Memory within its bounds for any stream; and what a rebuild from the journal gives back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from sys import getsizeof
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.platform import memory as bounds
from engine.platform.admission import route_of
from engine.platform.agents.risk_assessor import ASSETS
from engine.platform.features import NAMES, features
from engine.platform.journal import Journal
from engine.platform.memory import Customer, Memory
from engine.platform.past import REBUILD_EACH, newest_of
from engine.platform.pipeline import Pipeline
from engine.platform.shards import SHARDS, shard_of
from engine.platform.wire import Facts

MOST, MOST_BYTES = 5, 12_000
_pack = msgspec.msgpack.encode

users = st.integers(0, 12).map("user-{}".format)
# Names as long as may be, of characters of one to four bytes; few enough to come again, too.
names = st.one_of(
    st.integers(0, 300).map(lambda n: f"{n:03d}" + "x" * (n % 60)),
    st.integers(0, 300).map(lambda n: chr(0x1F600 + n % 60) * 60 + str(n)),
)
streams = st.lists(
    st.tuples(users, st.builds(
        Facts,
        amount_usd=st.floats(0.01, 1e6),
        event_seconds=st.floats(0.0, 1e9),
        merchant=names,
        category=names,
        located=st.booleans(),
        country=st.just("FR"),
        latitude=st.floats(-90, 90),
        longitude=st.floats(-180, 180),
        device=names,
        card_type=st.just("visa"),
        currency=st.just("EUR"),
        ip_address=names,
        session=names,
    )),
    min_size=1,
    max_size=60,
)  # fmt: skip


def size_of(customer: Customer) -> int:
    """Bytes of a customer, its lists and dicts with all that is in them."""
    total = getsizeof(customer)
    seen: set[int] = set()

    def add(one: Any) -> int:
        if id(one) in seen:
            return 0
        seen.add(id(one))
        inside = [*one, *one.values()] if isinstance(one, dict) else one
        if isinstance(one, dict | list | tuple):
            return getsizeof(one) + sum(add(part) for part in inside)
        return getsizeof(one)

    return total + sum(add(getattr(customer, name)) for name in customer.__slots__)


def lists_of(customer: Customer) -> Iterator[tuple[int, int]]:
    """Entries in each of its lists, and how many there may be."""
    yield len(customer.recent), bounds.RECENT
    yield len(customer.devices), bounds.MOST_DEVICES
    yield len(customer.ips), bounds.MOST_IPS
    yield len(customer.sessions), bounds.MOST_SESSIONS
    yield len(customer.merchants), bounds.MOST_MERCHANTS
    yield len(customer.categories), bounds.MOST_CATEGORIES
    yield len(customer.places), bounds.MOST_PLACES


@settings(max_examples=25)
@given(streams)
def test_no_stream_takes_memory_beyond_its_bounds(stream: list[tuple[str, Facts]]):
    memory = Memory(MOST, MOST_BYTES)
    met: set[str] = set()
    for user, facts in stream:
        arrived = user not in memory
        gone = len(memory)
        before = memory.evictions
        memory.learn(user, facts)
        met.add(user)
        assert len(memory) <= MOST
        assert memory.bytes <= MOST_BYTES or len(memory) == 1
        assert len(memory) == gone + arrived - (memory.evictions - before)
        assert user in memory  # the newest is never the one forgotten
    kept = [memory.customer(user) for user in met if user in memory]
    assert sum(one.bytes for one in kept) == memory.bytes
    for one in kept:
        assert all(entries <= most for entries, most in lists_of(one))


def test_what_is_counted_is_at_least_what_a_customer_takes():
    for character in "xé\u20ac\U0001f600":
        memory = Memory()
        for n in range(200):
            text = f"{n:03d}" + character * 60
            at = {"latitude": n / 9, "longitude": n / 7}
            memory.learn("u", made(float(n), merchant=f"m{text}", category=f"c{text}",
                                   device=f"d{text}", ip_address=f"i{text}", session=f"s{text}",
                                   **at))  # fmt: skip
            taken = size_of(memory.customer("u")) if n % 10 == 0 else 0
            assert taken <= memory.bytes, (character, n)


def test_forgetting_everyone_leaves_nothing_counted():
    memory = Memory()
    for n in range(50):
        memory.learn(f"u{n % 7}", made(float(n), merchant=str(n), session=str(n)))
    memory.leave(lambda _: True)
    assert (len(memory), memory.bytes) == (0, 0)
    assert memory.evictions == 0  # they moved; nobody came in their place


def made(seconds: float, usd: float = 10.0, **changes: object) -> Facts:
    plain: dict[str, Any] = {
        "amount_usd": usd,
        "event_seconds": seconds,
        "merchant": "m",
        "category": "c",
        "located": True,
        "country": "FR",
        "latitude": 48.857,
        "longitude": 2.352,
        "device": "d",
        "card_type": "visa",
        "currency": "EUR",
        "ip_address": "10.0.0.1",
        "session": "s",
    }
    return Facts(**(plain | changes))


def journal_of(path: Path, rows: list[tuple[str, Facts]]) -> Path:
    """A journal as the edge writes it."""
    journal = Journal(path, lambda _tokens, _written: None)
    decided = ("EUR", "APPROVE", 0.0, 0.0, b"")
    for n, (user, facts) in enumerate(rows):
        journal.submit(
            [(f"t-{n:012d}", user, 1.0, *decided, _pack(facts), route_of(user), 0, n)], n
        )
    journal.close()
    return path


def varied(user: int, number: int) -> Facts:
    return made(
        1e6 + 977.0 * number + user,
        5.0 + (user * 31 + number * 7) % 90,
        merchant=f"m{(user + number) % 11}",
        category=f"c{(user * number) % 5}",
        device=f"d{user}-{number % 2}",
        ip_address=f"10.0.{user}.{number % 3}",
        session=f"s{user}-{number}",
        latitude=40.0 + (number % 4),
    )


def rows_of(memory: Memory, users: range) -> list[list[float]]:
    """Every feature of everybody's next transaction."""
    found = []
    for user in users:
        one = varied(user, 50)
        found.append(features(memory.customer(f"u{user}"), memory.category(one.category), 0, one))
    return found


def test_after_a_rebuild_every_feature_is_the_same_for_those_whose_past_is_in_reach(tmp_path: Path):
    users = range(20)
    rows = [(f"u{user}", varied(user, n)) for n in range(REBUILD_EACH) for user in users]
    journal = journal_of(tmp_path / "journal.db", rows)
    before, after = Pipeline(ASSETS), Pipeline(ASSETS)
    for user, facts in rows:
        before.memory.learn(user, facts)
    after.memory.learn("u3", varied(3, 999))  # whatever it knew is forgotten
    after.rebuild(newest_of(journal, range(SHARDS)).rows)
    assert rows_of(after.memory, users) == rows_of(before.memory, users)
    assert (len(after.memory), after.memory.bytes) == (len(before.memory), before.memory.bytes)


def test_one_with_a_longer_past_loses_what_is_older_and_keeps_what_is_recent(tmp_path: Path):
    rows = [("u1", varied(1, n)) for n in range(3 * REBUILD_EACH)]
    before, after = Memory(), Pipeline(ASSETS)
    for user, facts in rows:
        before.learn(user, facts)
    journal = journal_of(tmp_path / "journal.db", rows)
    after.rebuild(newest_of(journal, [shard_of(route_of("u1"))]).rows)
    old, new = before.customer("u1"), after.memory.customer("u1")
    assert (old.total, new.total) == (3 * REBUILD_EACH, REBUILD_EACH)
    assert new.recent == old.recent
    assert new.last_seconds == old.last_seconds
    one = varied(1, 80)
    both = [features(known, bounds.UNKNOWN, 0, one) for known in (old, new)]
    lost = {name for name, a, b in zip(NAMES, *both, strict=True) if a != b}
    assert "history" in lost
    assert not lost & {"count_10min", "count_1h", "count_24h", "usd_24h", "largest_24h",
                       "small_24h", "merchants_24h", "last_km", "hours_since_last"}  # fmt: skip
