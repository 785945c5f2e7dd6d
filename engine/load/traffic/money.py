"""How much: log-normal about the category's median and the customer's level, and by role.

In USD, for one purchase: ln a = m(category) + level(customer) + σ(category)·z (+ dearness), except

* tiny amounts of small runs and card tests: ln a = 1.1 + 0.75 z (median 3 USD);
* one big purchase, now and then, of a single honest customer: ln a = 7.4 + 0.85 z (1,600 USD);
* a series of large payments: ln a = ln s + 0.35 z, with a sum s common to the series, itself
  log-normal (median 1,900 USD, σ 0.75);
* structuring: the parts of a sum that is to stay unnoticed, each below the 10,000 USD limit. In
  some series all parts are just below it, 10,000·(1 − e) with e exponential of mean 0.09; in the
  others they are of about one size between 900 and 8,500 USD.

Handbook (see `roles`): a customer's amounts are normal, their mean uniform between 5 and 100 USD,
their spread half of it; ours are log-normal, so that small ones are common and large ones exist.
"""

from __future__ import annotations

import numpy as np

from engine.load.traffic.catalogue import MEDIAN_LOG, SIGMA
from engine.load.traffic.draws import B8, F64, I64, exponential, normal
from engine.load.traffic.roles import (
    DEAR,
    DEAR_LOG,
    INSTALMENTS,
    SINGLE,
    SMALL_SHARE,
    STRUCTURING,
)
from engine.load.traffic.scene import Scene

LIMIT_USD = 10_000.0
MOST_USD = 15_000.0
DEAR_SPREAD = 0.5
SMALL_LOG, SMALL_SIGMA = 1.1, 0.75
BIG, BIG_LOG, BIG_SIGMA = 0.008, 7.4, 0.85
SERIES_LOG, SERIES_SIGMA, PART_SIGMA = 7.55, 0.75, 0.35
JUST_BELOW, BELOW = 0.30, 0.09  # share of structuring done just below the limit, and how far
FROM_LOG, TO_LOG = np.log(900.0), np.log(8_500.0)
CLOSEST = 0.0008  # of the limit; rounding to a unit of a currency must not reach it


def big_purchase(scene: Scene) -> B8:
    """Which are the big purchases of honest customers."""
    big: B8 = (scene.draw["large"] < BIG) & (scene.role == SINGLE)
    return big


def amounts_usd(scene: Scene, category: I64, level: F64) -> tuple[F64, B8]:
    """Amounts in USD, and which are big for an honest single purchase."""
    draw, role = scene.draw, scene.role
    noise = normal(draw["noise"], draw["noise2"])
    more = DEAR_SPREAD * normal(draw["more"], draw["more2"])
    usual = MEDIAN_LOG[category] + level + SIGMA[category] * noise
    luck = draw["large"]
    dear = luck >= 1.0 - DEAR[role]
    usual += np.where(dear, DEAR_LOG[role] + more, 0.0)
    tiny = luck < SMALL_SHARE[role]
    usual = np.where(tiny, SMALL_LOG + SMALL_SIGMA * noise, usual)
    big = big_purchase(scene)
    rows = np.flatnonzero(big)
    usual[rows] = BIG_LOG + BIG_SIGMA * noise[rows]
    rows = np.flatnonzero(role == INSTALMENTS)
    usual[rows] = _series(scene, rows) + PART_SIGMA * noise[rows]
    amount = np.minimum(np.exp(usual), MOST_USD)
    rows = np.flatnonzero(role == STRUCTURING)
    amount[rows] = _below_limit(scene, rows, noise[rows])
    return amount, big | (dear & (role == SINGLE))


def _series(scene: Scene, rows: I64) -> F64:
    """Logarithm of the sum a series of payments is about."""
    spread = normal(scene.trait["sum"][rows], scene.trait["sum2"][rows])
    return SERIES_LOG + SERIES_SIGMA * spread


def _below_limit(scene: Scene, rows: I64, noise: F64) -> F64:
    """Parts of a sum that stays unnoticed."""
    just = LIMIT_USD * (1.0 - exponential(scene.draw["more"][rows], BELOW))
    about = FROM_LOG + (TO_LOG - FROM_LOG) * scene.trait["sum"][rows]
    other = np.exp(about + PART_SIGMA / 2 * noise)
    part = np.where(scene.trait["sum2"][rows] < JUST_BELOW, just, other)
    return np.clip(part, LIMIT_USD / 20, LIMIT_USD * (1.0 - CLOSEST))
