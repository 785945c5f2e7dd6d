"""What is bought: merchant categories, and who buys how much of each.

Medians are USD, spreads are of the logarithm. All are assumed, chosen so that small everyday
payments, rare large ones and what thieves like to buy overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.load.traffic.draws import F64

PHYSICAL_PER_CITY = 12  # merchants of a category in a city
ONLINE = 60  # merchants of a category on the net


@dataclass(frozen=True)
class Category:
    """A merchant category.

    Attributes:
        name: As in the payload.
        median_usd: Of a purchase by a customer of average means.
        sigma: Standard deviation of the logarithm of the amount.
        online: Share bought on the net.
        taken_over: Weight with which a thief in an account picks it.
        tested: Weight with which a tester of card numbers picks it.
        small: Weight in a run of small purchases (games, tickets, apps).
        bursting: Weight with which a thief with a stolen card picks it.
        festive: Weight when gifts are bought.
        large: Weight in a series of large payments, honest (a wedding, a roof, a car) or not.
    """

    name: str
    median_usd: float
    sigma: float
    online: float
    taken_over: float
    tested: float
    small: float
    bursting: float
    festive: float
    large: float


CATEGORIES: tuple[Category, ...] = (
    Category("grocery", 28.0, 0.75, 0.12, 4, 3, 1, 9, 6, 0),
    Category("restaurant", 24.0, 0.65, 0.15, 4, 3, 1, 5, 6, 0),
    Category("coffee", 5.5, 0.45, 0.05, 1, 3, 4, 2, 3, 0),
    Category("transport", 7.0, 0.80, 0.45, 3, 9, 6, 3, 2, 0),
    Category("fuel", 45.0, 0.45, 0.00, 2, 2, 0, 6, 2, 0),
    Category("pharmacy", 18.0, 0.70, 0.20, 2, 3, 1, 4, 3, 0),
    Category("fashion", 55.0, 0.75, 0.55, 14, 6, 0, 16, 20, 1),
    Category("electronics", 130.0, 1.00, 0.60, 22, 5, 0, 22, 18, 4),
    Category("home", 60.0, 0.95, 0.40, 7, 3, 0, 7, 14, 22),
    Category("travel", 160.0, 0.95, 0.85, 10, 3, 0, 5, 4, 10),
    Category("entertainment", 20.0, 0.70, 0.60, 5, 9, 4, 3, 8, 0),
    Category("gaming", 9.0, 0.90, 1.00, 6, 16, 10, 3, 6, 0),
    Category("digital", 8.0, 0.80, 1.00, 6, 20, 8, 3, 4, 0),
    Category("gift_cards", 45.0, 0.65, 0.80, 11, 9, 1, 9, 12, 1),
    Category("donation", 15.0, 0.80, 0.90, 1, 12, 1, 1, 3, 2),
    Category("services", 40.0, 0.95, 0.50, 5, 5, 0, 2, 3, 30),
    Category("transfer", 90.0, 1.10, 0.75, 8, 2, 0, 1, 2, 30),
)
COUNT = len(CATEGORIES)

# How often each kind of customer buys in each category, in the order above.
PROFILES: tuple[tuple[float, ...], ...] = (
    (30, 10, 8, 12, 6, 6, 6, 2, 4, 1, 4, 1, 3, 1, 1, 5, 3),  # household
    (14, 18, 16, 16, 1, 3, 7, 3, 2, 2, 8, 4, 6, 1, 1, 3, 3),  # city
    (10, 12, 8, 12, 1, 2, 7, 4, 1, 1, 10, 16, 14, 3, 1, 2, 3),  # young
    (30, 8, 6, 4, 6, 14, 4, 1, 6, 2, 2, 1, 2, 1, 4, 6, 3),  # pensioner
    (10, 20, 10, 16, 6, 2, 4, 4, 2, 12, 4, 1, 5, 1, 1, 6, 3),  # business traveller
    (22, 8, 5, 6, 16, 4, 4, 4, 10, 1, 3, 2, 3, 1, 1, 10, 3),  # commuter by car
    (12, 8, 6, 8, 2, 4, 16, 10, 8, 4, 6, 4, 8, 4, 1, 6, 3),  # online shopper
)
# How much more each kind buys at a weekend than on a working day; assumed.
WEEKEND = np.array([1.3, 1.4, 1.3, 0.7, 0.4, 1.2, 1.0])
# Rows of the choice table after the profiles'.
SMALL, TAKEN_OVER, TESTED, BURSTING, CLONING, FESTIVE, PAYING_LARGE = range(
    len(PROFILES), len(PROFILES) + 7
)


def choice_table() -> F64:
    """Cumulative shares of categories: a row a profile, then SMALL to PAYING_LARGE.

    Who clones cards buys as thieves in an account and as those with a stolen card, half and half.
    """
    rows = [
        *PROFILES,
        tuple(category.small for category in CATEGORIES),
        tuple(category.taken_over for category in CATEGORIES),
        tuple(category.tested for category in CATEGORIES),
        tuple(category.bursting for category in CATEGORIES),
        tuple(category.bursting + category.taken_over for category in CATEGORIES),
        tuple(category.festive for category in CATEGORIES),
        tuple(category.large for category in CATEGORIES),
    ]
    weights = np.array(rows, dtype=np.float64)
    table: F64 = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return table


MEDIAN_LOG = np.log(np.array([category.median_usd for category in CATEGORIES]))
SIGMA = np.array([category.sigma for category in CATEGORIES])
ONLINE_SHARE = np.array([category.online for category in CATEGORIES])


def merchants(cities: list[str]) -> list[tuple[str, int]]:
    """Name and category by merchant number: by city and category, then online by category."""
    physical = [
        (f"{category.name} {city} {shop:02d}", index)
        for city in cities
        for index, category in enumerate(CATEGORIES)
        for shop in range(PHYSICAL_PER_CITY)
    ]
    online = [
        (f"{category.name} net {shop:02d}", index)
        for index, category in enumerate(CATEGORIES)
        for shop in range(ONLINE)
    ]
    return physical + online
