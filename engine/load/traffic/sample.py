"""Transactions read back from their bodies, as columns, with the withheld labels beside them.

For the report and the tests only: labels are used here, inside the generator, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np

from engine.load.traffic.draws import B8, F64, I64, U8
from engine.load.traffic.edges import EDGE_CASES
from engine.load.traffic.simulator import Block
from engine.model.decision import Transaction

# Fields of few values, which behaviour may shade but must not give away, and patterns in the ids.
FIELDS = (
    "category",
    "currency",
    "country",
    "city",
    "card_type",
    "device_kind",
    "merchant",
    "hour",
    "fields_present",
)
PATTERNS = ("device_head", "device_tail", "session_head", "session_tail", "network", "cents")
FACTS = ("user", "device")


@dataclass(frozen=True)
class Sample:
    """Transactions of some blocks as columns; rejects and duplicates left out but counted.

    `fields` has a column of texts for each of `FIELDS` and `PATTERNS`, and of `FACTS`, which name
    somebody. `seconds` are event times since 1970 UTC, `longitude` is degrees east, nan where the
    body has no location. `edge` is a row's edge case, `edges` counts all rows by code; `total`
    is all rows.
    """

    kinds: U8
    values_usd: F64
    lengths: I64
    seconds: F64
    longitude: F64
    outliers: U8
    edge: U8
    edges: I64
    total: int
    rejected: int
    fields: dict[str, list[str]]

    @property
    def fraud(self) -> B8:
        """Which rows are fraud."""
        return self.kinds > 0


def collect(blocks: Iterable[Block]) -> Sample:
    """The transactions of these blocks that are to be decided, each once."""
    decoder = msgspec.json.Decoder(Transaction)
    parts: list[Block] = []
    made: list[Transaction] = []
    edges = np.zeros(len(EDGE_CASES), dtype=np.int64)
    total = rejected = 0
    for block in blocks:
        edges += np.bincount(block.edges, minlength=len(EDGE_CASES))
        total += len(block.bodies)
        rejected += int(block.rejects.sum())
        rows = np.flatnonzero(~block.rejects & (block.ids == block.numbers))
        parts.append(block.rows(rows))
        made += [decoder.decode(body) for body in parts[-1].bodies]
    texts = [_texts(one) for one in made]
    names = (*FIELDS, *PATTERNS, *FACTS)
    return Sample(
        kinds=np.concatenate([part.kinds for part in parts]),
        values_usd=np.concatenate([part.values_usd for part in parts]),
        lengths=np.array([len(body) for part in parts for body in part.bodies]),
        seconds=np.array([datetime.fromisoformat(one.timestamp).timestamp() for one in made]),
        longitude=np.array([one.location.longitude if one.location else np.nan for one in made]),
        outliers=np.concatenate([part.outliers for part in parts]),
        edge=np.concatenate([part.edges for part in parts]),
        edges=edges,
        total=total,
        rejected=rejected,
        fields={name: [text[name] for text in texts] for name in names},
    )


def _texts(made: Transaction) -> dict[str, str]:
    """One transaction's fields as texts; a field left out is empty."""
    place, device = made.location, made.device_info
    session = made.session_id or ""
    optional = (place, device, made.card_type, made.ip_address, made.session_id)
    return {
        "category": made.category,
        "currency": made.currency,
        "country": place.country if place else "",
        "city": place.city if place else "",
        "card_type": made.card_type or "",
        "device_kind": device.kind if device else "",
        "merchant": made.merchant,
        "hour": made.timestamp[11:13],
        "fields_present": "".join("-" if value is None else "x" for value in optional),
        "device_head": device.device_id[:4] if device else "",
        "device_tail": device.device_id[-1:] if device else "",
        "session_head": session[:4],
        "session_tail": session[-1:],
        "network": (made.ip_address or "").rpartition(".")[0].rpartition(".")[0],
        "cents": f"{made.amount:.2f}"[-2:],
        "user": made.user_id,
        "device": device.device_id if device else "",
    }
