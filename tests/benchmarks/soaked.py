"""What a soak leaves behind: its schema, its bars and its text."""

from datetime import UTC, datetime

from tests.benchmarks import table
from tests.benchmarks.evidence import Bar, Strict, about_the_machine
from tests.benchmarks.memory import from_share, slope

P95_LIMIT_MS = 2_000
P99_LIMIT_MS = 5_000
SLOPE_LIMIT = 0.5  # MB per minute: 60 MB in the two hours that a run may take
LEAST_SLOPE_SECONDS = 600  # below that, warming up is most of what a slope shows
SPANS = {"whole": 0.0, "last two thirds": 1 / 3, "second half": 1 / 2}
JUDGED = "last two thirds"
WARM_SECONDS = 5.0
DEFINITIONS = {
    "memory": (
        "resident memory (RSS) in 10^6 bytes, summed over the processes of a part: app is this "
        "process, worker all load workers, platform its supervisor, edge and scorers"
    ),
    "slope": (
        "of the least-squares line through (minutes, MB) over a span of the samples taken from "
        f"{WARM_SECONDS:g} s after the load began, ± its standard error"
    ),
    "slope's bar": (
        f"over the {JUDGED} of the samples, at most {SLOPE_LIMIT} MB per minute in each part; not "
        f"judged when all samples span less than {LEAST_SLOPE_SECONDS} s"
    ),
    "response": "from the due instant to the decision; histograms merged, by minute of the plan",
    "lost": "acknowledged transactions that the platform's journal lacks, after the drain",
}


class Growth(Strict):
    """The slope of one part over one span of the samples."""

    part: str
    span: str
    mb_per_minute: float
    standard_error: float
    samples: int


class Minute(Strict):
    """One minute of the plan; None where there are too few samples for the percentile."""

    minute: int
    due: int
    sent: int
    decided: int
    failed: int
    p95_ms: float | None
    p99_ms: float | None


class SoakSetup(Strict):
    """Where and how it was measured."""

    date: str
    machine: dict[str, str | float]
    rate: float
    seconds: float
    mix: str
    app: str
    workers: int


class Soak(Strict):
    """`soak.json`: one run at one rate for a long while."""

    setup: SoakSetup
    definitions: dict[str, str]
    bars: list[Bar]
    status: str
    verdict: str
    verdict_reason: str
    counts: dict[str, int]
    journal: dict[str, int] | None
    response_ms: dict[str, float | None]
    processes: dict[str, int]
    slopes: list[Growth]
    minutes: list[Minute]
    sampled_seconds: list[float]
    memory_mb: dict[str, list[float]]


def setup(asked, workers):
    """The setup of a soak that was asked for this way."""
    return SoakSetup(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=about_the_machine(),
        rate=asked.rate,
        seconds=asked.seconds,
        mix="demo",
        app=f"the real app with {asked.viewers} viewers" if asked.app else "the engine alone",
        workers=workers,
    )


def slopes(memory):
    """The slopes of every part over every span, from when the load was under way."""
    made = []
    for span, share in SPANS.items():
        if len(memory.seconds) < 3:
            break
        chosen = from_share(memory.seconds, share)
        seconds = [at for at, taken in zip(memory.seconds, chosen, strict=True) if taken]
        for part, series in memory.megabytes.items():
            values = [value for value, taken in zip(series, chosen, strict=True) if taken]
            found = slope(seconds, values)
            if found is not None:
                made.append(_growth_of(part, span, found))
    return made


def _growth_of(part, span, found):
    return Growth(
        part=part,
        span=span,
        mb_per_minute=round(found.mb_per_minute, 4),
        standard_error=round(found.standard_error, 4),
        samples=found.samples,
    )


def bars(summary, made, sampled_seconds):
    """The bars of a soak; `met` is None where it was too short, or nothing was measured."""
    response = summary.response_ms
    lost = None if summary.journal is None else summary.journal.missing
    return [
        _bar("response p95, ms", response.p95, P95_LIMIT_MS, below=True),
        _bar("response p99, ms", response.p99, P99_LIMIT_MS, below=True),
        _bar("lost transactions", lost, 0),
        *growth_bars(made, sampled_seconds),
    ]


def growth_bars(made, sampled_seconds):
    """The bar of each part's memory, not judged over too short a time."""
    long_enough = len(sampled_seconds) and (
        sampled_seconds[-1] - sampled_seconds[0] >= LEAST_SLOPE_SECONDS
    )
    lines = []
    for one in made:
        if one.span == JUDGED:
            bar = _bar(f"|{one.part} memory|, MB/min", abs(one.mb_per_minute), SLOPE_LIMIT)
            bar.met = bar.met if long_enough else None
            lines.append(bar)
    return lines


def _bar(what, measured, limit, *, below=False):
    met = None if measured is None else measured < limit if below else measured <= limit
    sign = "<" if below else "≤"
    return Bar(what=what, bar=f"{sign} {limit:g}", measured=measured, limit=limit, met=met)


def render(found):
    """A soak as text."""
    setup, counts = found.setup, found.counts
    machine = setup.machine
    head = [
        f"soak, {setup.date}, limelight {machine['limelight']}",
        f"{machine['processor']}, {machine['cpu_count']:g} cores, Python {machine['python']}",
        f"{setup.rate:,.0f}/s for {setup.seconds:,.0f} s, {setup.mix} mix, {setup.app}, "
        f"{setup.workers} load worker(s), embedded platform",
    ]
    figures = [[name, f"{value:,}"] for name, value in counts.items()]
    figures += [[f"journal: {name}", f"{value:,}"] for name, value in (found.journal or {}).items()]
    parts = [
        "\n".join(head),
        table.grid(["run", ""], figures),
        f"{found.verdict}: {found.verdict_reason}",
        table.grid(
            ["minute", "due", "sent", "decided", "failed", "p95 ms", "p99 ms"],
            [_minute(one) for one in found.minutes],
        ),
        table.grid(
            ["memory, MB/min", "over", "slope", "± error", "samples"],
            [_growth(one) for one in found.slopes],
        ),
        table.bars(found.bars),
        table.explained(found.definitions),
    ]
    return "\n\n".join(parts) + "\n"


def _minute(one):
    counts = (one.due, one.sent, one.decided, one.failed)
    times = (one.p95_ms, one.p99_ms)
    return [
        str(one.minute),
        *(f"{count:,}" for count in counts),
        *(table.number(time, 1) for time in times),
    ]


def _growth(one):
    figures = (one.mb_per_minute, one.standard_error)
    return [one.part, one.span, *(table.number(value, 3) for value in figures), str(one.samples)]
