"""Own transactions, converted once and mapped by every load worker.

The file, little-endian:

    0   magic, 8 bytes; offset and length of the header, 8 bytes each
    24  bodies, one after the other: a transaction's JSON from behind its timestamp on
    …   columns, each from a multiple of 8 on: customer u32, start u64 (of the body, and where the
        last one ends), time i64 (ms since 1970 UTC), value f64 (USD), kind u8
    …   header, JSON: what is in the file and where it is from

Id and timestamp are no part of a body: the id is the run's, by arrival number, and the time moves
on when the file is sent again. Labels are a column here, in a file that only load workers map.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.draws import F64, I64, U8, U64
from engine.model.errors import ConfigurationError
from engine.model.traffic import UNLABELLED, TrafficSource

MAGIC, VERSION = b"LLOWNTR\n", 1
PREFIX = struct.Struct("<8sQQ")
SUFFIX = ".traffic"
COLUMNS: dict[str, str] = {
    "customer": "<u4",
    "start": "<u8",
    "time": "<i8",
    "value": "<f8",
    "kind": "u1",
}
LONGEST_HEADER = 100_000
LAST_MS = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000) - 1  # the latest event time


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds and where it is from; `columns` are offsets in bytes.

    `first_ms` and `last_ms` are the earliest and the latest event time; `refused` counts the rows
    of the source that were left out.
    """

    version: int
    name: str
    rows: int
    customers: int
    kinds: list[str]
    counts: dict[str, int]
    refused: int
    late: int
    first_ms: int
    last_ms: int
    bodies_end: int
    columns: dict[str, int]
    source: str
    source_sha256: str
    mapping_sha256: str
    command: str
    made: str

    @property
    def labelled(self) -> bool:
        """Whether the data says which transactions are fraud."""
        return self.kinds != [UNLABELLED]

    def as_source(self, *, repeated: bool) -> TrafficSource:
        """As a run's record says it."""
        return TrafficSource(
            own=True,
            name=self.name,
            transactions=self.rows,
            labelled=self.labelled,
            repeated=repeated,
            sha256=self.source_sha256,
            command=self.command,
        )


@dataclass(frozen=True)
class Mapped:
    """A file in memory as the system maps it: nothing is read that is not sent."""

    header: Header
    whole: mmap.mmap
    customer: NDArray[np.uint32]
    start: U64
    time_ms: I64
    value_usd: F64
    kind: U8

    def bodies(self, rows: I64) -> list[bytes]:
        """The bodies of these rows, without head."""
        starts, ends = self.start[rows].tolist(), self.start[rows + 1].tolist()
        whole = self.whole
        return [whole[start:end] for start, end in zip(starts, ends, strict=True)]


def open_mapped(path: Path) -> Mapped:
    """Map a file of own data.

    Raises:
        ConfigurationError: It is missing, is no such file, of another version, or damaged.
    """
    try:
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise _refused(path, f"cannot be read: {reason}") from error
    header = _header(path, whole)
    columns = {
        name: np.frombuffer(
            whole, dtype=kind, count=header.rows + (name == "start"), offset=header.columns[name]
        )
        for name, kind in COLUMNS.items()
    }
    mapped = Mapped(
        header,
        whole,
        columns["customer"],
        columns["start"],
        columns["time"],
        columns["value"],
        columns["kind"],
    )
    if not _sound(mapped):
        raise _refused(path, "is damaged; convert it again")
    return mapped


def read_header(path: Path) -> Header:
    """What a file of own data holds.

    Raises:
        ConfigurationError: It is missing, is no such file, of another version, or damaged.
    """
    return open_mapped(path).header


def _header(path: Path, whole: mmap.mmap) -> Header:
    if len(whole) < PREFIX.size or whole[: len(MAGIC)] != MAGIC:
        raise _refused(path, "is no own traffic; make one with `limelight traffic convert`")
    _, offset, length = PREFIX.unpack(whole[: PREFIX.size])
    if length > LONGEST_HEADER or offset + length != len(whole):
        raise _refused(path, "is cut short or damaged; convert it again")
    try:
        header = msgspec.json.decode(whole[offset:], type=Header)
    except (msgspec.MsgspecError, ValueError) as error:  # ValueError: not UTF-8
        raise _refused(path, f"is damaged ({error}); convert it again") from error
    if header.version != VERSION:
        raise _refused(
            path, f"is of version {header.version}, this is version {VERSION}; convert it again"
        )
    inside = all(_inside(header, name, offset) for name in COLUMNS)
    if header.rows < 1 or not header.kinds or not inside:
        raise _refused(path, "is damaged; convert it again")
    return header


def _sound(mapped: Mapped) -> bool:
    """Whether the columns hold what the header says, so that any row can be sent."""
    header, start = mapped.header, mapped.start
    return (
        int(mapped.kind.max()) < len(header.kinds)
        and bool((start[1:] >= start[:-1]).all())
        and int(start[-1]) == header.bodies_end
        and 0 <= header.first_ms == int(mapped.time_ms.min())
        and header.last_ms == int(mapped.time_ms.max()) <= LAST_MS
        and bool(np.isfinite(mapped.value_usd).all())
    )


def _inside(header: Header, name: str, end: int) -> bool:
    """Whether this column lies between the bodies and this offset."""
    begin = header.columns.get(name, -1)
    size = np.dtype(COLUMNS[name]).itemsize * (header.rows + (name == "start"))
    return PREFIX.size <= header.bodies_end <= begin <= end - size


def _refused(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError([f"{path}: {problem}"])
