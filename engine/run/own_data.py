"""The traffic of a planned run: simulated, or own data that must last as long as the run does."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from pathlib import Path

import numpy as np

from engine.load.pacer import Pacer
from engine.load.traffic.own import most_arrivals
from engine.load.traffic.own_file import Header, read_header
from engine.model.errors import ConfigurationError
from engine.model.request import RunRequest
from engine.model.scenario import TestScenario
from engine.model.traffic import TrafficSource


@dataclass(frozen=True)
class PlannedTraffic:
    """What a run sends; `file` is "" for the simulator, `most_arrivals` None if it never ends."""

    source: TrafficSource
    file: str = ""
    most_arrivals: int | None = None


def planned_traffic(request: RunRequest, scaled: TestScenario, pacer: Pacer) -> PlannedTraffic:
    """The traffic of a request.

    Args:
        request: What was asked for.
        scaled: The scenario as it is run.
        pacer: Of the whole run.

    Raises:
        ConfigurationError: The file is missing or damaged, or ends before the run does.
    """
    if request.traffic_file is None:
        if request.repeat_traffic:
            raise ConfigurationError(["--repeat goes with own data: name it with --traffic"])
        return PlannedTraffic(TrafficSource(own=False, name=str(scaled.traffic_mix)))
    path = Path(request.traffic_file).resolve()
    header, repeat = read_header(path), request.repeat_traffic
    most = most_arrivals(header, repeat=repeat)
    if pacer.total > most:
        raise ConfigurationError([_too_short(header, most, request, pacer)])
    return PlannedTraffic(header.as_source(repeated=repeat), str(path), most)


def _too_short(header: Header, most: int, request: RunRequest, pacer: Pacer) -> str:
    lasts = float(pacer.due_seconds(np.array([most]))[0])  # when the first that is missing is due
    planned = pacer.profile.duration_seconds
    options = []
    if (whole := floor(lasts * request.speed)) >= 1:
        options.append(f"cut the run with --duration {whole}")
    if (rate := floor(1000 * request.rate_scale * most / pacer.total) / 1000) > 0:
        options.append(f"lower the rate with --rate-scale {rate:g}")
    if not request.repeat_traffic:
        options.append("let it begin again with --repeat")
    return (
        f"--traffic {header.name} holds {most:,} transactions, which last {lasts:,.1f} s of the "
        f"{planned:,.1f} s planned ({pacer.total:,} arrivals): {', or '.join(options)}"
    )
