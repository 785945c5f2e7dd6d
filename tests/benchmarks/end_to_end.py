"""The platform end to end: `python -m tests.benchmarks.end_to_end`.

Real load workers, the real orchestrator and the embedded platform on this machine's cores, as
`limelight run` has them (or with the app served, `--app`): what a decision costs at each rate, the
highest rate that is held, 10,000/s for a minute, and bursts of 50,000 transactions in 5 s. Takes
about five minutes; `--trial` proves in a quarter of a minute that it works, and measures nothing.

Prints the runs and the bars; writes assets/evidence/end_to_end.json unless told otherwise with
`--output`. Ends with 1 if a bar was missed.
"""

import argparse
import sys
from pathlib import Path

from tests.benchmarks import end_to_end_parts as parts
from tests.benchmarks.engine_runs import bursts, conduct, measured, opened, steady
from tests.benchmarks.evidence import FOLDER, write

RATES = (1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000)
STEADY_TPS = 10_000
SEARCHES = 3
CLOSEST_TPS = 500.0


def main(words=None):
    asked = _options(words)
    with opened(asked.app, asked.viewers) as (engine, home):
        found = _measure(asked, engine, home)
    sys.stdout.write(parts.render(found))
    if asked.output is not None:
        write(found, asked.output)
    return 1 if any(bar.met is False and not bar.stretch for bar in found.bars) else 0


def _measure(asked, engine, home):
    def at(rate, seconds):
        ran = measured(conduct(engine, home, steady(rate, seconds), workers=asked.workers), rate)
        sys.stderr.write(f"{parts.line(ran)}\n")
        return ran

    curve = _curve(at, asked.rates, asked.seconds)
    highest = _highest(at, curve, asked.seconds)
    minute = at(STEADY_TPS if asked.steady else asked.rates[0], asked.steady or asked.seconds)
    scale = parts.scale_of(highest)
    run = conduct(
        engine,
        home,
        bursts(asked.bursts, asked.every),
        workers=asked.workers,
        rate_scale=scale,
    )
    return parts.evidence(asked, curve, highest, minute, (run, scale))


def _curve(at, rates, seconds):
    """One run at each rate, up to the first that is not held."""
    found = []
    for rate in rates:
        found.append(at(rate, seconds))
        if not found[-1].held:
            break
    return found


def _highest(at, curve, seconds):
    """The runs of the search for the highest rate held; the curve's own where it never failed."""
    held = max((ran.rate for ran in curve if ran.held), default=0.0)
    failed = min((ran.rate for ran in curve if not ran.held), default=None)
    tried = [ran for ran in curve if ran.held][-1:]
    for _ in range(SEARCHES):
        if failed is None or failed - held <= CLOSEST_TPS:
            break
        middle = round((held + failed) / 2, -2)
        tried.append(at(middle, seconds))
        held, failed = (middle, failed) if tried[-1].held else (held, middle)
    return tried


def _options(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES))
    parser.add_argument("--seconds", type=float, default=12, help="of each run of the curve")
    parser.add_argument("--steady", type=float, default=60, help=f"seconds at {STEADY_TPS:,}/s")
    parser.add_argument("--bursts", type=int, default=4)
    parser.add_argument("--every", type=float, default=15, help="seconds between bursts")
    parser.add_argument("--workers", type=int, help="load workers; the machine decides if not")
    parser.add_argument("--app", action="store_true", help="serve the real app in this process")
    parser.add_argument("--viewers", type=int, default=10, help="of its live feed, with --app")
    parser.add_argument("--trial", action="store_true", help="short, no bars, no evidence")
    parser.add_argument("--output", type=Path, default=FOLDER / "end_to_end.json")
    asked = parser.parse_args(words)
    if asked.trial:
        asked.rates, asked.seconds, asked.steady = [500], 4.0, 0.0
        asked.bursts, asked.every, asked.output = 1, 1.5, None
    return asked


if __name__ == "__main__":
    raise SystemExit(main())
