"""Event time as somebody wrote it → milliseconds since 1970 UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

Parse = Callable[[str], float]

NAMED = ("iso", "unix_seconds", "unix_ms", "seconds")
FIRST_MS = 0
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{0,12})?([eE][+-]?[0-9]{1,2})?")
_SAMPLE = datetime(2026, 1, 31, 13, 45, 59, tzinfo=UTC)


def time_problem(form: str, timezone: str, since: str | None) -> str | None:
    """Why times cannot be read so: key and what is wrong with it; None if they can."""
    if form not in NAMED and not _readable(form):
        known = ", ".join(NAMED)
        return (
            f"format must be one of {known}, or a pattern that names year, month and day such as "
            f"%d.%m.%Y %H:%M, got {form!r}"
        )
    zone = _zone(timezone)
    if zone is None:
        return f"timezone must be a name such as UTC or Europe/Brussels, got {timezone!r}"
    if (form == "seconds") != (since is not None):
        return "since goes with the format seconds: the time at which it counts 0"
    if since is not None and _instant(since, zone) is None:
        return f"since must be a date and time such as 2013-09-01T00:00:00Z, got {since!r}"
    return None


def time_parser(form: str, timezone: str, since: str | None) -> Parse:
    """Reads one text as milliseconds since 1970 UTC.

    It raises ValueError or OverflowError for a text that is no such time. The arguments have no
    `time_problem`.
    """
    zone = _zone(timezone) or UTC
    if form == "iso":
        return lambda text: _ms(datetime.fromisoformat(text), zone)
    if form == "unix_ms":
        return plain_number
    if form == "unix_seconds":
        return lambda text: plain_number(text) * 1000.0
    if form == "seconds":
        begin = (_instant(since or "", zone) or _SAMPLE).timestamp()
        return lambda text: (plain_number(text) + begin) * 1000.0
    return lambda text: _ms(datetime.strptime(text, form), zone)  # noqa: DTZ007 -- _ms adds it


def plain_number(text: str) -> float:
    """A decimal number in ASCII digits; raises ValueError for anything else."""
    if PLAIN_NUMBER.fullmatch(text) is None:
        msg = "not a number"
        raise ValueError(msg)
    return float(text)


def _ms(moment: datetime, zone: tzinfo) -> float:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.timestamp() * 1000.0


def _readable(form: str) -> bool:
    """Whether a pattern reads back the day it wrote."""
    try:
        read = datetime.strptime(_SAMPLE.strftime(form), form)  # noqa: DTZ007 -- only its day
    except (ValueError, re.error, UnicodeError):
        return False
    return read.date() == _SAMPLE.date()


def _zone(name: str) -> tzinfo | None:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, a folder of names
        return None


def _instant(text: str, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
