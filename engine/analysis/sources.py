"""Quoted figures from files: each entry a number and who published it, when and where."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.model.errors import ConfigurationError
from engine.model.figure import Figure, Provenance, Source

PRESETS = Path(__file__).resolve().parents[2] / "presets"
TIERS = {
    "primary": "the publisher's own page",
    "republished": "the publisher's words on another site",
    "third_party": "somebody else's statement",
    "computed": "arithmetic over published rows",
}


class Entry(BaseModel):
    """One quoted figure as a file holds it; `unit` begins with the unit of `value`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    label: str
    metric: str
    value: float
    unit: str
    scope: str
    publisher: str
    title: str
    date: str
    address: str
    tier: str
    note: str

    def figure(self, figure_id: str) -> Figure:
        """The entry as a quoted figure under this id."""
        word = self.unit.split(" ")[0].split("/")[0].lower()
        remarks = [self.metric, self.scope, TIERS.get(self.tier, self.tier), self.note]
        return Figure(
            id=figure_id,
            label=self.label,
            value=int(self.value) if self.value == int(self.value) else self.value,
            unit=word,
            provenance=Provenance.QUOTED,
            source=Source(
                publisher=self.publisher, title=self.title, date=self.date, address=self.address
            ),
            note="; ".join(["not measured by us", *filter(None, remarks)]),
        )


def read_entries(path: Path) -> list[Entry]:
    """All entries of a file of quoted figures.

    Raises:
        ConfigurationError: The file is missing, broken, or an entry lacks what a quote needs.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("figure", [])
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{path}: is not valid TOML: {error}"]) from error
    try:
        return [Entry.model_validate(row) for row in rows]
    except ValidationError as error:
        messages = [
            f"{path}: figure.{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}, "
            f"got {problem['input']!r}"
            for problem in error.errors()
        ]
        raise ConfigurationError(messages) from error
