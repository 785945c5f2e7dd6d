"""One worker at one rate for a while: `python -m tests.benchmarks.steady [RATE] [SECONDS]`.

10,000/s for 60 s unless told otherwise, against the fast target on the other core. Prints what was
sent in each second against the plan, CPU per transaction and lateness, and writes
assets/evidence/steady.json unless told otherwise with `--output`.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks import lateness, table
from tests.benchmarks.bars import steady_bars
from tests.benchmarks.evidence import FOLDER, Steady, setup, write
from tests.benchmarks.ours import Ours
from tests.benchmarks.rounds import CONNECTIONS, static_body
from tests.benchmarks.stand import Target, Timing, how_bound, observe
from tests.benchmarks.tools import Job

WARM_SECONDS, AHEAD_SECONDS = 1.0, 3.0  # in the last seconds it has no more traffic to make
QUANTILES = (50, 99, 99.9, 100)
DEFINITIONS = {
    "sent each second": (
        "requests the target read in each second of the schedule, which began at the instant the "
        "worker was told; planned are rate × 1 s"
    ),
    "known lateness": "a(k) - due(k) at the target, with the due instants the worker really had",
    "lateness": "the same by the fitted schedule that load_generators uses for all tools",
    "CPU": "user and system time of the worker from second 1 to three before the end, by request",
}


def main(words=None):
    options = _options(words)
    with tempfile.TemporaryDirectory() as scratch, Target(scratch) as target:
        found = measured(target, options.rate, options.seconds)
    sys.stdout.write(render(found))
    write(found, options.output)


def measured(target, rate, seconds):
    """Run one worker and say what came of it."""
    started = []

    def start():
        job = Job(target.url, rate, seconds, CONNECTIONS, Path(), Path())
        started.append(Ours(job, whole=True))
        return started[0]

    _, seen = observe(target, start, Timing(WARM_SECONDS, seconds - WARM_SECONDS - AHEAD_SECONDS))
    ours, sums = started[0], started[0].sums
    each = per_second(seen.arrivals_ns, ours.at_ns, seconds)
    deviation = max(abs(count - rate) / rate for count in each)
    cpu_seconds = seen.end.client - seen.begin.client
    window = seen.window_ns
    target_seconds = seen.end.target - seen.begin.target
    others = (seen.end.machine - seen.begin.machine - cpu_seconds - target_seconds) / seen.seconds
    known = lateness.known_lateness_ms(seen.arrivals_ns, rate, ours.at_ns)
    return Steady(
        setup=setup(
            quick=False,
            bound=how_bound(),
            connections=CONNECTIONS,
            body_bytes=len(static_body()),
            others=[max(others, 0.0)],
        ),
        definitions=DEFINITIONS,
        rate=rate,
        seconds=seconds,
        planned=round(rate * seconds),
        sent=sums.sent,
        decided=sums.decided,
        failed=sums.failed,
        dropped=sums.dropped,
        sent_each_second=each,
        worst_second_deviation=round(deviation, 5),
        cpu_us_per_transaction=round(cpu_seconds / len(window) * 1e6, 2),
        rss_mb=round(max(report.rss_bytes_now for report in sums.reports) / 1e6, 1),
        lateness_ms=lateness.quantiles(lateness.lateness_ms(window, rate)),
        known_lateness_ms=lateness.quantiles(known),
        response_ms={f"{q:g}": sums.response.quantile_ms(q) for q in QUANTILES},
        bars=steady_bars(deviation, sums.dropped + sums.failed),
    )


def per_second(arrivals_ns, start_ns, seconds):
    """Arrivals in each second of a schedule; what came later than its end is in none."""
    edges = start_ns + np.arange(seconds + 1) * 1_000_000_000
    return np.histogram(arrivals_ns, edges)[0].tolist()


def render(found):
    """Steady evidence as text."""
    each = found.sent_each_second
    late, known = found.lateness_ms, found.known_lateness_ms
    figures = [
        ["planned", f"{found.planned:,}"],
        ["sent, decided", f"{found.sent:,}, {found.decided:,}"],
        [
            "sent in a second: least, median, most",
            f"{min(each)}, {statistics.median(each):g}, {max(each)}",
        ],
        ["worst second against the plan", f"{found.worst_second_deviation:.2%}"],
        ["CPU per transaction", f"{found.cpu_us_per_transaction:.1f} µs"],
        ["lateness p50, p99, p99.9, max", _listed(late)],
        ["lateness from the true schedule", _listed(known)],
        ["response p50, p99, p99.9, max", _listed(found.response_ms)],
        ["memory", f"{found.rss_mb:.0f} MB"],
    ]
    title = f"{found.rate:,.0f}/s for {found.seconds} s from one worker process"
    parts = [table.heading("steady", found.setup), table.grid([title, ""], figures)]
    parts += [table.bars(found.bars), table.explained(found.definitions)]
    return "\n\n".join(parts) + "\n"


def _listed(quantiles):
    return ", ".join(f"{value:.2f}" for value in quantiles.values()) + " ms"


def _options(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rate", type=int, nargs="?", default=10_000)
    parser.add_argument("seconds", type=int, nargs="?", default=60)
    parser.add_argument("--output", type=Path, default=FOLDER / "steady.json")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
