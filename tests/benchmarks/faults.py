"""Every fault on the embedded platform: `python -m tests.benchmarks.faults`.

Four parts, all of them unless some are named:

- `--table`: one run a fault. A metric of it leaves its steady-state band while the fault is on and
  returns after; beside it what the run says: seconds to recovery, failed, lost, duplicated.
- `--cascade`: the cascade with the platform's breakers and strategies, and without them.
- `--kill`: the app is killed (SIGKILL) while each fault is on; how long until none of the
  platform's processes is left.
- `--schedules`: `--number` schedules drawn from a seed, up to three faults at once, a minute each.

Prints tables and bars; `--json FILE` writes the evidence (assets/evidence/faults.json is where a
full one belongs). Ends with 1 if a bar was missed.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from engine.model.fault import FailureType
from tests.benchmarks import faults_cascade, faults_killed, faults_one, faults_scheduled
from tests.benchmarks.evidence import Bar, about_the_machine, write
from tests.benchmarks.faults_evidence import DEFINITIONS, Faults, FaultSetup, render

PARTS = ("table", "cascade", "kill", "schedules")


def main(words=None):
    asked = _options(words)
    rows = cascades = kills = schedules = []
    if "table" in asked.parts:
        rows = [faults_one.measure(kind, asked.rate) for kind in FailureType]
    if "cascade" in asked.parts:
        cascades = [faults_cascade.measure(asked.rate, breakers) for breakers in (True, False)]
    if "kill" in asked.parts:
        kills = [faults_killed.measure(kind) for kind in FailureType]
    if "schedules" in asked.parts:
        schedules = [faults_scheduled.measure(asked.seed + n) for n in range(asked.number)]
    found = Faults(
        setup=FaultSetup(
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
            command=f"python -m tests.benchmarks.faults {' '.join(asked.words)}".strip(),
            machine=about_the_machine(),
            rate=asked.rate,
            seed=asked.seed,
        ),
        definitions=DEFINITIONS,
        bars=bars(rows, cascades, kills, schedules),
        table=rows,
        cascade=cascades,
        killed=kills,
        schedules=schedules,
    )
    sys.stdout.write(render(found))
    if asked.json is not None:
        write(found, asked.json)
    return 0 if all(bar.met for bar in found.bars) else 1


def bars(rows, cascades, kills, schedules):
    """What each part must show; only of parts that were run."""
    found = []
    if rows:
        left = sum(row.left_band for row in rows)
        back = sum(row.returned for row in rows)
        lost = sum(row.lost + row.duplicated for row in rows)
        found += [
            _bar("faults whose metric left its band", f"= {len(rows)}", left, len(rows)),
            _bar("faults whose metric returned", f"= {len(rows)}", back, len(rows)),
            _bar("lost or duplicated, all faults", "= 0", lost, 0),
        ]
    if cascades:
        with_, without = cascades
        found += [
            _bar("components down that no fault hit, with breakers", "= 0", with_.spread, 0),
            Bar(
                what="slow agent's phase, p50 ÷ before, with breakers: contained",
                bar=f"≤ {faults_cascade.CONTAINED}",
                measured=round(with_.agent_phase_p50_ms / with_.before_p50_ms, 2),
                limit=faults_cascade.CONTAINED,
                met=with_.contained,
            ),
            Bar(
                what="slow agent's phase, p50 ÷ before, without breakers: not contained",
                bar=f"> {faults_cascade.CONTAINED}",
                measured=round(without.agent_phase_p50_ms / without.before_p50_ms, 2),
                limit=faults_cascade.CONTAINED,
                met=not without.contained,
            ),
        ]
    if kills:
        limit = faults_killed.BAR_SECONDS
        good = sum(kill.proven and not kill.left and kill.gone_seconds <= limit for kill in kills)
        what = "apps killed under a proven fault whose platform was gone within 5 s"
        found.append(_bar(what, f"= {len(kills)}", good, len(kills)))
    if schedules:
        lost = sum(one.lost + one.duplicated for one in schedules)
        stuck = sum(one.stuck for one in schedules)
        found += [
            _bar("lost or duplicated, all schedules", "= 0", lost, 0),
            _bar("processes or breakers stuck, all schedules", "= 0", stuck, 0),
        ]
    return found


def _bar(what, bar, measured, limit):
    return Bar(what=what, bar=bar, measured=measured, limit=limit, met=measured == limit)


def _options(words):
    words = sys.argv[1:] if words is None else words
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.faults")
    for part in PARTS:
        parser.add_argument(f"--{part}", action="append_const", const=part, dest="parts")
    parser.add_argument("--rate", type=float, default=1_500.0, help="transactions per second")
    parser.add_argument("--number", type=int, default=10, help="of schedules")
    parser.add_argument("--seed", type=int, default=5, help="of the first schedule")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args(words)
    asked.parts = asked.parts or PARTS
    asked.words = [word for word in words if word != "--json" and word != str(asked.json)]
    return asked


if __name__ == "__main__":
    sys.exit(main())
