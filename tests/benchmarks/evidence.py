"""What a benchmark leaves behind: the measurements, their medians and the bars, as one JSON file.

The classes are the schema: a file that does not decode into them is no evidence. It names no host,
user or path.
"""

import platform
import re
import statistics
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.measure.machine import this_machine

FOLDER = Path(__file__).parents[2] / "assets" / "evidence"
QUIET_CORES = 0.1


class Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """No field but those named."""


class Measurement(Strict):
    """One run of one tool.

    `scenario` is saturated, paced or frozen; `rate` was asked for (0: as much as it can). CPU is
    user and system; `others_cpu_cores` is what the rest of the machine used in the window.
    `failure` says why there are no figures.
    """

    tool: str
    scenario: str
    rate: float
    round: int
    command: str
    failure: str = ""
    window_seconds: float = 0.0
    requests: int = 0
    achieved_per_second: float = 0.0
    cpu_us_per_request: float = 0.0
    client_cpu_cores: float = 0.0
    target_cpu_cores: float = 0.0
    others_cpu_cores: float = 0.0
    lateness_ms: dict[str, float] | None = None
    known_lateness_ms: dict[str, float] | None = None
    planned: int | None = None
    arrived: int | None = None
    true_p99_ms: float | None = None
    stated_ms: dict[str, float] | None = None


class Row(Strict):
    """Medians of the rounds of one tool in one scenario; None where nothing was measured."""

    tool: str
    scenario: str
    rate: float
    rounds: int
    achieved_per_second: float | None = None
    cpu_us_per_request: float | None = None
    target_cpu_cores: float | None = None
    lateness_ms: dict[str, float] | None = None
    known_lateness_ms: dict[str, float] | None = None
    sent_share: float | None = None
    true_p99_ms: float | None = None
    stated_ms: dict[str, float] | None = None
    cpu_ratio_to_ours: float | None = None


class Bar(Strict):
    """One bar: what was measured against which limit; `met` is None where nothing was measured."""

    what: str
    bar: str
    measured: float | None
    limit: float | None
    met: bool | None
    stretch: bool = False


class ToolFound(Strict):
    """A tool that was looked for; no version: not found."""

    name: str
    version: str | None
    note: str = ""


class Setup(Strict):
    """Where and how it was measured."""

    date: str
    quick: bool
    machine: dict[str, str | float]
    bound: str
    connections: int
    body_bytes: int
    others_cpu_cores: float
    quiet: bool


class Evidence(Strict):
    """`load_generators.json`."""

    setup: Setup
    definitions: dict[str, str]
    tools: list[ToolFound]
    bars: list[Bar]
    rows: list[Row]
    measurements: list[Measurement]


class Steady(Strict):
    """`steady.json`: one worker at one rate for a while."""

    setup: Setup
    definitions: dict[str, str]
    rate: float
    seconds: int
    planned: int
    sent: int
    decided: int
    failed: int
    dropped: int
    sent_each_second: list[int]
    worst_second_deviation: float
    cpu_us_per_transaction: float
    rss_mb: float
    lateness_ms: dict[str, float]
    known_lateness_ms: dict[str, float]
    response_ms: dict[str, float]
    bars: list[Bar]


def write(evidence, path):
    """Write evidence as readable JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(evidence), indent=1)
    path.write_bytes(text + b"\n")


def setup(*, quick, bound, connections, body_bytes, others):
    """The setup of a run whose windows saw this CPU use of others, in cores."""
    middle = statistics.median(others) if others else 0.0
    return Setup(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        quick=quick,
        machine=about_the_machine(),
        bound=bound,
        connections=connections,
        body_bytes=body_bytes,
        others_cpu_cores=round(middle, 3),
        quiet=middle <= QUIET_CORES,
    )


def about_the_machine():
    """What was measured on, as every evidence file says it."""
    machine = this_machine()
    return {
        "processor": _processor(),
        "cpu_count": machine.cpu_count,
        "memory_gb": machine.memory_gb,
        "system": machine.system,
        "python": machine.python,
        "limelight": machine.limelight,
    }


def _processor():
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or "unknown"
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1] if found else "unknown"


def rows(measurements, ours):
    """Medians over the rounds, in the order the measurements came."""
    groups = {}
    for one in measurements:
        groups.setdefault((one.scenario, one.rate, one.tool), []).append(one)
    made = [_row(key, [one for one in group if not one.failure]) for key, group in groups.items()]
    costs = {(row.scenario, row.rate): row.cpu_us_per_request for row in made if row.tool == ours}
    for row in made:
        own = costs.get((row.scenario, row.rate))
        if own and row.cpu_us_per_request:
            row.cpu_ratio_to_ours = round(row.cpu_us_per_request / own, 2)
    return made


def _row(key, group):
    scenario, rate, tool = key
    row = Row(tool=tool, scenario=scenario, rate=rate, rounds=len(group))
    if not group:
        return row
    for name in ("achieved_per_second", "cpu_us_per_request", "target_cpu_cores"):
        setattr(row, name, round(statistics.median(getattr(one, name) for one in group), 2))
    for name in ("lateness_ms", "known_lateness_ms", "stated_ms"):
        setattr(row, name, _medians([getattr(one, name) for one in group]))
    if scenario == "frozen":
        row.sent_share = round(statistics.median(one.arrived / one.planned for one in group), 4)
        row.true_p99_ms = round(statistics.median(one.true_p99_ms for one in group), 2)
    return row


def _medians(tables):
    tables = [table for table in tables if table]
    if not tables:
        return None
    return {name: round(statistics.median(t[name] for t in tables), 4) for name in tables[0]}
