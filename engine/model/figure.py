"""A figure: a number together with where it came from.

Every number a person sees is one of these, so that page, snapshot and command line can say for
each of them how it was measured, by which formula it was derived, or who published it. The
constructor refuses a figure that cannot.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Provenance(StrEnum):
    """How a figure came to be."""

    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"
    QUOTED = "quoted"
    ESTIMATED = "estimated"


class Source(BaseModel):
    """Who published a quoted figure, or which file states an assumed one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    publisher: str
    title: str
    date: str = ""
    address: str = ""


class Figure(BaseModel):
    """One number with its provenance.

    Attributes:
        id: Dotted name, unique on a page, e.g. `hero.response_p99_ms`.
        label: What a person reads beside it.
        value: The number (or a short text such as a clock); None when not measured.
        unit: `tps`, `ms`, `seconds`, `usd`, `ratio`, `count`, `clock`, `text`, …; formatted in
            one place, `engine.report.format`.
        window_seconds: For measured figures, the time the samples cover.
        sample_size: For measured figures, how many samples.
        formula: For derived and estimated figures, the formula in words or symbols.
        inputs: For derived and estimated figures, the inputs by name.
        source: For quoted and assumed figures, who says so.
        note: A limit the reader should know, e.g. "this machine, no network".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    label: str
    value: float | int | str | None
    unit: str
    provenance: Provenance
    window_seconds: float | None = None
    sample_size: int | None = None
    formula: str | None = None
    inputs: dict[str, float | int | str | None] | None = None
    source: Source | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _says_where_it_came_from(self) -> Self:
        if self.value is None:
            return self
        missing = {
            Provenance.MEASURED: self.window_seconds is None and self.sample_size is None,
            Provenance.DERIVED: not self.formula or self.inputs is None,
            Provenance.ESTIMATED: not self.formula or self.inputs is None,
            Provenance.ASSUMED: self.source is None,
            Provenance.QUOTED: self.source is None,
        }[self.provenance]
        if missing:
            msg = f"figure {self.id} is {self.provenance} but does not say from what"
            raise ValueError(msg)
        return self
