"""Rows that cannot be sent: where, which column, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

SHOWN = 20
LONGEST_VALUE = 60


class BadValueError(Exception):
    """A value no transaction can have; `kind` is what is wrong, without the value."""

    def __init__(self, column: str, kind: str, got: str | None = None) -> None:
        super().__init__(kind)
        self.column, self.kind, self.got = column, kind, got


@dataclass
class Complaints:
    """The first bad rows in full, the rest counted by kind.

    `where` begins every line, as `bank.csv:`; in `unit`, `{}` stands for the row's line.
    """

    where: str
    unit: str
    count: int = 0
    shown: list[str] = field(default_factory=list)
    rest: Counter[str] = field(default_factory=Counter)

    def add(self, line: int, error: BadValueError) -> None:
        """One bad row."""
        self.count += 1
        what = f"{_plain(error.column, quote='')}: {error.kind}"
        if len(self.shown) < SHOWN:
            got = "" if error.got is None else f", got {_plain(error.got)}"
            self.shown.append(f"{self.where}{self.unit.format(line)}: {what}{got}")
        else:
            self.rest[what] += 1

    def lines(self) -> Iterator[str]:
        """All of it for people."""
        yield from self.shown
        for kind, count in self.rest.most_common():
            yield f"and {count:,} more: {kind}"


def _plain(text: str, quote: str = '"') -> str:
    """A value that may hold anything, on one line and short."""
    shown = "".join(letter if letter.isprintable() else "·" for letter in text[:LONGEST_VALUE])
    more = "…" if len(text) > LONGEST_VALUE else ""
    return f"{quote}{shown}{more}{quote}"
