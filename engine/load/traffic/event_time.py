"""Event time: when, in the simulated world, transaction n happens.

Arrivals follow a rate λ(t) with a daily and weekly rhythm, in all `PER_DAY` a day on average.
With Λ(t) = ∫ λ, transaction n happens at Λ⁻¹(n + u), u uniform in [0, 1): event time rises with n,
so every customer's transactions are in order, and it depends on (seed, n) only. A run at 6,000/s
lives through a day of events in 1.7 s; that is what gives customers a history within a demo.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from engine.load.traffic.draws import F64, I64

PER_DAY = 10_000
EPOCH = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)  # a Monday
EPOCH_SECONDS = int(EPOCH.timestamp())
FIRST_HOUR = 8.0  # transaction 0 happens at this hour of the first day
DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS

# Relative activity by local hour 0..23, and by weekday from Monday; assumed, read off no data.
HOUR_SHAPE = np.array(
    [
        *(0.30, 0.18, 0.12, 0.10, 0.12, 0.25, 0.50, 0.80, 1.00, 1.10, 1.20, 1.40),
        *(1.60, 1.50, 1.30, 1.25, 1.35, 1.60, 1.80, 1.70, 1.40, 1.10, 0.80, 0.50),
    ]
)
WEEKDAY_SHAPE = np.array([0.92, 0.94, 0.97, 1.00, 1.15, 1.20, 0.82])

# Share of shopping rounds in which gifts are bought, by day of the year; assumed. Birthdays all
# year; sales in January; before St Valentine's day and Mother's day; Black Friday to Christmas.
_SEASONS = ((1, 31, 0.15), (38, 45, 0.30), (124, 130, 0.25), (324, 357, 0.60))
FESTIVE_SHARE = np.full(366, 0.05)
for _first, _last, _share in _SEASONS:
    FESTIVE_SHARE[_first - 1 : _last] = _share


def _week_table() -> tuple[F64, F64]:
    """Hours since Monday 0:00 UTC (0..168) and arrivals by then, for the population at UTC+1."""
    hours = np.arange(168)
    local = (hours + 1) % 168
    rate = (0.25 + HOUR_SHAPE[local % 24]) * WEEKDAY_SHAPE[local // 24]
    rate *= 7 * PER_DAY / rate.sum()
    seconds: F64 = np.arange(169, dtype=np.float64) * 3600.0
    return seconds, np.concatenate([[0.0], np.cumsum(rate)])


_SECONDS, _ARRIVALS = _week_table()
_OFFSET = float(np.interp(FIRST_HOUR * 3600, _SECONDS, _ARRIVALS))


def event_ms(numbers: I64, jitter: F64) -> I64:
    """Milliseconds since `EPOCH` of arrivals; jitter uniform in [0, 1)."""
    weeks, rest = np.divmod(numbers + jitter + _OFFSET, 7 * PER_DAY)
    seconds = weeks * WEEK_SECONDS + np.interp(rest, _ARRIVALS, _SECONDS)
    whole: I64 = (seconds * 1000).astype(np.int64)
    return whole


def festive(event_ms: I64) -> F64:
    """Share of shopping rounds in which gifts are bought on the day of each event time."""
    day = event_ms // (DAY_SECONDS * 1000) + EPOCH.timetuple().tm_yday - 1
    share: F64 = FESTIVE_SHARE[day % 365]
    return share


def rhythm(hour_utc: float, offsets: F64) -> F64:
    """Relative activity at this UTC hour of people at these offsets from UTC, in hours."""
    hours = ((hour_utc + offsets) % 24).astype(np.int64)
    shape: F64 = HOUR_SHAPE[hours]
    return shape
