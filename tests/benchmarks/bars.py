"""The bars a load generator of this project is held to, and whether a run met them.

All are ratios within one run or this machine's own figures; where a tool was not found there is
nothing to compare with, which is neither met nor missed.
"""

from tests.benchmarks.evidence import Bar
from tests.benchmarks.ours import NAME

RATE = 10_000
MOST_CPU_US = 25.0
SATURATED, SATURATED_STRETCH = 60_000, 100_000
LATENESS_STRETCH_MS = 0.5
MOST_DEVIATION = 0.01
RATIOS = (
    ("k9-load", 1.3, False),
    ("k9-load", 1.0, True),
    ("hey", 1.1, False),
    ("locust", 0.3, False),
)


def load_generator_bars(rows):
    """The bars of `load_generators`, from its rows."""
    found = {(row.tool, row.scenario, row.rate): row for row in rows}
    own = found.get((NAME, "paced", RATE))
    cost = own and own.cpu_us_per_request
    late = _p99(own)
    saturated = found.get((NAME, "saturated", 0))
    rate = saturated and saturated.achieved_per_second
    made = [at_most(f"CPU per transaction at {RATE:,}/s, µs", cost, MOST_CPU_US)]
    for tool, times, stretch in RATIOS:
        other = found.get((tool, "paced", RATE))
        theirs = other and other.cpu_us_per_request
        ratio = cost / theirs if cost and theirs else None
        made.append(at_most(f"CPU at {RATE:,}/s ÷ {tool}'s", ratio, times, stretch=stretch))
    theirs = _p99(found.get(("k9-load", "paced", RATE)))
    ratio = late / theirs if late is not None and theirs else None
    made += [
        at_most(f"lateness p99 at {RATE:,}/s ÷ k9-load's", ratio, 1.0),
        at_most(f"lateness p99 at {RATE:,}/s, ms", late, LATENESS_STRETCH_MS, stretch=True),
        at_least("saturated, one core, per second", rate, SATURATED),
        at_least("saturated, one core, per second", rate, SATURATED_STRETCH, stretch=True),
    ]
    return made


def steady_bars(deviation, lost):
    """The bars of `steady`: worst deviation of a second from the plan, transactions lost."""
    return [
        at_most("worst second's deviation from the plan, share", deviation, MOST_DEVIATION),
        at_most("transactions dropped or failed", lost, 0),
    ]


def at_most(what, measured, limit, *, stretch=False):
    met = None if measured is None else measured <= limit
    return _bar(what, f"≤ {limit:g}", measured, (limit, met, stretch))


def at_least(what, measured, limit, *, stretch=False):
    met = None if measured is None else measured >= limit
    return _bar(what, f"≥ {limit:,}", measured, (limit, met, stretch))


def _bar(what, bar, measured, rest):
    limit, met, stretch = rest
    shown = None if measured is None else round(float(measured), 4)
    return Bar(what=what, bar=bar, measured=shown, limit=float(limit), met=met, stretch=stretch)


def _p99(row):
    return row.lateness_ms["99"] if row is not None and row.lateness_ms else None
