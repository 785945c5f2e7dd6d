"""Ten million transactions in one run: `python -m tests.benchmarks.ten_million`.

`--transactions N` at `--rate R` through load workers, orchestrator and embedded platform, with the
memory of every process every few seconds, and what the journal takes on disk. The rate is nine
tenths of the highest in assets/evidence/end_to_end.json where there is one, and 10,000/s if not.
Ten million at 10,000/s take 17 minutes and about 4 GB of disk until the end.

Prints the growth of each process and the bars; writes assets/evidence/ten_million.json unless told
otherwise with `--output` (fewer than a million write nothing unless they are told to). Ends with 1
if a bar was missed.
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.model.results import TestStatus
from tests.benchmarks import table
from tests.benchmarks.bars import at_most
from tests.benchmarks.end_to_end_parts import EndToEnd, command, line
from tests.benchmarks.engine_runs import Ran, conduct, measured, opened, steady
from tests.benchmarks.evidence import FOLDER, Bar, Strict, about_the_machine, write
from tests.benchmarks.processes import MEGABYTE, Series, slope

MOST_SLOPE = 1.0  # MB per million: ten more for ten million more
USUAL_TPS = 10_000
SHARE = 0.9
LEAST = 1_000_000
MOST_SECONDS = 7_200
SAMPLES = 200
DEFINITIONS = {
    "memory": "resident memory (RSS) of each process in 10^6 bytes",
    "slope": (
        "MB per million transactions decided, of the least-squares line over the second half of "
        "the samples"
    ),
    "bounded": f"the slope of no process is above {MOST_SLOPE:g} MB per million",
    "journal": "its file and log on disk, the largest seen",
}


class Growth(Strict):
    """One process: first, largest and last MB, and its slope."""

    process: str
    first_mb: float
    most_mb: float
    last_mb: float
    mb_per_million: float | None


class TenMillion(Strict):
    """`ten_million.json`."""

    date: str
    command: str
    machine: dict[str, str | float]
    definitions: dict[str, str]
    bars: list[Bar]
    run: Ran
    journal_mb: float
    growth: list[Growth]
    millions: dict[str, list[float]]
    memory_mb: dict[str, list[float]]


def main(words=None):
    asked = _options(words)
    with opened(app=False, viewers=0) as (engine, home):
        found = _measure(asked, engine, home)
    sys.stdout.write(render(found))
    if asked.output is not None:
        write(found, asked.output)
    return 1 if any(bar.met is False for bar in found.bars) else 0


def _measure(asked, engine, home):
    seconds = asked.transactions / asked.rate
    series, seen = Series(), {"at": 0.0, "journal": 0.0}

    def look():
        now = time.monotonic()
        if engine.live().status is not TestStatus.RUNNING or now < seen["at"]:
            return
        seen["at"] = now + seconds / SAMPLES
        seen["journal"] = max(seen["journal"], _on_disk(home))
        series.sample(_decided(engine))

    run = conduct(engine, home, steady(asked.rate, seconds), look, workers=asked.workers)
    return evidence(measured(run, asked.rate), series, seen["journal"])


def _decided(engine):
    rows = engine.frame(1)["journal_rows"].to_numpy()
    return float(rows[-1]) / 1e6 if len(rows) and rows[-1] == rows[-1] else 0.0


def _on_disk(home):
    return sum(path.stat().st_size for path in (home / "journals").glob("*")) / MEGABYTE


def evidence(ran, series, journal_mb):
    """All that was found, with the bars."""
    growth = [
        Growth(
            process=name,
            first_mb=values[0],
            most_mb=max(values),
            last_mb=values[-1],
            mb_per_million=slope(series.millions[name], values),
        )
        for name, values in sorted(series.megabytes.items())
    ]
    slopes = [one.mb_per_million for one in growth if one.mb_per_million is not None]
    gone = ran.failed + ran.dropped + ran.lost + ran.duplicated
    judged = ran.due >= LEAST and slopes
    return TenMillion(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        command=command(),
        machine=about_the_machine(),
        definitions=DEFINITIONS,
        bars=[
            at_most("largest slope, MB per million", max(slopes) if judged else None, MOST_SLOPE),
            at_most("failed, dropped, lost or duplicated", gone, 0),
        ],
        run=ran,
        journal_mb=round(journal_mb, 1),
        growth=growth,
        millions=series.millions,
        memory_mb=series.megabytes,
    )


def render(found):
    """The evidence as text."""
    rows = [
        [
            one.process,
            *[f"{value:.1f}" for value in (one.first_mb, one.most_mb, one.last_mb)],
            table.number(one.mb_per_million, 3),
        ]
        for one in found.growth
    ]
    machine = found.machine
    parts = [
        f"{found.run.due:,} transactions, {found.date}, limelight {machine['limelight']}\n"
        f"{machine['processor']}, {machine['cpu_count']} cores: {found.command}",
        line(found.run),
        f"journal on disk: {found.journal_mb:,.0f} MB",
        table.grid(["process", "first MB", "most", "last", "MB per million"], rows),
        table.bars(found.bars),
        table.explained(found.definitions),
    ]
    return "\n\n".join(parts) + "\n"


def usual_rate(path):
    """Nine tenths of the highest rate in the evidence, rounded down to hundreds."""
    try:
        highest = msgspec.json.decode(path.read_bytes(), type=EndToEnd).highest_tps
    except (OSError, msgspec.DecodeError):
        highest = None
    return USUAL_TPS if highest is None else int(highest * SHARE // 100 * 100)


def _options(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", type=int, default=10_000_000)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--workers", type=int, help="load workers; the machine decides if not")
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args(words)
    asked.rate = asked.rate or usual_rate(FOLDER / "end_to_end.json")
    if not asked.rate <= asked.transactions <= asked.rate * MOST_SECONDS:
        parser.error(f"--transactions must take 1 to {MOST_SECONDS} s at {asked.rate:g}/s")
    if asked.output is None and asked.transactions >= LEAST:
        asked.output = FOLDER / "ten_million.json"
    return asked


if __name__ == "__main__":
    raise SystemExit(main())
