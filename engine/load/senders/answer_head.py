"""Recognising an answer's head by its bytes.

A target's heads differ in little more than Content-Length and Date, so each distinct head is read
once and then found in a dictionary. Only the plain case is read here: HTTP/1.1, no longer than
heads usually are, one Content-Length of a few digits, at most one Connection, no
Transfer-Encoding, no upgrade, no Retry-After but in seconds, for what a date asks depends on when
it is read. Everything else is None, which means: let a full parser read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

END_OF_HEAD = b"\r\n\r\n"
KNOWN_HEADS = 4096
LONGEST_KNOWN = 4096

_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*?)[ \t]*")
_LENGTH = re.compile(rb"[0-9]{1,9}")
_SECONDS = re.compile(rb"[0-9]{1,9}(\.[0-9]{1,9})?")
_UNPLAIN = frozenset({b"transfer-encoding", b"upgrade"})
_CONNECTION = frozenset({b"keep-alive", b"close"})
_WITHOUT_BODY = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """Status, length of the body, whether the connection stays, Retry-After in seconds."""

    status: int
    length: int
    keeps: bool
    retry_after: float | None


class Heads:
    """The heads seen so far."""

    def __init__(self) -> None:
        self._known: dict[bytes, AnswerHead | None] = {}

    def find(self, head: bytes) -> AnswerHead | None:
        """What a head, with the blank line that ends it, says; None if it is not plain."""
        try:
            return self._known[head]
        except KeyError:
            if len(head) > LONGEST_KNOWN:
                return None
            if len(self._known) >= KNOWN_HEADS:
                self._known.clear()
            known = self._known[head] = read(head)
            return known


def read(head: bytes) -> AnswerHead | None:
    """Read a head; None if it is not plain."""
    lines = head[: -len(END_OF_HEAD)].split(b"\r\n")
    status_line = _STATUS_LINE.fullmatch(lines[0])
    matches = [_FIELD.fullmatch(line) for line in lines[1:]]
    if status_line is None or int(status_line[1]) in _WITHOUT_BODY:
        return None
    fields = [(match[1].lower(), match[2]) for match in matches if match is not None]
    names = [name for name, _ in fields]
    values = dict(fields)
    length = values.get(b"content-length", b"")
    connection = values.get(b"connection", b"keep-alive").lower()
    single = names.count(b"content-length") == 1 and names.count(b"connection") <= 1
    plain = len(fields) == len(matches) and single and connection in _CONNECTION
    if not plain or not _LENGTH.fullmatch(length) or _UNPLAIN & values.keys():
        return None
    retry_after = values.get(b"retry-after")
    if retry_after is not None and not _SECONDS.fullmatch(retry_after):
        return None
    return AnswerHead(
        status=int(status_line[1]),
        length=int(length),
        keeps=connection == b"keep-alive",
        retry_after=None if retry_after is None else float(retry_after),
    )


def retry_after_seconds(value: bytes) -> float | None:
    """Seconds to wait by a Retry-After field, given as seconds or as a date."""
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        date = parsedate_to_datetime(value.decode("latin-1"))
    except (ValueError, OverflowError, TypeError):  # numbers of any length; no year, no zone
        return None
    now = datetime.now(UTC)
    return max((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds(), 0.0)
