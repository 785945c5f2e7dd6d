"""What each transaction looks like: category, shop, place, amount, device, address, card.

Honest customers travel, buy new phones, borrow a friend's, make large purchases and runs of small
ones. A card tester has the card number only; an account thief often also the device or a computer
near the victim. What is drawn for frauds overlaps with what honest customers do, field by field;
only behaviour against the customer's own history tells them apart, and not always.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.catalogue import (
    COUNT,
    MEDIAN_LOG,
    ONLINE,
    ONLINE_SHARE,
    PHYSICAL_PER_CITY,
    SIGMA,
    SMALL,
    TAKEN_OVER,
    TESTED,
    choice_table,
)
from engine.load.traffic.customers import SLOTS, Customers, by_bits, slots
from engine.load.traffic.draws import (
    B8,
    F64,
    I64,
    U8,
    U64,
    keys,
    mixed,
    normal,
    pick,
    uniforms,
    unit,
)
from engine.load.traffic.places import NEAR, POINTS, Places
from engine.load.traffic.plan import ERRANDS, SINGLE, SLOW_TESTING, SMALL_RUN, TAKEOVER, TESTING
from engine.model.scenario import TrafficMix

DAY_MS = 86_400_000
FORTNIGHT = 14.0
_ROW = ("category", "online", "habit", "shop", "z1", "z2", "z3", "z4", "large", "device", "odd")
_ROW_NAMES = (*_ROW, "ip", "missing", "missing_device", "currency", "card", "plain")
_TRAITS = ("city", "world", "point", "device", "hijack", "ip", "card", "near")
_LASTING = (
    "trip",
    "trip_start",
    "trip_length",
    "trip_far",
    "trip_city",
    "phone",
    "home_ip",
    "shop",
)


@dataclass(frozen=True)
class Deeds:
    """Transactions as columns. `address` −1 and `device` 0 stand for a field left out.

    `currency` indexes `Places.currency_codes`; `amount` is in it.
    """

    category: I64
    merchant: I64
    address: I64
    currency: I64
    amount: F64
    usd: F64
    device: U64
    ip: U64
    session: U64
    card: I64


@dataclass(frozen=True)
class Rows:
    """What is known of the transactions before they are drawn in detail."""

    numbers: I64
    event_ms: I64
    role: U8
    customer: I64
    origin: U64


class Behaviour:
    """Draws the details of planned transactions; any subset of them, in any order."""

    def __init__(self, seed: int, mix: TrafficMix, customers: Customers, places: Places) -> None:
        self._row_streams = keys(seed, str(mix), "rows", names=_ROW_NAMES)
        self._traits = dict(zip(_TRAITS, keys(seed, "traits", names=_TRAITS), strict=True))
        self._lasting = dict(zip(_LASTING, keys(seed, "lasting", names=_LASTING), strict=True))
        self._customers = customers
        self._places = places
        self._choices = choice_table()
        self._cities = slots(places.weights)
        self._net = len(places.names) * COUNT * PHYSICAL_PER_CITY
        self._usd = np.ones(len(places.currency_codes))
        self._usd[places.city_currency] = places.usd
        self._world = np.array([places.currency_codes.index(code) for code in ("USD", "EUR")])

    def draw(self, rows: Rows) -> Deeds:
        """The details of these transactions."""
        draw = dict(zip(_ROW_NAMES, uniforms(rows.numbers, self._row_streams), strict=True))
        people = self._customers
        testing = (rows.role == TESTING) | (rows.role == SLOW_TESTING)
        fraud = testing | (rows.role == TAKEOVER)
        identity = people.identity[rows.customer]
        hijack = (rows.role == TAKEOVER) & (self._trait(rows, "hijack") < 0.25)
        city, away = self._where(rows, identity, fraud & ~hijack)
        category = self._category(rows, draw, testing)
        online = draw["online"] < np.where(fraud & ~hijack, 0.75, 0.0) + ONLINE_SHARE[category]
        merchant = self._merchant(rows, draw, (identity, category, city, online, fraud, away))
        address = self._address(rows, draw, (city, online, away, merchant))
        currency = self._currency(rows, draw, (city, online, merchant))
        amount_usd = self._amount_usd(rows, draw, category)
        rate = self._usd[currency]
        coarse = rate < 0.02
        amount = np.where(coarse, np.round(amount_usd / rate), np.round(amount_usd / rate, 2))
        amount = np.maximum(amount, np.where(coarse, 1.0, 0.05))
        device = self._device(rows, draw, (identity, fraud & ~hijack, online))
        return Deeds(
            category=category,
            merchant=merchant,
            address=address,
            currency=currency,
            amount=amount,
            usd=amount * rate,
            device=device,
            ip=self._ip(rows, draw, (identity, fraud, hijack)),
            session=mixed(rows.origin, self._traits["device"]),
            card=self._card(rows, draw),
        )

    def _trait(self, rows: Rows, name: str) -> F64:
        """A uniform number of a campaign or purchase: the same for all its rows."""
        return unit(mixed(rows.origin, self._traits[name]))

    def _where(self, rows: Rows, identity: U64, stranger: B8) -> tuple[I64, B8]:
        """City, and whether it is another than the customer's own."""
        home = self._customers.city[rows.customer]
        bits = mixed(rows.origin, self._traits["near"])
        near = self._places.near[home, pick(bits, NEAR)]
        far = by_bits(self._cities, mixed(rows.origin, self._traits["world"]))
        how = self._trait(rows, "city")
        thief = np.where(how < 0.30, home, np.where(how < 0.55, near, far))
        on_trip, trip_city = self._trip(rows, identity, home)
        city = np.where(stranger, thief, np.where(on_trip, trip_city, home))
        return city, city != home

    def _trip(self, rows: Rows, identity: U64, home: I64) -> tuple[B8, I64]:
        """Whether the customer is on a journey at this time, and where to."""
        days = rows.event_ms / DAY_MS + unit(identity) * FORTNIGHT
        fortnight, day = np.divmod(days, FORTNIGHT)
        trip = identity + fortnight.astype(np.uint64)
        names = ("trip", "trip_start", "trip_length", "trip_far", "trip_city")
        streams = np.array([self._lasting[name] for name in names], dtype=np.uint64)
        goes, start, length, far, where = uniforms(trip, streams)
        start = start * 8.0
        travels = self._customers.travels[rows.customer]
        away = (goes < travels) & (day >= start) & (day < start + 1.0 + 5.0 * length)
        near = self._places.near[home, (where * NEAR).astype(np.int64)]
        return away, np.where(far < 0.5, near, self._cities[(where * SLOTS).astype(np.int64)])

    def _category(self, rows: Rows, draw: dict[str, F64], testing: B8) -> I64:
        """Category by the customer's profile, or by what the run or campaign is after."""
        profile = self._customers.profile[rows.customer].copy()
        profile[rows.role == SMALL_RUN] = SMALL
        greedy = (rows.role == TAKEOVER) & (draw["plain"] < 0.75)
        profile[greedy] = TAKEN_OVER
        profile[testing & (draw["plain"] < 0.85)] = TESTED
        below: I64 = (self._choices[profile] <= draw["category"][:, None]).sum(axis=1)
        return np.minimum(below, COUNT - 1)

    def _merchant(
        self, rows: Rows, draw: dict[str, F64], known: tuple[U64, I64, I64, B8, B8, B8]
    ) -> I64:
        """A favourite shop, or any; a run of small purchases stays with one or two."""
        identity, category, city, online, fraud, away = known
        slot = (draw["shop"] * 2).astype(np.uint64) + category.astype(np.uint64) * np.uint64(4)
        favourite = unit(mixed(identity + slot, self._lasting["shop"]))
        habit = draw["habit"] < np.where(fraud, 0.15, np.where(away & ~online, 0.0, 0.72))
        of_run = unit(mixed(rows.origin + category.astype(np.uint64), self._lasting["shop"]))
        choice = np.where(habit, favourite, draw["shop"])
        choice = np.where((rows.role == SMALL_RUN) & (draw["habit"] < 0.6), of_run, choice)
        here = (city * COUNT + category) * PHYSICAL_PER_CITY
        here = here + (choice * PHYSICAL_PER_CITY).astype(np.int64)
        net = self._net + category * ONLINE + (choice * ONLINE).astype(np.int64)
        return np.where(online, net, here)

    def _address(self, rows: Rows, draw: dict[str, F64], known: tuple[I64, B8, B8, I64]) -> I64:
        """Where it happens: the shop, or where the buyer sits; −1 where the field is left out."""
        city, online, away, merchant = known
        home = self._customers.address[rows.customer]
        shop = city * POINTS + merchant % POINTS
        seat = city * POINTS + pick(mixed(rows.origin, self._traits["point"]), POINTS)
        sits = np.where(away | (draw["odd"] > 0.85), seat, home)
        return np.where(draw["missing"] < 0.04, -1, np.where(online, sits, shop))

    def _currency(self, rows: Rows, draw: dict[str, F64], known: tuple[I64, B8, I64]) -> I64:
        """The shop's currency; on the net mostly the customer's own."""
        city, online, merchant = known
        own = self._places.city_currency[self._customers.city[rows.customer]]
        net = np.where(draw["currency"] < 0.85, own, self._world[merchant % 2])
        return np.where(online, net, self._places.city_currency[city])

    def _amount_usd(self, rows: Rows, draw: dict[str, F64], category: I64) -> F64:
        """Amount: log-normal about the category and the customer's level, by role."""
        noise = normal(draw["z1"], draw["z2"])
        more = normal(draw["z3"], draw["z4"])
        level = self._customers.level[rows.customer]
        usual = MEDIAN_LOG[category] + level + SIGMA[category] * noise
        large = (draw["large"] < 0.03) & ((rows.role == SINGLE) | (rows.role == ERRANDS))
        usual = usual + np.where(large, 1.4 + 0.5 * more, 0.0)
        greedy = (rows.role == TAKEOVER) & (draw["large"] < 0.7)
        usual = usual + np.where(greedy, 0.75 + 0.5 * more, 0.0)
        small = 1.1 + 0.75 * noise
        tiny = (rows.role == TESTING) & (draw["large"] < 0.8)
        tiny |= (rows.role == SLOW_TESTING) & (draw["large"] < 0.4)
        usual = np.where(tiny | (rows.role == SMALL_RUN), small, usual)
        return np.minimum(np.exp(usual), 15_000.0)

    def _device(self, rows: Rows, draw: dict[str, F64], known: tuple[U64, B8, B8]) -> U64:
        """The customer's phone or computer, a borrowed one, a thief's; 0: left out."""
        identity, stranger, online = known
        slots = self._customers.devices[rows.customer]
        slot = (draw["device"] ** 2 * slots).astype(np.uint64)
        owner = identity + slot * np.uint64(1 << 16)
        lifetime = 60.0 + 240.0 * unit(mixed(owner, self._lasting["phone"]))
        age = (rows.event_ms / DAY_MS + unit(owner) * 0.0) / lifetime
        age = age + unit(mixed(owner, self._lasting["trip"]))
        own = mixed(owner + age.astype(np.uint64), self._lasting["phone"])
        borrowed = mixed(rows.origin, self._traits["ip"])
        thief = mixed(rows.origin, self._traits["card"])
        device = np.where(stranger, thief, np.where(draw["odd"] < 0.015, borrowed, own))
        left_out = draw["missing_device"] < np.where(online, 0.05, 0.15)
        return np.where(left_out, np.uint64(0), device | np.uint64(1))

    def _ip(self, rows: Rows, draw: dict[str, F64], known: tuple[U64, B8, B8]) -> U64:
        """Home address, the mobile network's of the day, or a thief's."""
        identity, fraud, hijack = known
        day = (rows.event_ms // DAY_MS).astype(np.uint64)
        home = mixed(identity + day // np.uint64(30), self._lasting["home_ip"])
        mobile = mixed(identity + day, self._lasting["phone"])
        thief = mixed(rows.origin, self._traits["ip"])
        own = np.where(draw["ip"] < 0.6, home, mobile)
        return np.where(fraud & ~(hijack & (draw["ip"] < 0.5)), thief, own)

    def _card(self, rows: Rows, draw: dict[str, F64]) -> I64:
        """One of the customer's cards, by number; a sequence keeps to one."""
        cards = self._customers.cards[rows.customer]
        kept = self._trait(rows, "card")
        chance = np.where(rows.role == SINGLE, draw["card"], kept)
        return rows.customer * 3 + (chance**2 * cards).astype(np.int64)
