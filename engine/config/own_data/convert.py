"""Somebody's own transactions, CSV or Parquet, → one file that load workers map.

`limelight traffic convert FILE --mapping MAPPING.toml --out NAME`. Rows stay in the order of the
file. A row that the platform could not take is left out and reported by its line; so is one whose
own id came before. The labels go into the file and, from there, nowhere but into the counts of the
load workers.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.config.own_data.complaints import BadValueError, Complaints
from engine.config.own_data.compose import Composer, Made
from engine.config.own_data.mapping import KINDS, ColumnMapping, load_mapping
from engine.config.own_data.rows import open_table
from engine.config.own_data.table import Line, Table, refused
from engine.config.own_data.writer import TrafficWriter
from engine.load.traffic.own_file import VERSION, Header
from engine.load.traffic.places import usd_per_unit
from engine.model.errors import ConfigurationError
from engine.model.traffic import UNLABELLED

KEY_BYTES = 12  # of an id's digest: two in ten million are never the same by chance


@dataclass(frozen=True)
class Job:
    """What to convert: the source, how to read it, where to, and under which name."""

    source: Path
    mapping: Path
    out: Path
    name: str


@dataclass(frozen=True)
class Converted:
    """What came of it."""

    header: Header
    out: Path
    complaints: Complaints


def convert(job: Job, *, strict: bool = False) -> Converted:
    """Convert a whole file; with `strict`, one bad row is enough to write nothing.

    Raises:
        ConfigurationError: The mapping or the source cannot be used, no row can, or, with
            `strict`, not every row can.
    """
    mapping = load_mapping(job.mapping)
    kinds = _kinds(mapping)
    counts: Counter[str] = Counter()
    with open_table(job.source, mapping) as table, TrafficWriter(job.out) as writer:
        complaints = Complaints(f"{job.source.name}:", table.unit)
        places = {column: place for place, column in enumerate(table.columns)}
        composer = Composer(mapping, places, usd_per_unit())
        for made in _transactions(table, composer, complaints):
            writer.add(made, kinds.index(made.kind))
            counts[made.kind] += 1
        _check(job.source, complaints, counts, strict=strict)
        header = writer.finish(_header(job, writer, kinds, counts, complaints.count))
    return Converted(header, job.out, complaints)


def _transactions(table: Table, composer: Composer, complaints: Complaints) -> Iterator[Made]:
    """What the rows are; those that are nothing go to the complaints."""
    seen: set[bytes] = set()
    for number, row in enumerate(table.rows()):
        try:
            made = _made(composer, row, number)
            _check_new(made.key, seen)
        except BadValueError as error:
            complaints.add(row.line, error)
        else:
            yield made


def _made(composer: Composer, row: Line, number: int) -> Made:
    if row.broken is not None:
        raise row.broken
    return composer.make(row.texts, number)


def _check_new(key: str, seen: set[bytes]) -> None:
    if not key:
        return
    digest = hashlib.blake2b(key.encode(), digest_size=KEY_BYTES).digest()
    if digest in seen:
        raise BadValueError("id", "stands in an earlier row too", key)
    seen.add(digest)


def _check(source: Path, complaints: Complaints, counts: Counter[str], *, strict: bool) -> None:
    if strict and complaints.count:
        text = f"{complaints.count:,} rows cannot be sent, and --strict was given"
        raise ConfigurationError([*complaints.lines(), f"{source}: {text}"])
    if not counts.total():
        raise ConfigurationError(
            [*complaints.lines(), f"{source}: holds no transaction that can be sent"]
        )


def _kinds(mapping: ColumnMapping) -> list[str]:
    """What a row can be, the first of it no fraud."""
    if mapping.label is None:
        return [UNLABELLED]
    return [kind for kind in KINDS if kind == KINDS[0] or kind in mapping.label.values.values()]


def _header(
    job: Job, writer: TrafficWriter, kinds: list[str], counts: Counter[str], refused_rows: int
) -> Header:
    first_ms, last_ms = writer.first_and_last_ms()
    return Header(
        version=VERSION,
        name=job.name,
        rows=writer.rows,
        customers=writer.customers,
        kinds=kinds,
        counts={kind: counts[kind] for kind in kinds},
        refused=refused_rows,
        late=writer.late,
        first_ms=first_ms,
        last_ms=last_ms,
        bodies_end=0,
        columns={},
        source=job.source.name,
        source_sha256=_sha256(job.source),
        mapping_sha256=_sha256(job.mapping),
        command=(
            f"limelight traffic convert {job.source.name} --mapping {job.mapping.name} "
            f"--out {job.name}"
        ),
        made=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refused(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error


def converted_lines(done: Converted) -> list[str]:
    """What came of it, for people."""
    header = done.header
    first, last = (
        f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"
        for ms in (header.first_ms, header.last_ms)
    )
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in header.counts.items())
    lines = [
        *done.complaints.lines(),
        f"{done.out}: {header.rows:,} transactions of {header.customers:,} customers, "
        f"{first} to {last} UTC ({kinds})",
    ]
    if header.refused:
        lines.append(f"{header.refused:,} rows of {header.source} were left out")
    if header.late:
        lines.append(f"{header.late:,} are earlier than one of their customer before them")
    return [*lines, f"send it with: limelight run PRESET --traffic {header.name}"]


def converted_json(done: Converted) -> dict[str, object]:
    """What came of it, for programs."""
    built: dict[str, object] = msgspec.to_builtins(done.header)
    return built | {"complaints": list(done.complaints.lines())}
