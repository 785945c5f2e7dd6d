"""Reading a target's Prometheus endpoint once a tick, in a thread of its own.

The platform's report over its pipe stays the source of what a run acts on (who lives, who is held
down, what the flow shows): it is pushed, ordered, and needs no port. The endpoint is read for what
belongs to any system that has one: histograms and counters of its parts, cumulative, so that a
missed scrape loses nothing. A thread, because a target that answers late must not delay a tick.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit

PERIOD_SECONDS = 0.25
PATIENCE_SECONDS = 1.0
MOST_BYTES = 4_000_000
_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{([^\n]*)\})?[ \t]+(\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")

Labels = tuple[tuple[str, str], ...]


class Scrape(NamedTuple):
    """What one page said: values by name and sorted labels, read at `at_ns` (monotonic)."""

    at_ns: int
    values: dict[str, dict[Labels, float]]

    def value(self, name: str, **labels: str) -> float | None:
        """One sample, or None if it is not there."""
        return self.values.get(name, {}).get(tuple(sorted(labels.items())))

    def each(self, name: str) -> dict[Labels, float]:
        """All samples of a name."""
        return self.values.get(name, {})


def parse(text: str, at_ns: int) -> Scrape:
    """Prometheus text format 0.0.4; lines that are no samples are passed over."""
    values: dict[str, dict[Labels, float]] = {}
    for name, labels, number in _SAMPLE.findall(text):
        with contextlib.suppress(ValueError):
            values.setdefault(name, {})[_labels(labels)] = float(number)
    return Scrape(at_ns, values)


def _labels(text: str) -> Labels:
    return tuple(sorted((key, _ESCAPED.sub(_plain, value)) for key, value in _LABEL.findall(text)))


def _plain(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]


class Scraper:
    """Scrapes a URL until closed.

    Attributes:
        first: The first scrape that worked.
        before, latest: The two newest.
    """

    def __init__(self, url: str) -> None:
        self.first: Scrape | None = None
        self.before: Scrape | None = None
        self.latest: Scrape | None = None
        self._parts = urlsplit(url)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Scrape no more; idempotent."""
        self._ended.set()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(
            self._parts.hostname or "", self._parts.port, timeout=PATIENCE_SECONDS
        )
        with contextlib.closing(connection):
            while not self._ended.wait(PERIOD_SECONDS):
                try:
                    self._take(connection)
                except (OSError, http.client.HTTPException):
                    connection.close()  # the next request opens it again

    def _take(self, connection: http.client.HTTPConnection) -> None:
        connection.request("GET", self._parts.path)
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES)
        if answer.status != http.HTTPStatus.OK or not answer.isclosed():
            connection.close()
            return
        found = parse(body.decode("utf-8", "replace"), time.monotonic_ns())
        self.first = self.first or found
        self.before, self.latest = self.latest, found
