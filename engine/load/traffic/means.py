"""With what transactions are made: device, network address, card.

Customers own one to three devices, replace each after some months, and now and then borrow one.
Their network address is their home's or the mobile network's of the day. A thief brings both,
unless the account is used from the customer's own device.
"""

from __future__ import annotations

import numpy as np

from engine.load.traffic.customers import CARDS, Customers
from engine.load.traffic.draws import B8, I64, U64, keys, mixed, uniforms, unit
from engine.load.traffic.roles import (
    CLONED,
    NO_DEVICE_NET,
    NO_DEVICE_SHOP,
    OWN_NETWORK,
    SINGLE,
    VISIT,
)
from engine.load.traffic.scene import Scene

DAY_MS = 86_400_000
SHORTEST_LIFE_DAYS, LONGER_LIFE_DAYS = 45.0, 240.0
BORROWED = 0.02
MOBILE = 0.4
NEW_DAYS = 3.0
HOME_ADDRESS_DAYS = np.uint64(30)

_LASTING = ("life", "age", "device", "home", "mobile", "skimmed", "renewal")


class Means:
    """Devices, network addresses and cards of transactions."""

    def __init__(self, seed: int, customers: Customers) -> None:
        self._customers = customers
        streams = keys(seed, "means", names=_LASTING)
        self._lives = streams[:2]
        self._device, self._home, self._mobile, self._skimmed, self._renewal = streams[2:]

    def device(self, scene: Scene, online: B8) -> tuple[U64, B8, B8]:
        """Device bits (0 where left out), whether it is the customer's new one, or another's."""
        count = self._customers.devices[scene.customer]
        slot = (scene.draw["device"] ** 2 * count).astype(np.uint64)
        owner = scene.identity + (slot << np.uint64(16))
        life, age = uniforms(owner, self._lives)
        days = SHORTEST_LIFE_DAYS + LONGER_LIFE_DAYS * life
        lived = scene.event_ms / DAY_MS / days + age
        which = lived.astype(np.uint64)
        own = mixed(owner + which, self._device)
        borrowed = scene.draw["borrowed"] < BORROWED
        device = np.where(scene.stranger | borrowed, scene.trait_bits["device"], own)
        role = scene.role
        left_out = np.where(online, NO_DEVICE_NET[role], NO_DEVICE_SHOP[role])
        shown = scene.draw["no_device"] >= left_out
        new = shown & ((lived - which) * days < NEW_DAYS)
        return np.where(shown, device, np.uint64(0)), new, borrowed & shown

    def network(self, scene: Scene) -> U64:
        """Bits of the network address."""
        day = (scene.event_ms // DAY_MS).astype(np.uint64)
        day_of_month = mixed(scene.identity, self._renewal) % HOME_ADDRESS_DAYS  # each on its own
        renewals = ((day + day_of_month) // HOME_ADDRESS_DAYS).astype(np.uint64)
        home = mixed(scene.identity + renewals, self._home)
        mobile = mixed(scene.identity + day, self._mobile)
        own = np.where(scene.draw["mobile"] < MOBILE, mobile, home)
        foreign = scene.stranger | (scene.draw["elsewhere"] >= OWN_NETWORK[scene.role])
        return np.where(foreign, scene.trait_bits["ip"], own)

    def card(self, scene: Scene) -> I64:
        """One of the customer's cards, by number; a run or campaign keeps to one.

        A compromised terminal reads the card that is abused later.
        """
        count = self._customers.cards[scene.customer]
        luck = np.where(scene.role == SINGLE, scene.draw["card"], scene.trait["card"])
        skimmed = np.flatnonzero((scene.role == VISIT) | (scene.role == CLONED))
        luck[skimmed] = unit(mixed(scene.identity[skimmed], self._skimmed))
        return scene.customer * CARDS + (luck**2 * count).astype(np.int64)
