"""The platform's telemetry as Prometheus text (format 0.0.4): `GET /metrics` of the supervisor.

The supervisor serves it, on a port of its own, because it alone knows what dead processes had
counted (so no counter goes back when one is replaced), because it answers when the edge does not,
which is when telemetry matters, and because a scrape there costs the path of a decision nothing.

Counters are cumulative over the life of the platform and end in `_total`; all units are seconds
and bytes; the text is of the supervisor's last tick.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.platform.buckets import BOUNDS_SECONDS, Times

Labels = dict[str, str]
Samples = Iterable[tuple[Labels, float]]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "limelight_"


class Page:
    """Metric families, one after the other."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def counter(self, name: str, about: str, samples: Samples) -> None:
        """What only grows; `name` without `_total`."""
        self._family(f"{name}_total", "counter", about, samples)

    def gauge(self, name: str, about: str, samples: Samples) -> None:
        """What goes up and down."""
        self._family(name, "gauge", about, samples)

    def histogram(self, name: str, about: str, samples: Iterable[tuple[Labels, Times]]) -> None:
        """Times in seconds; `name` without `_seconds`."""
        full = f"{_PREFIX}{name}_seconds"
        self._head(full, "histogram", about)
        for labels, times in samples:
            for bound, below in _cumulative(times):
                self._sample(f"{full}_bucket", {**labels, "le": bound}, below)
            self._sample(f"{full}_sum", labels, times.sum_seconds)
            self._sample(f"{full}_count", labels, times.count)

    def text(self) -> bytes:
        """All of it."""
        return ("\n".join(self._lines) + "\n").encode()

    def _family(self, name: str, kind: str, about: str, samples: Samples) -> None:
        full = _PREFIX + name
        self._head(full, kind, about)
        for labels, value in samples:
            self._sample(full, labels, value)

    def _head(self, full: str, kind: str, about: str) -> None:
        self._lines += [f"# HELP {full} {_escaped(about)}", f"# TYPE {full} {kind}"]

    def _sample(self, full: str, labels: Labels, value: float) -> None:
        pairs = ",".join([f'{key}="{_quoted(text)}"' for key, text in labels.items()])
        braces = f"{{{pairs}}}" if pairs else ""
        self._lines.append(f"{full}{braces} {value!r}")


def _cumulative(times: Times) -> Iterator[tuple[str, int]]:
    below = 0
    for bound, count in zip((*map(repr, BOUNDS_SECONDS), "+Inf"), times.counts, strict=True):
        below += count
        yield bound, below


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
