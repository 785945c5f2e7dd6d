"""Writes a file of own traffic: whole under a temporary name, then renamed."""

from __future__ import annotations

import os
import tempfile
from array import array
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
import numpy as np

from engine.config.own_data.compose import Made
from engine.load.traffic.own_file import COLUMNS, MAGIC, PREFIX, Header
from engine.model.errors import ConfigurationError

ALIGNED = 8
_TYPES = {"customer": "I", "start": "Q", "time": "q", "value": "d", "kind": "B"}


class TrafficWriter:
    """Takes transactions in order; `finish` names the file, leaving without it leaves nothing.

    As a context manager it raises ConfigurationError where the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: dict[str, Any] = {name: array(kind) for name, kind in _TYPES.items()}
        self._customers: dict[str, int] = {}
        self._latest: list[int] = []
        self._file: IO[bytes] | None = None
        self._end = PREFIX.size
        self.late = 0

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.NamedTemporaryFile(
                dir=self._path.parent, prefix=f".{self._path.name}.", delete=False
            )
            self._write(bytes(PREFIX.size))
        except OSError as error:
            raise self._refused(error) from error
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            with suppress(FileNotFoundError):
                Path(self._file.name).unlink()

    @property
    def rows(self) -> int:
        """How many were taken."""
        return len(self._columns["kind"])

    @property
    def customers(self) -> int:
        """How many different ones they are of."""
        return len(self._customers)

    def add(self, made: Made, kind: int) -> None:
        """One more transaction; raises ConfigurationError when the disk is full."""
        customer = self._customers.setdefault(made.user, len(self._customers))
        if customer == len(self._latest):
            self._latest.append(made.ms)
        self.late += made.ms < self._latest[customer]
        self._latest[customer] = max(made.ms, self._latest[customer])
        values = (customer, self._end, made.ms, made.value_usd, kind)
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        try:
            self._write(made.body)
        except OSError as error:
            raise self._refused(error) from error
        self._end += len(made.body)

    def first_and_last_ms(self) -> tuple[int, int]:
        """The earliest and the latest event time; there is a row."""
        times = np.frombuffer(self._columns["time"], dtype=np.int64)
        return int(times.min()), int(times.max())

    def finish(self, header: Header) -> Header:
        """Write columns and header, and give the file its name; the header as written.

        Args:
            header: What to say of it; `bodies_end` and `columns` are filled in here.

        Raises:
            ConfigurationError: It cannot be written.
        """
        bodies_end = self._end
        self._columns["start"].append(bodies_end)
        try:
            offsets = {name: self._column(name) for name in COLUMNS}
            said = msgspec.structs.replace(header, bodies_end=bodies_end, columns=offsets)
            text = msgspec.json.encode(said)
            offset = self._end
            self._write(text)
            self._name(PREFIX.pack(MAGIC, offset, len(text)))
        except OSError as error:
            raise self._refused(error) from error
        return said

    def _column(self, name: str) -> int:
        """Write one column; its offset."""
        padding = -self._end % ALIGNED
        values = np.frombuffer(self._columns[name], dtype=self._columns[name].typecode)
        data = values.astype(COLUMNS[name]).tobytes()
        self._write(bytes(padding) + data)
        self._end += padding + len(data)
        return self._end - len(data)

    def _name(self, prefix: bytes) -> None:
        file = self._file
        if file is None:
            return
        file.seek(0)
        file.write(prefix)
        file.flush()
        os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        temporary = Path(file.name)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(self._path)

    def _write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)

    def _refused(self, error: OSError) -> ConfigurationError:
        reason = (error.strerror or str(error)).lower()
        return ConfigurationError([f"{self._path}: cannot be written: {reason}"])
