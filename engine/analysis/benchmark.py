"""What others published about themselves, quoted beside what is measured here, never mixed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine.analysis.sources import PRESETS, read_entries
from engine.model.figure import Figure

FACTS = PRESETS / "facts.toml"


@lru_cache(maxsize=4)
def quoted_facts(path: Path = FACTS) -> tuple[Figure, ...]:
    """Every quoted fact as a figure `benchmark.<fact id>`, in the order of the file.

    Raises:
        ConfigurationError: The file is missing or an entry does not say who published it.
    """
    return tuple(entry.figure(f"benchmark.{entry.id}") for entry in read_entries(path))


def quoted_latencies(path: Path = FACTS) -> tuple[Figure, ...]:
    """The quoted decision latencies, in ms."""
    return tuple(figure for figure in quoted_facts(path) if figure.unit == "ms")


def quoted_prevalences(path: Path = FACTS) -> tuple[Figure, ...]:
    """The quoted shares of fraud among real payments, 0..1."""
    return tuple(figure for figure in quoted_facts(path) if figure.unit == "ratio")
