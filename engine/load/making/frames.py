"""A block of traffic as bytes, from the process that makes it to the one that sends it.

A frame is its length and number of rows, 8 bytes each, little endian; the columns one after the
other; the ends of the bodies; and the bodies. The receiver keeps the bytes as they came: columns
are views, and a body is cut out when it is to be sent. A frame of `FAILED` rows is a message.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.load.traffic.source import TrafficBlock
from engine.model.errors import LimelightError

HEAD = struct.Struct("<qq")
ASK = struct.Struct("<qqq")
FAILED = -1
COLUMNS: tuple[tuple[str, DTypeLike], ...] = (
    ("numbers", np.dtype("<i8")),
    ("ids", np.dtype("<i8")),
    ("customers", np.dtype("<i8")),
    ("values_usd", np.dtype("<f8")),
    ("ends", np.dtype("<i8")),
    ("kinds", np.dtype("u1")),
    ("rejects", np.dtype("?")),
)


class Cut:
    """Bodies that lie one after the other from an offset of a frame on."""

    __slots__ = ("_edges", "_frame")

    def __init__(self, frame: bytes, begin: int, ends: NDArray[np.int64]) -> None:
        self._frame = frame
        self._edges = [begin, *(ends + begin).tolist()]

    def __getitem__(self, rows: slice, /) -> list[bytes]:
        """Those of consecutive rows."""
        frame, edges = self._frame, self._edges
        begin, end, _ = rows.indices(len(edges) - 1)
        return [frame[edges[row] : edges[row + 1]] for row in range(begin, end)]


@dataclass(frozen=True)
class MadeBlock:
    """A block as it came in a frame, with the columns of every `TrafficBlock`."""

    numbers: NDArray[np.int64]
    ids: NDArray[np.int64]
    customers: NDArray[np.int64]
    values_usd: NDArray[np.float64]
    kinds: NDArray[np.uint8]
    rejects: NDArray[np.bool_]
    bodies: Cut


def packed(block: TrafficBlock) -> bytes:
    """A block as a frame."""
    bodies = block.bodies[:]
    ends = np.fromiter(accumulate(map(len, bodies)), dtype=np.int64, count=len(bodies))
    columns = {name: getattr(block, name) for name, _ in COLUMNS if name != "ends"} | {"ends": ends}
    parts = [columns[name].astype(kind, copy=False).tobytes() for name, kind in COLUMNS]
    body = b"".join((*parts, *bodies))
    return HEAD.pack(len(body), len(bodies)) + body


def refusal(message: str) -> bytes:
    """Why a block cannot be made, as a frame."""
    body = message.encode("utf-8", "replace")
    return HEAD.pack(len(body), FAILED) + body


def unpacked(body: bytes, rows: int) -> MadeBlock:
    """The block of a frame.

    Raises:
        LimelightError: the frame says why there is none.
    """
    if rows == FAILED:
        raise LimelightError(body.decode("utf-8", "replace"))
    columns, at = {}, 0
    for name, kind in COLUMNS:
        column = columns[name] = np.frombuffer(body, dtype=kind, count=rows, offset=at)
        at += column.nbytes
    return MadeBlock(bodies=Cut(body, at, columns.pop("ends")), **columns)
