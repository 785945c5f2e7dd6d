"""What the benchmark of faults leaves behind: its schema and its text."""

from tests.benchmarks import table
from tests.benchmarks.evidence import Bar, Strict

DEFINITIONS = {
    "band": (
        "mean ± the larger of 4 standard deviations and 10 % of the mean, of the ticks in the 6 s "
        "before the onset"
    ),
    "left its band": "at least three ticks outside it while the fault was on",
    "returned": "median of the ticks in the last 4 s of the plan inside the band",
    "before, during, after": "means of the ticks; after: the median",
    "agent phase": (
        "from the onset until the second fault of the cascade: only an agent is too slow; p50 of "
        "the response in its ticks against the 6 s before. Contained: at most 1.5 times that"
    ),
    "recovery": "from onset, and from clear, as the run's own criteria have it",
    "failed": "sent and not decided after the generator's retries, in ticks from onset to recovery",
    "lost": "acknowledged transactions that the platform's journal lacks, of the whole run",
    "duplicated": "ids applied twice by the journal or answered differently, of the whole run",
    "slow share": "1 - decided within 1 s ÷ due, from onset to clear, by the latency histograms",
    "spread": "ticks since the onset with more scorers down than faults held down, or no edge",
    "stuck": "scorers down, breakers not closed or faults on, in the last second of the plan",
}


class FaultRow(Strict):
    """One fault: a metric before, while it was on, and after; None where none was measured."""

    fault: str
    severity: float
    share: str
    metric: str
    unit: str
    before: float | None
    during: float | None
    after: float | None
    band: list[float]
    left_band: bool
    returned: bool
    proof: str
    removal: str
    recovery_from_onset_seconds: float | None
    recovery_from_clear_seconds: float | None
    failed: int
    lost: int
    duplicated: int


class CascadeRow(Strict):
    """One cascade; shares 0..1, p99 in ms while it was on."""

    breakers: bool
    before_p50_ms: float
    agent_phase_p50_ms: float
    contained: bool
    decided_share: float
    slow_share: float
    p99_ms: float | None
    failed: int
    spread: int
    recovery_from_onset_seconds: float | None
    lost: int
    duplicated: int


class KillRow(Strict):
    """The app killed under one fault: when it was proven on, and when the platform was gone."""

    fault: str
    proven: bool
    processes: int
    left: int
    gone_seconds: float


class ScheduleRow(Strict):
    """One drawn schedule."""

    seed: int
    faults: int
    most_at_once: int
    proven: int
    recovered: int
    decided: int
    failed: int
    lost: int
    duplicated: int
    stuck: int
    timeline: list[str]


class FaultSetup(Strict):
    """Where and how it was measured."""

    date: str
    command: str
    machine: dict[str, str | float]
    rate: float
    seed: int


class Faults(Strict):
    """`faults.json`."""

    setup: FaultSetup
    definitions: dict[str, str]
    bars: list[Bar]
    table: list[FaultRow]
    cascade: list[CascadeRow]
    killed: list[KillRow]
    schedules: list[ScheduleRow]


def render(found):
    """Faults as text."""
    parts = [f"faults, {found.setup.date}, limelight {found.setup.machine['limelight']}"]
    heads = ["fault", "metric", "before", "during", "after", "recovery", "failed", "lost", "twice"]
    rows = [
        [
            f"{row.fault} {row.severity:g}",
            f"{row.metric} ({row.unit})",
            *(table.number(value, 3) for value in (row.before, row.during, row.after)),
            table.number(row.recovery_from_onset_seconds, 1),
            *(f"{count:,}" for count in (row.failed, row.lost, row.duplicated)),
        ]
        for row in found.table
    ]
    parts += [table.grid(heads, rows)] if rows else []
    heads = ["cascade", "p50 before", "agent phase", "decided", "slow", "p99 ms", "failed"]
    heads += ["spread", "recovery", "lost"]
    rows = [
        [
            "with breakers" if row.breakers else "without",
            f"{row.before_p50_ms:.1f}",
            f"{row.agent_phase_p50_ms:.1f}",
            f"{row.decided_share:.1%}",
            f"{row.slow_share:.1%}",
            table.number(row.p99_ms, 0),
            f"{row.failed:,}",
            f"{row.spread}",
            table.number(row.recovery_from_onset_seconds, 1),
            f"{row.lost + row.duplicated}",
        ]
        for row in found.cascade
    ]
    parts += [table.grid(heads, rows)] if rows else []
    heads = ["app killed under", "proven", "processes", "left", "gone after s"]
    rows = [
        [row.fault, str(row.proven), f"{row.processes}", f"{row.left}", f"{row.gone_seconds:.2f}"]
        for row in found.killed
    ]
    parts += [table.grid(heads, rows)] if rows else []
    heads = ["seed", "faults", "at once", "proven", "recovered", "failed", "lost", "twice", "stuck"]
    rows = [
        [
            f"{value:,}"
            for value in (
                row.seed,
                row.faults,
                row.most_at_once,
                row.proven,
                row.recovered,
                row.failed,
                row.lost,
                row.duplicated,
                row.stuck,
            )
        ]
        for row in found.schedules
    ]
    parts += [table.grid(heads, rows)] if rows else []
    parts.append(
        "\n".join(
            f"{'met   ' if bar.met else 'MISSED'} {bar.what}: {bar.measured} (bar {bar.bar})"
            for bar in found.bars
        )
    )
    return "\n\n".join(parts) + "\n"
