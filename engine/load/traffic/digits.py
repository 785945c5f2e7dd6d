"""Numbers as text, a column at a time: several digits a look-up, in tables that fit the cache."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.load.traffic.draws import F64, I64, U64
from engine.load.traffic.event_time import EPOCH_SECONDS

Texts = np.ndarray[tuple[int], np.dtype[np.object_]]
Letters = NDArray[np.bytes_]
Fours = NDArray[np.uint32]

_WHOLE = 20_000
_HOUR_MS, _SECOND_MS = 3_600_000, 1_000


def texts(values: list[str]) -> Texts:
    """A table of ASCII texts, as bytes, to `take` from."""
    table = np.empty(len(values), dtype=object)
    table[:] = [value.encode("ascii") for value in values]
    return table


def _letters(values: list[str]) -> Letters:
    return np.array([value.encode("ascii") for value in values])


def _fours(values: list[str]) -> Fours:
    """Texts of four letters, each as one 32-bit word: faster to gather than letters."""
    return _letters(values).view(np.uint32)


_DECIMAL = _fours([f"{value:04d}" for value in range(10_000)])
_HEX = _letters([f"{value:02x}" for value in range(256)]).view(np.uint16)
_MILLISECOND = _fours([f"{value:03d}Z" for value in range(1_000)])
_MINUTE_SECOND = _letters([f"{value // 60:02d}:{value % 60:02d}." for value in range(3_600)])
_UNITS = texts([str(value) for value in range(_WHOLE)])
_CENTS = texts([f".{value:02d}" for value in range(100)])


def _listed(words: NDArray[Any], width: int) -> list[bytes]:
    """Rows of words, or of letters, as one text of this width each."""
    if not len(words):
        return []
    rows: list[bytes] = np.ascontiguousarray(words).view(f"S{width}").ravel().tolist()
    return rows


def decimal12(values: I64) -> list[bytes]:
    """Whole numbers below 10¹² in twelve digits."""
    groups = np.empty((len(values), 3), dtype=np.int64)
    high, groups[:, 2] = np.divmod(values, 10_000)
    groups[:, 0], groups[:, 1] = np.divmod(high, 10_000)
    return _listed(_DECIMAL[groups], 12)


def hexadecimal(*columns: U64) -> list[bytes]:
    """64-bit numbers side by side, in sixteen hexadecimal digits each."""
    if not len(columns[0]):
        return []
    bits = np.stack(columns, axis=1).astype("<u8", copy=False)
    groups = bits.view(np.uint8).reshape(len(bits), len(columns), 8)[:, :, ::-1]
    return _listed(_HEX[groups].reshape(len(bits), -1), 16 * len(columns))


def iso_times(event_ms: I64, table: dict[int, bytes]) -> list[bytes]:
    """Event times (ms since the epoch of the traffic) as `2026-01-05T08:00:03.214Z`.

    Args:
        event_ms: Times, ascending or not.
        table: Texts of hours met before, kept by the caller.
    """
    if not len(event_ms):
        return []
    hours, rest = np.divmod(event_ms, _HOUR_MS)
    known, place = np.unique(hours, return_inverse=True)
    for hour in known.tolist():
        if hour not in table:
            at = datetime.fromtimestamp(EPOCH_SECONDS + hour * 3600, UTC)
            table[hour] = at.strftime("%Y-%m-%dT%H:").encode()
    prefix = np.array([table[hour] for hour in known.tolist()])
    second, millisecond = np.divmod(rest, _SECOND_MS)
    rows = np.empty((len(event_ms), 24), dtype=np.uint8)
    rows[:, :14] = prefix[place].view(np.uint8).reshape(-1, 14)
    rows[:, 14:20] = _MINUTE_SECOND[second].view(np.uint8).reshape(-1, 6)
    rows[:, 20:] = _MILLISECOND[millisecond].view(np.uint8).reshape(-1, 4)
    return _listed(rows, 24)


def amounts(values: F64) -> tuple[list[bytes], list[bytes]]:
    """Amounts with two decimals, as the text before and after the decimal point."""
    units, cents = np.divmod(np.rint(values * 100).astype(np.int64), 100)
    large = np.flatnonzero(units >= _WHOLE)
    before: list[Any] = _UNITS.take(units, mode="clip").tolist()
    for row in large.tolist():
        before[row] = b"%d" % units[row]
    return before, _CENTS.take(cents).tolist()
