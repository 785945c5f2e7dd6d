"""With what transactions are made: device, network address, card.

Customers own one to three devices, replace each after some months, and now and then borrow one.
Their network address is their home's or the mobile network's of the day. A thief brings both,
unless the account is used from the customer's own device.
"""

from __future__ import annotations

import numpy as np

from engine.load.traffic.customers import CARDS, Customers
from engine.load.traffic.draws import B8, I64, U64, keys, mixed, uniforms
from engine.load.traffic.plan import SINGLE
from engine.load.traffic.scene import Scene

DAY_MS = 86_400_000
SHORTEST_LIFE_DAYS, LONGER_LIFE_DAYS = 45.0, 240.0
BORROWED = 0.02
NO_DEVICE_SHOP, NO_DEVICE_NET, NO_DEVICE_TESTING = 0.15, 0.07, 0.20
MOBILE = 0.4
OWN_NETWORK = 0.5  # of transactions in an account used from the customer's own device
HOME_ADDRESS_DAYS = np.uint64(30)

_LASTING = ("life", "age", "device", "home", "mobile")


class Means:
    """Devices, network addresses and cards of transactions."""

    def __init__(self, seed: int, customers: Customers) -> None:
        self._customers = customers
        streams = keys(seed, "means", names=_LASTING)
        self._lives = streams[:2]
        self._device, self._home, self._mobile = streams[2:]

    def device(self, scene: Scene, online: B8) -> U64:
        """Device bits; 0 where the field is left out."""
        count = self._customers.devices[scene.customer]
        slot = (scene.draw["device"] ** 2 * count).astype(np.uint64)
        owner = scene.identity + (slot << np.uint64(16))
        life, age = uniforms(owner, self._lives)
        lived = scene.event_ms / DAY_MS / (SHORTEST_LIFE_DAYS + LONGER_LIFE_DAYS * life) + age
        own = mixed(owner + lived.astype(np.uint64), self._device)
        another = scene.trait_bits["device"]
        foreign = scene.stranger | (scene.draw["borrowed"] < BORROWED)
        left_out = np.where(online, NO_DEVICE_NET, NO_DEVICE_SHOP)
        left_out = np.where(scene.testing & online, NO_DEVICE_TESTING, left_out)
        device = np.where(foreign, another, own)
        return np.where(scene.draw["no_device"] < left_out, np.uint64(0), device)

    def network(self, scene: Scene) -> U64:
        """Bits of the network address."""
        day = (scene.event_ms // DAY_MS).astype(np.uint64)
        home = mixed(scene.identity + day // HOME_ADDRESS_DAYS, self._home)
        mobile = mixed(scene.identity + day, self._mobile)
        own = np.where(scene.draw["mobile"] < MOBILE, mobile, home)
        at_own = scene.fraud & ~scene.stranger & (scene.draw["elsewhere"] < OWN_NETWORK)
        return np.where(scene.fraud & ~at_own, scene.trait_bits["ip"], own)

    def card(self, scene: Scene) -> I64:
        """One of the customer's cards, by number; a run or campaign keeps to one."""
        count = self._customers.cards[scene.customer]
        luck = np.where(scene.role == SINGLE, scene.draw["card"], scene.trait["card"])
        return scene.customer * CARDS + (luck**2 * count).astype(np.int64)
