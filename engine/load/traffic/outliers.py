"""Friendly outliers: honest transactions that look odd, so that flagging what is odd costs honesty.

Only the report reads them. A transaction that is odd in several ways counts as the first of them
here; frauds are never among them.
"""

from __future__ import annotations

import numpy as np

from engine.load.traffic.draws import B8, U8
from engine.load.traffic.roles import INSTALMENTS, SMALL_RUN, SPREE
from engine.load.traffic.scene import Scene

OUTLIERS: tuple[str, ...] = (
    "none",
    "first purchase abroad",
    "big purchase",
    "large payments in a row",
    "shopping spree for gifts",
    "run of small payments",
    "borrowed device",
    "new device",
    "holiday or business journey",
)


def outliers(scene: Scene, abroad: B8, big: B8, means: tuple[B8, B8], journey: B8) -> U8:
    """Codes into `OUTLIERS`; `means` says which devices are new and which borrowed."""
    new, borrowed = means
    role = scene.role
    odd = (abroad, big, role == INSTALMENTS, role == SPREE, role == SMALL_RUN)
    code = np.zeros(len(role), dtype=np.uint8)
    for place, found in reversed(list(enumerate((*odd, borrowed, new, journey), start=1))):
        code[found] = place
    code[scene.fraud] = 0
    return code
