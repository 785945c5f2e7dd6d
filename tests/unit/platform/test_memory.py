"""Memory: bounded, and the same for the same transactions."""

from __future__ import annotations

from engine.platform.features import INDEX, NAMES, features
from engine.platform.geography import distance_km
from engine.platform.memory import (
    MOST_DEVICES,
    MOST_IPS,
    MOST_MERCHANTS,
    MOST_PLACES,
    RECENT,
    UNKNOWN,
    Memory,
    count,
    running,
)
from engine.platform.wire import Facts

PARIS, NEW_YORK = (48.857, 2.352), (40.713, -74.006)


def facts(seconds: float = 0.0, usd: float = 10.0, **changes: object) -> Facts:
    made = {
        "amount_usd": usd,
        "event_seconds": seconds,
        "merchant": "m",
        "category": "c",
        "located": True,
        "country": "FR",
        "latitude": PARIS[0],
        "longitude": PARIS[1],
        "device": "d",
        "card_type": "visa",
        "currency": "EUR",
        "ip_address": "10.0.0.1",
        "session": "s",
    }
    return Facts(**(made | changes))


def named(memory: Memory, one: Facts, user: str = "u") -> dict[str, float]:
    row = features(memory.customer(user), memory.category(one.category), 0, one)
    return dict(zip(NAMES, row, strict=True))


def test_a_row_has_a_number_for_every_name():
    assert len(INDEX) == len(NAMES) == len(set(NAMES))
    row = features(Memory().customer("u"), UNKNOWN, -1, facts(located=False, device="", session=""))
    assert len(row) == len(NAMES)


def test_looking_at_a_transaction_changes_nothing():
    memory = Memory()
    memory.learn("u", facts(0.0))
    assert named(memory, facts(60.0)) == named(memory, facts(60.0))
    assert len(memory) == 1


def test_velocity_counts_what_came_before_within_the_window():
    memory = Memory()
    for seconds in (0.0, 82_000.0, 85_000.0, 86_000.0):
        memory.learn("u", facts(seconds))
    found = named(memory, facts(86_500.0))
    assert (found["count_10min"], found["count_1h"], found["count_24h"]) == (1, 2, 3)


def test_a_known_device_has_an_age_and_a_new_one_none():
    memory = Memory()
    memory.learn("u", facts(0.0))
    known, new = named(memory, facts(7200.0)), named(memory, facts(7200.0, device="other"))
    assert known["device_times"] == 1
    assert abs(known["device_age_hours"] - 1.0986) < 1e-3  # log(1 + 2 h)
    assert (new["device_times"], new["device_age_hours"]) == (0, 0)
    assert named(memory, facts(7200.0, device=""))["device_times"] == -1


def test_travel_is_distance_over_time():
    memory = Memory()
    memory.learn("u", facts(0.0))
    found = named(memory, facts(7200.0, latitude=NEW_YORK[0], longitude=NEW_YORK[1], country="US"))
    assert abs(found["speed_kmh"] - distance_km(*PARIS, *NEW_YORK) / 2) < 1


def test_the_distance_of_two_cities_is_the_known_one():
    assert abs(distance_km(*PARIS, *NEW_YORK) - 5837) < 10
    assert distance_km(*PARIS, *PARIS) == 0


def test_the_least_recently_seen_customer_is_forgotten_first():
    memory = Memory(most=2)
    for user in ("a", "b", "a", "c"):
        memory.learn(user, facts())
    assert len(memory) == 2
    assert memory.customer("a").total == 2
    assert memory.customer("b").total == 0


def test_what_is_kept_of_a_customer_is_bounded():
    memory = Memory()
    for number in range(1_000):
        text = str(number)
        memory.learn(
            "u",
            facts(float(number), merchant=text, device=text, ip_address=text, latitude=number / 99),
        )
    customer = memory.customer("u")
    assert len(customer.recent) == RECENT
    assert len(customer.merchants) <= MOST_MERCHANTS
    assert len(customer.devices) <= MOST_DEVICES
    assert len(customer.ips) <= MOST_IPS
    assert len(customer.places) <= MOST_PLACES
    assert "999" in customer.devices
    assert customer.total == 1_000


def test_a_full_list_forgets_what_is_old_and_rare():
    seen: dict[str, int] = {}
    for key in "abacdefgh":
        count(seen, key, 6)
    assert seen == {"a": 2, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1}


def test_a_running_mean_is_the_mean_until_it_fades():
    past = UNKNOWN
    for value in (1.0, 2.0, 6.0):
        past = running(past, value)
    assert past[0] == 3
    assert abs(past[1] - 3) < 1e-12
    assert abs(past[2] - 14 / 3) < 1e-12


def test_memory_depends_on_the_transactions_only():
    one, other = Memory(), Memory()
    for number in range(200):
        fact = facts(number * 500.0, 5.0 + number % 7, device=str(number % 3))
        one.learn(f"u{number % 5}", fact)
        other.learn(f"u{number % 5}", fact)
        named(other, fact, "u1")
    assert named(one, facts(1e6), "u3") == named(other, facts(1e6), "u3")
