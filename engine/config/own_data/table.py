"""An open file of rows, whatever its format: texts, each row with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from engine.config.own_data.complaints import BadValueError
from engine.model.errors import ConfigurationError


class Line(NamedTuple):
    """A row and where it begins; `broken` says why there are no texts."""

    line: int
    texts: Sequence[str]
    broken: BadValueError | None = None


class Table(Protocol):
    """An open file of rows; `unit` names a row by its line."""

    unit: str

    @property
    def columns(self) -> list[str]:
        """Names, in the order of a row's texts."""

    def rows(self) -> Iterator[Line]:
        """All rows, once."""

    def close(self) -> None:
        """Close the file."""


def refused(path: Path, problem: str) -> ConfigurationError:
    """What is wrong with a file as a whole."""
    return ConfigurationError([f"{path}: {problem}"])
