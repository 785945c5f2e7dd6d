"""The data a snapshot carries, as parts that anybody can take out, read and check.

Each part is JSON whose numbers are the store's to the last digit. Long parts are gzip in base64;
the digest is always that of the JSON text itself, before packing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.metrics.record import RunRecord
from engine.model.figure import Figure
from engine.report.html import Html
from engine.report.snapshot_rows import carried_rows

PACK_ABOVE = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the data: its name, its JSON text and the digest of that text."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the text in UTF-8, as hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def element(self) -> Html:
        """The part as a data block; no script, and nothing in it can end the block."""
        if len(self.text) <= PACK_ABOVE:
            body, kind = self.text, "application/json"
        else:
            body, kind = pack(self.text), "application/gzip"
        return Html(f'<script type="{kind}" id="data-{self.name}">{body}</script>')


def pack(text: str) -> str:
    """Gzip in base64, without a time stamp, so that the same text gives the same block."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def parts(record: RunRecord, figures: Iterable[Figure]) -> list[Part]:
    """What charts, counts, flow and criteria rest on; whole-run percentiles are in the summary."""
    return [
        Part("summary", _json(json.loads(record.summary.model_dump_json()))),
        Part("figures", _json([json.loads(figure.model_dump_json()) for figure in figures])),
        Part("ticks", _json(tick_columns(record))),
        Part("events", _json([json.loads(event.model_dump_json()) for event in record.events])),
        Part("scenario", _json(json.loads(record.scenario.model_dump_json()))),
        Part("config", _json(json.loads(record.config.model_dump_json()))),
    ]


def tick_columns(record: RunRecord) -> dict[str, list[float | int | None]]:
    """One list a column, one entry a row; None where it was not measured."""
    return {
        str(name): [_number(value) for value in column.to_numpy(dtype=float)]
        for name, column in carried_rows(record).items()
    }


def _number(value: float) -> float | int | None:
    if not np.isfinite(value):
        return None
    return int(value) if value == int(value) else float(value)


def _json(value: object) -> str:
    """Compact JSON that can stand in a page: no `<`, so no end tag and no comment in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in ("<", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
