"""The one place that turns figures into words for people.

Thousands have commas, as `Intl.NumberFormat("en-US")` writes them in the browser. A number carries
no more digits than a person can use; a quoted or assumed one keeps all that its source gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from engine.model.figure import Figure, Provenance

NOT_MEASURED = "not measured"
DASH = "–"
SPELT_OUT = frozenset({"usd", "ratio", "text"})


def text(figure: Figure) -> str:
    """A figure's value and unit as a person reads it; says so when it was not measured."""
    value = figure.value
    if value is None:
        return NOT_MEASURED if figure.unit in SPELT_OUT else DASH
    if isinstance(value, str):
        return value
    if figure.provenance in {Provenance.QUOTED, Provenance.ASSUMED} and figure.unit in EXACT:
        return EXACT[figure.unit].format(exact(100 * Decimal(str(value)), value, figure.unit))
    return FORMATS.get(figure.unit, plain)(float(value))


def exact(percentage: Decimal, value: float, unit: str) -> str:
    """All digits of a published number, without an exponent."""
    number = percentage if unit == "ratio" else Decimal(str(value))
    return f"{number.normalize():,f}"


def plain(value: float) -> str:
    """An integer with thousands; otherwise three significant digits."""
    if value == int(value):
        return f"{value:,.0f}"
    return _significant(value, 3, 4)


def rate(value: float) -> str:
    """Per second."""
    return f"{value:,.0f}/s" if value >= 100 or value == int(value) else f"{value:,.1f}/s"


def milliseconds(value: float) -> str:
    """Three significant digits, at most one decimal; never rounded down to nothing."""
    if 0 < value < 0.05:
        return "< 0.1 ms"
    return f"{value:,.0f} ms" if abs(value) >= 99.95 else f"{value:,.1f} ms"


def seconds(value: float) -> str:
    """Three significant digits, at most two decimals."""
    if value == int(value) or abs(value) >= 99.95:
        return f"{value:,.0f} s"
    return f"{value:.1f} s" if abs(value) >= 9.995 else f"{value:.2f} s"


def cpu_seconds(value: float) -> str:
    """Small times: three significant digits."""
    return f"{_significant(value, 3, 6)} s"


def usd(value: float) -> str:
    """US dollars; below a cent, two significant digits."""
    sign, size = ("−" if value < 0 else ""), abs(value)
    if size >= 1_000:
        return f"{sign}${size:,.0f}"
    if size >= 1 or size == 0:
        return f"{sign}${size:,.2f}"
    return f"{sign}${_significant(size, 2 if size < 0.01 else 3, 12)}"


def percentage(value: float) -> str:
    """A share 0..1 in per cent; never rounded up to all or down to nothing."""
    share = value * 100
    gap = min(abs(share), abs(100 - share))
    if gap == 0 or gap >= 1:
        return f"{share:,.0f} %" if share == int(share) else f"{share:,.1f} %"
    decimals = min(6, 1 - math.floor(math.log10(gap)))
    number = round(Decimal(str(share)), decimals).normalize()
    return f"{number:,f} %" if number not in {0, 100} else f"{share:.2g} %"


def clock(value: float) -> str:
    """Minutes and seconds, and hours where there are any."""
    whole = max(0, int(value))
    hours, minutes, rest = whole // 3_600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def factor(value: float) -> str:
    """How many times."""
    return f"×{plain(value)}"


def _significant(value: float, digits: int, decimals: int) -> str:
    """Fixed notation with this many significant digits, no trailing zeros, at most `decimals`."""
    if value == 0:
        return "0"
    rounded = Decimal(f"{value:.{digits - 1}e}")
    if abs(rounded) >= 10 ** (digits - 1):
        return f"{rounded:,.0f}"
    return f"{round(rounded, decimals).normalize():,f}"


FORMATS: dict[str, Callable[[float], str]] = {
    "tps": rate,
    "ms": milliseconds,
    "seconds": seconds,
    "cpu_seconds": cpu_seconds,
    "usd": usd,
    "ratio": percentage,
    "clock": clock,
    "factor": factor,
    "count": plain,
    "cores": lambda value: f"{plain(value)} cores",
    "mb": lambda value: f"{value:,.0f} MB",
    "gb": lambda value: f"{value:,.1f} GB",
}

EXACT: dict[str, str] = {
    "tps": "{}/s",
    "ms": "{} ms",
    "seconds": "{} s",
    "usd": "${}",
    "ratio": "{} %",
    "count": "{}",
    "factor": "×{}",
}
