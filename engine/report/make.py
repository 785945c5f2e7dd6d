"""Short ways to make figures, each saying where its number came from."""

from __future__ import annotations

import math

from engine.model.figure import Figure, Provenance, Source

Number = float | int | None
Value = float | int | str | None

ONE_MACHINE = "this machine, no network"
SECOND = 1.0  # the window of every live rate


def known(value: Number) -> Number:
    """The number, or None where it is missing or not a number."""
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value


def whole(value: Number) -> int | None:
    """A count as an int, None where it was not measured."""
    number = known(value)
    return None if number is None else int(number)


def measured(  # noqa: PLR0913 -- a figure is its fields; a bag of options would hide them
    figure_id: str,
    label: str,
    value: Value,
    unit: str,
    *,
    window: Number = None,
    samples: Number = None,
    note: str | None = None,
) -> Figure:
    """A figure from samples of this run: over `window` seconds, or from so many samples."""
    number = value if isinstance(value, str) else known(value)
    window, samples = known(window), known(samples)
    return Figure(
        id=figure_id,
        label=label,
        value=number,
        unit=unit,
        provenance=Provenance.MEASURED,
        window_seconds=None if window is None else float(window),
        sample_size=None if samples is None else int(samples),
        note=note,
    )


def derived(  # noqa: PLR0913 -- a figure is its fields; a bag of options would hide them
    figure_id: str,
    label: str,
    value: Value,
    unit: str,
    *,
    formula: str,
    inputs: dict[str, Value],
    note: str | None = None,
) -> Figure:
    """A figure by formula from measured or stated inputs."""
    return Figure(
        id=figure_id,
        label=label,
        value=value if isinstance(value, str) else known(value),
        unit=unit,
        provenance=Provenance.DERIVED,
        formula=formula,
        inputs=inputs,
        note=note,
    )


def stated(figure_id: str, label: str, value: Value, unit: str, source: Source) -> Figure:
    """A figure somebody chose: a plan, a limit, a setting."""
    return Figure(
        id=figure_id,
        label=label,
        value=value,
        unit=unit,
        provenance=Provenance.ASSUMED,
        source=source,
    )
