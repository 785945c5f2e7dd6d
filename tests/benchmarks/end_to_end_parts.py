"""What `end_to_end` leaves behind: its schema, its bars and its text."""

import statistics
import sys
from datetime import UTC, datetime

import numpy as np

from tests.benchmarks import table
from tests.benchmarks.bars import at_least, at_most
from tests.benchmarks.engine_runs import LEAST_SHARE, P99_LIMIT_MS, WARM_SECONDS, Ran, measured
from tests.benchmarks.evidence import QUIET_CORES, Bar, Strict, about_the_machine

MOST_US, MOST_US_STRETCH = 60.0, 30.0
LEAST_TPS, LEAST_TPS_STRETCH = 15_000, 50_000
BURST_SECONDS = 5.0
BURST = 50_000
JUDGED_TPS = 10_000
SAFE_SHARE = 0.9
DEFINITIONS = {
    "window": f"from {WARM_SECONDS:g} s after the first arrival to the end of the plan",
    "platform µs": (
        "user and system time of supervisor, edge and scorers in the window, by transaction "
        "decided or rejected in it"
    ),
    "generator µs": "the same of all load workers",
    "response": "from the due instant to the decision, of all decisions in the window",
    "held": (
        f"response p99 below {P99_LIMIT_MS:g} ms; none failed, dropped, lost or duplicated; at "
        f"least {LEAST_SHARE:.0%} of what was due in the window answered in it"
    ),
    "highest": "bisection between the highest rate held on the curve and the next, each as long",
    "burst": (
        f"arrivals due in its {BURST_SECONDS:g} s; drained: from its end until nothing due waits "
        "to be sent and no more is under way than before it"
    ),
}


class Burst(Strict):
    """One burst: at which second of the plan, arrivals due in it, seconds until all was done."""

    at_seconds: float
    due: int
    drained_seconds: float | None


class Bursts(Strict):
    """The run with bursts; `scale` < 1 where the machine does not hold the preset's rate."""

    scale: float
    run: Ran
    bursts: list[Burst]


class EndToEndSetup(Strict):
    """Where and how it was measured."""

    date: str
    command: str
    trial: bool
    machine: dict[str, str | float]
    app: str
    mix: str
    others_cpu_cores: float
    quiet: bool


class EndToEnd(Strict):
    """`end_to_end.json`."""

    setup: EndToEndSetup
    definitions: dict[str, str]
    bars: list[Bar]
    highest_tps: float | None
    curve: list[Ran]
    search: list[Ran]
    steady: Ran
    bursts: Bursts


def scale_of(search):
    """The share of the preset's rate to ask of this machine: 1 where it holds all of it."""
    best = highest_of(search)
    if best is None or best * SAFE_SHARE >= JUDGED_TPS:
        return 1.0 if best is not None else 0.1
    return max(0.01, round(best * SAFE_SHARE / JUDGED_TPS, 2))


def highest_of(search):
    """The highest rate held, or None."""
    return max((ran.rate for ran in search if ran.held), default=None)


def evidence(asked, curve, search, steady, burst):
    """All that was found, with the bars."""
    run, scale = burst
    ran = measured(run, JUDGED_TPS * scale)
    found = Bursts(scale=scale, run=ran, bursts=bursts_of(run.ticks, asked.every, asked.bursts))
    others = statistics.median(one.others_cpu_cores for one in [*curve, *search, steady, ran])
    return EndToEnd(
        setup=EndToEndSetup(
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
            command=command(),
            trial=asked.trial,
            machine=about_the_machine(),
            app=f"the real app with {asked.viewers} viewers" if asked.app else "the engine alone",
            mix="demo",
            others_cpu_cores=others,
            quiet=others <= QUIET_CORES,
        ),
        definitions=DEFINITIONS,
        bars=[] if asked.trial else bars(curve, search, steady, found),
        highest_tps=highest_of(search),
        curve=curve,
        search=search,
        steady=steady,
        bursts=found,
    )


def command():
    """What was typed, without the interpreter's path."""
    module = sys.modules["__main__"].__spec__
    words = [module.name if module is not None else "-", *sys.argv[1:]]
    return " ".join(["python -m", *words])


def bursts_of(ticks, every, number):
    """The bursts of a run, from its ticks."""
    clock = ticks["schedule_seconds"].to_numpy()
    begins, ends = np.concatenate(([0.0], clock[:-1])), clock
    waiting = (ticks["backlog_now"] + ticks["in_flight_now"]).to_numpy()
    due, found = ticks["due"].to_numpy(), []
    for at in [every * (place + 1) for place in range(number)]:
        inside = (begins >= at - 1e-6) & (ends <= at + BURST_SECONDS + 1e-6) & (ends > begins)
        before = waiting[ends <= at + 1e-6]
        usual = float(before[-1]) if len(before) else 0.0
        later = (ends >= at + BURST_SECONDS - 1e-6) & (waiting <= max(2 * usual, 100.0))
        drained = ends[later][0] - at - BURST_SECONDS if later.any() else None
        found.append(
            Burst(
                at_seconds=at,
                due=int(due[inside].sum()),
                drained_seconds=None if drained is None else round(float(max(drained, 0.0)), 2),
            )
        )
    return found


def bars(curve, search, steady, burst):
    """The bars, and whether they are met."""
    at_10k = [ran.platform_us for ran in curve if ran.rate == JUDGED_TPS]
    cost = at_10k[0] if at_10k else None
    best = highest_of(search)
    held = [ran.platform_us for ran in curve if ran.held]
    growth = held[-1] / held[0] if len(held) > 1 else None
    least = min(one.due for one in burst.bursts) / burst.scale
    gone = steady.failed + steady.dropped + steady.lost + steady.duplicated
    of_bursts = burst.run.failed + burst.run.dropped + burst.run.lost + burst.run.duplicated
    scaled = "" if burst.scale == 1 else f" (SCALED {burst.scale:.0%})"
    return [
        at_most("platform's CPU per decision at 10,000/s, µs", cost, MOST_US),
        at_most("platform's CPU per decision at 10,000/s, µs", cost, MOST_US_STRETCH, stretch=True),
        at_least("highest rate held, per second", best or 0, LEAST_TPS),
        at_least("highest rate held, per second", best or 0, LEAST_TPS_STRETCH, stretch=True),
        at_most("10,000/s: response p99, ms", steady.p99_ms, P99_LIMIT_MS),
        at_most("10,000/s: failed, dropped, lost or duplicated", gone, 0),
        at_least(f"least due in a burst of 5 s{scaled}", round(least), round(BURST * LEAST_SHARE)),
        at_most(f"bursts: failed, dropped, lost or duplicated{scaled}", of_bursts, 0),
        at_most("CPU per decision at the highest rate of the curve ÷ at the lowest", growth, 1.0),
    ]


def line(ran):
    """One run in one line."""
    held = "held" if ran.held else f"not held: {ran.why}"
    return (
        f"{ran.rate:,.0f}/s for {ran.seconds:.0f} s: platform {ran.platform_us:.1f} µs, generator "
        f"{ran.generator_us:.1f} µs, p99 {ran.p99_ms:.1f} ms, others {ran.others_cpu_cores:.2f} "
        f"cores; {held}"
    )


def render(found):
    """The evidence as text."""
    setup = found.setup
    quiet = "quiet" if setup.quiet else "NOT QUIET, so quote ratios alone and measure again"
    head = [
        f"end to end, {setup.date}, limelight {setup.machine['limelight']}: {setup.command}",
        f"{setup.machine['processor']}, {setup.machine['cpu_count']} cores; {setup.app}",
        f"the rest of the machine used {setup.others_cpu_cores:g} cores: {quiet}",
    ]
    if setup.trial:
        head.append("--trial: too short to be evidence")
    columns = ["rate", "answered/s", "platform µs", "generator µs", "p50 ms", "p99 ms", "max ms"]
    columns += ["others", "held"]
    rows = [_row(ran) for ran in [*found.curve, *found.search[1:]]]
    rows.append(
        [f"for {found.steady.seconds:.0f} s: {_row(found.steady)[0]}", *_row(found.steady)[1:]]
    )
    bursts = [
        [f"{one.at_seconds:g} s", f"{one.due:,}", table.number(one.drained_seconds, 2)]
        for one in found.bursts.bursts
    ]
    parts = ["\n".join(head), table.grid(columns, rows)]
    parts.append(table.grid(["burst at", "due in 5 s", "drained after, s"], bursts))
    parts.append(f"bursts: {line(found.bursts.run)}; marks {found.bursts.run.marks or 'none'}")
    parts += [table.bars(found.bars), table.explained(found.definitions)]
    return "\n\n".join(parts) + "\n"


def _row(ran):
    return [
        f"{ran.rate:,.0f}/s",
        f"{ran.achieved_tps:,.0f}",
        f"{ran.platform_us:.1f}",
        f"{ran.generator_us:.1f}",
        f"{ran.p50_ms:.1f}",
        f"{ran.p99_ms:.1f}",
        f"{ran.max_ms:.0f}",
        f"{ran.others_cpu_cores:.2f}",
        "yes" if ran.held else "no",
    ]
