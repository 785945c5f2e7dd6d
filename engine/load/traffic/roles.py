"""Parts people play: what an honest customer or a thief is after, and how far each gives it away.

A role is data: `ROLES` is read as columns, one look-up a transaction, so a fraud is drawn by the
same lines of code as a purchase. Shares and logarithms are assumed, chosen so that every fraud
overlaps with something honest people do:

    fraud                honest look-alike          what differs, mostly
    card testing         runs of small payments     device, many merchants
    account takeover     new phone, borrowed one    amounts, place, over days
    stolen-card burst    shopping spree             shops never visited, pace, device
    compromised terminal first purchase abroad      device, place; nothing but the card in common
    structuring          large payments in a row    amounts under the limit, one account, for days

Sources of facts: the Fraud Detection Handbook's generator (Le Borgne, Siblini, Lebichot, Bontempi,
ULB and Worldline, 2022), as facts and without its code: terminals compromised for 28 days, and
customers whose purchases are fraudulent and dearer for 14 days. The limit is the 10,000 USD above
which cash is reported in the United States (31 CFR 1010.311); breaking up sums to stay below it is
structuring (31 U.S.C. 5324).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.catalogue import (
    BURSTING,
    CLONING,
    FESTIVE,
    PAYING_LARGE,
    SMALL,
    TAKEN_OVER,
    TESTED,
)

FRAUD_KINDS: tuple[str, ...] = (
    "legitimate",
    "card_testing",
    "account_takeover",
    "stolen_card_burst",
    "compromised_terminal",
    "structuring",
)
_HONEST, _CARD_TESTING, _TAKEOVER, _BURST, _TERMINAL, _STRUCTURING = range(len(FRAUD_KINDS))


@dataclass(frozen=True)
class Role:
    """How one part is played; shares are of its transactions unless named otherwise.

    Attributes:
        kind: Index into `FRAUD_KINDS`.
        taste: Row of `catalogue.choice_table` it buys by, instead of the customer's profile …
        keen: … with this share.
        online: Added to the category's share bought on the net.
        habit: Share bought at one of the customer's favourite shops, where these are at hand.
        loyal: Share that stays with one shop for the whole run.
        small: Share of tiny amounts.
        dear: Share of amounts about e^`dear_log` times as high.
        dear_log: See `dear`.
        own: Share of runs done on the customer's own device and at their place.
        own_network: Share of those transactions from the customer's own network address.
        at_home: Share of strangers' runs in the customer's own city …
        near: … and in a near one; the others anywhere.
        no_device_shop: Share in shops without device information.
        no_device_net: The same on the net.
    """

    kind: int = _HONEST
    taste: int = -1
    keen: float = 0.0
    online: float = 0.0
    habit: float = 0.72
    loyal: float = 0.0
    small: float = 0.0
    dear: float = 0.0
    dear_log: float = 0.0
    own: float = 1.0
    own_network: float = 1.0
    at_home: float = 0.40
    near: float = 0.25
    no_device_shop: float = 0.15
    no_device_net: float = 0.07


SINGLE, ERRANDS, SMALL_RUN, SPREE, INSTALMENTS, VISIT = range(6)
TESTING, SLOW_TESTING, TAKEOVER, BURST, CLONED, STRUCTURING = range(6, 12)

ROLES: dict[int, Role] = {
    SINGLE: Role(dear=0.03, dear_log=1.4),
    ERRANDS: Role(dear=0.03, dear_log=1.4),
    SMALL_RUN: Role(taste=SMALL, keen=1.0, loyal=0.6, small=1.0),
    SPREE: Role(taste=FESTIVE, keen=0.85, habit=0.30, dear=0.45, dear_log=0.6),
    INSTALMENTS: Role(taste=PAYING_LARGE, keen=1.0, habit=0.3, loyal=0.5),
    VISIT: Role(dear=0.03, dear_log=1.4),
    TESTING: Role(
        _CARD_TESTING, TESTED, 0.85, 0.35, 0.15, small=0.75, own=0.0, no_device_net=0.20
    ),
    SLOW_TESTING: Role(
        _CARD_TESTING, TESTED, 0.85, 0.35, 0.15, small=0.40, own=0.0, no_device_net=0.20
    ),
    TAKEOVER: Role(
        _TAKEOVER, TAKEN_OVER, 0.70, 0.35, 0.15, dear=0.60, dear_log=0.65, own=0.30, own_network=0.5
    ),
    BURST: Role(
        _BURST, BURSTING, 0.75, -0.10, 0.15, dear=0.45, dear_log=0.6, own=0.30, own_network=0.6,
        at_home=0.55, near=0.25, no_device_shop=0.35, no_device_net=0.10,
    ),
    CLONED: Role(
        _TERMINAL, CLONING, 0.55, 0.15, 0.12, dear=0.30, dear_log=0.5, own=0.12, own_network=0.5,
        at_home=0.35, near=0.20, no_device_shop=0.25, no_device_net=0.10,
    ),
    STRUCTURING: Role(
        _STRUCTURING, PAYING_LARGE, 1.0, 0.0, 0.25, loyal=0.25, own=0.75, own_network=0.85
    ),
}  # fmt: skip


def _column(name: str) -> NDArray[np.float64]:
    place = [field.name for field in fields(Role)].index(name)
    return np.array([astuple(ROLES[role])[place] for role in range(len(ROLES))], dtype=np.float64)


KIND_OF_ROLE = _column("kind").astype(np.uint8)
TASTE = _column("taste").astype(np.int64)
KEEN, ONLINE_MORE, HABIT, LOYAL = map(_column, ("keen", "online", "habit", "loyal"))
SMALL_SHARE, DEAR, DEAR_LOG = map(_column, ("small", "dear", "dear_log"))
OWN, OWN_NETWORK, AT_HOME = map(_column, ("own", "own_network", "at_home"))
NEAR_HOME = AT_HOME + _column("near")
NO_DEVICE_SHOP, NO_DEVICE_NET = map(_column, ("no_device_shop", "no_device_net"))
