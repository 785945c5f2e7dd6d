"""What the platform says of its scaling, once each: on the timeline and in the record."""

from __future__ import annotations

from collections.abc import Callable

from engine.model.control import PlatformReport, ScalingTelemetry
from engine.model.event import EventKind
from engine.model.results import ScalingRecord


class Scalings:
    """The changes of the number of scorers since Start."""

    def __init__(self) -> None:
        self.records: list[ScalingRecord] = []
        self._told = 0

    def look(self, report: PlatformReport, start_ns: int | None, log: Callable[..., None]) -> None:
        """Take what is new in a report; what came before Start is no part of the run."""
        for scaling in report.scalings:
            if scaling.number <= self._told:
                continue
            self._told = scaling.number
            if start_ns is not None and scaling.at_ns >= start_ns:
                record = _record(scaling, start_ns)
                self.records.append(record)
                log(EventKind.SCALED, sentence(record), **record.model_dump())


def _record(scaling: ScalingTelemetry, start_ns: int) -> ScalingRecord:
    return ScalingRecord(
        t_seconds=(scaling.at_ns - start_ns) / 1e9,
        from_scorers=scaling.from_scorers,
        to_scorers=scaling.to_scorers,
        cause=scaling.cause,
        utilisation=scaling.utilisation,
        seconds=scaling.seconds,
        shards=scaling.shards,
        held=scaling.held,
        held_ms=scaling.held_ms,
    )


def sentence(scaling: ScalingRecord) -> str:
    """What a person reads of one change."""
    change = f"{scaling.from_scorers} → {scaling.to_scorers} scorers"
    took = f"took {scaling.seconds:.1f} s"
    held = f"{scaling.held:,} transactions held for {scaling.held_ms:.0f} ms"
    if scaling.cause != "utilisation" or scaling.utilisation is None:
        return f"{change} by order, {took}; {held}"
    return f"{change} at {scaling.utilisation:.0%} utilisation, {took} since it passed; {held}"
