"""What a series of kills leaves behind: its schema, its bars and its text."""

import contextlib
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from engine.analysis.quality import share
from engine.model.results import RunSummary
from tests.benchmarks import table
from tests.benchmarks.evidence import Bar, Strict, about_the_machine

SERIAL_DIGITS = 12
PARTS = ("before", "while", "after")
DEFINITIONS = {
    "kill": "SIGKILL of a process of the platform, drawn among the edge and all scorers alive",
    "missing": "acknowledged transactions that the platform's journal lacks, after the drain",
    "duplicated": "ids the journal was asked to apply twice, or that were answered differently",
    "failed": "sent, and not decided after the generator's retries: refused, so not lost",
    "parts": "by the run clock: before the first kill, from the first to the last, after the last",
    "recall": "frauds flagged (REVIEW or DECLINE) ÷ frauds decided, with Wilson's 95 % interval",
    "same decision": (
        "of the transactions decided in both runs, those with the same decision; retries and "
        "concurrency change the order of a customer's transactions a little in any two runs"
    ),
    "all up": "share of ticks in which the edge and every scorer were up",
}


@dataclass
class Run:
    """One run as it came out; `journal` is its file, kept."""

    summary: RunSummary
    ticks: pd.DataFrame
    journal: Path
    kills: list


class Kill(Strict):
    """One kill, in seconds since Start."""

    at_seconds: float
    role: str


class Part(Strict):
    """One part of a run; the interval of recall is None with too few frauds."""

    run: str
    part: str
    decided: int
    failed: int
    all_up_share: float
    frauds: int
    recall: float | None
    recall_interval: list[float] | None
    same_decision_share: float | None = None


class End(Strict):
    """A run whose supervisor was killed."""

    status: str
    verdict_reason: str
    processes_left: int
    all_ended_seconds: float
    journal: dict[str, int]


class CrashSetup(Strict):
    """Where and how it was measured."""

    date: str
    command: str
    machine: dict[str, str | float]
    rate: float
    mix: str
    seed: int
    scorers: int
    seconds: float


class Crashes(Strict):
    """`crashes.json`: kills under load, beside the same stream without them."""

    setup: CrashSetup
    definitions: dict[str, str]
    bars: list[Bar]
    killed_by_role: dict[str, int]
    journals: dict[str, dict[str, int]]
    parts: list[Part]
    kills: list[Kill]
    supervisor: list[End]


def compare(asked, quiet, killed, ends):
    """Evidence from the two runs, and from those whose supervisor was killed."""
    first, last = killed.kills[0].at_seconds, killed.kills[-1].at_seconds
    decisions = [_decisions(run) for run in (quiet, killed)]
    spans = {"before": (0.0, first), "while": (first, last), "after": (last, float("inf"))}
    parts = []
    for name, run in (("quiet", quiet), ("killed", killed)):
        parts += [_part(name, part, run, span) for part, span in spans.items()]
    for part in parts[len(PARTS) :]:
        part.same_decision_share = _same(decisions, asked.rate, spans[part.part])
    journals = {"quiet": quiet.summary.journal, "killed": killed.summary.journal}
    return Crashes(
        setup=_setup(asked, quiet.summary),
        definitions=DEFINITIONS,
        bars=_bars(asked, journals, parts, ends, len(killed.kills)),
        killed_by_role=dict(Counter(kill.role for kill in killed.kills)),
        journals={name: one.model_dump() for name, one in journals.items()},
        parts=parts,
        kills=killed.kills,
        supervisor=ends,
    )


def _setup(asked, summary):
    words = f"--kills {asked.kills} --supervisor {asked.supervisor} --rate {asked.rate:g} "
    words += f"--quiet {asked.quiet:g} --seed {asked.seed}"
    return CrashSetup(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        command=f"python -m tests.benchmarks.crashes {words}",
        machine=about_the_machine(),
        rate=asked.rate,
        mix="stress",
        seed=asked.seed,
        scorers=4,
        seconds=round(summary.duration_seconds, 1),
    )


def _part(name, part, run, span):
    at = run.ticks["t_seconds"]
    ticks = run.ticks[(at > span[0]) & (at <= span[1])]
    flagged, missed = (int(ticks[column].sum()) for column in ("fraud_flagged", "fraud_missed"))
    found = share(flagged, flagged + missed)
    up = (ticks["edge_up"] >= 1) & (ticks["scorers_up_now"] >= ticks["scorers_asked"])
    return Part(
        run=name,
        part=part,
        decided=int(ticks["decided"].sum()),
        failed=int(ticks["failed"].sum()),
        all_up_share=round(float(up.mean()), 4),
        frauds=flagged + missed,
        recall=None if found is None else round(found.value, 4),
        recall_interval=None if found is None else [round(found.low, 4), round(found.high, 4)],
    )


def _decisions(run):
    """Decision by arrival number, as the journal has it."""
    query = "SELECT substr(id, ?), decision FROM transactions"
    with contextlib.closing(sqlite3.connect(run.journal)) as db:
        return {int(serial): decision for serial, decision in db.execute(query, (-SERIAL_DIGITS,))}


def _same(decisions, rate, span):
    """Of the arrivals due in this span."""
    one, other = decisions
    both = [n for n in one.keys() & other.keys() if span[0] * rate <= n < span[1] * rate]
    return round(sum(one[n] == other[n] for n in both) / len(both), 4) if both else None


def _bars(asked, journals, parts, ends, kills):
    by = {(part.run, part.part): part for part in parts}
    quiet, killed = by["quiet", "after"], by["killed", "after"]
    least = quiet.recall_interval[0] if quiet.recall_interval else None
    ended = sum(not end.processes_left and end.status == "failed" for end in ends)
    lost = [one.missing for one in journals.values()] + [end.journal["missing"] for end in ends]
    twice = [one.duplicated for one in journals.values()]
    twice += [end.journal["duplicated"] for end in ends]
    some = killed.recall is not None and least is not None
    return [
        _bar("kills under load", f"= {asked.kills}", kills, asked.kills, kills == asked.kills),
        _bar("acknowledged and missing, all runs", "= 0", sum(lost), 0, not sum(lost)),
        _bar("applied or answered twice, all runs", "= 0", sum(twice), 0, not sum(twice)),
        _bar(
            "recall after the kills",
            "≥ low end of the interval without kills",
            killed.recall,
            least,
            killed.recall >= least if some else None,
        ),
        _bar(
            "runs that said their supervisor was killed, nothing left",
            f"= {len(ends)}",
            ended,
            len(ends),
            ended == len(ends),
        ),
    ]


def _bar(what, bar, measured, limit, met):
    return Bar(what=what, bar=bar, measured=measured, limit=limit, met=met)


def render(found):
    """Crashes as text."""
    setup = found.setup
    heads = ["", "decided", "failed", "all up", "frauds", "recall", "95 %", "same decision"]
    lines = [
        [
            f"{part.run}, {part.part}",
            f"{part.decided:,}",
            f"{part.failed:,}",
            f"{part.all_up_share:.1%}",
            f"{part.frauds:,}",
            table.number(part.recall, 4),
            "-" if not part.recall_interval else "{:.4f}-{:.4f}".format(*part.recall_interval),
            table.number(part.same_decision_share, 4),
        ]
        for part in found.parts
    ]
    counts = ("acknowledged", "found", "missing", "duplicated", "unacknowledged")
    journals = [
        [name, *(f"{journal[count]:,}" for count in counts)]
        for name, journal in [
            *found.journals.items(),
            *((f"supervisor {n}", end.journal) for n, end in enumerate(found.supervisor, 1)),
        ]
    ]
    kills = ", ".join(f"{count} of {role}" for role, count in found.killed_by_role.items())
    parts = [
        f"crashes, {setup.date}, limelight {setup.machine['limelight']}\n{setup.command}\n"
        f"{setup.machine['processor']}, {setup.machine['cpu_count']} cores\n"
        f"{len(found.kills)} kills: {kills}",
        table.grid(heads, lines),
        table.grid(["journal", *counts], journals),
        "\n".join(
            f"supervisor killed: {end.status}, all its processes gone after "
            f"{end.all_ended_seconds:.2f} s: {end.verdict_reason}"
            for end in found.supervisor
        ),
        table.bars(found.bars),
        table.explained(found.definitions),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
