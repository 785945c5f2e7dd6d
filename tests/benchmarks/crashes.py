"""kill -9 of the platform's processes under load: `python -m tests.benchmarks.crashes`.

Two runs of one stream (the same seed, so transaction n is the same in both) through the whole
engine, each of three parts: quiet, kills, quiet. In the second run the middle part has the kills:
each of a process drawn at random among those that live (the edge and every scorer), at a random
moment, whether or not the last one is back; `--kills 50` of them. The first run is the same
without a kill. Compared are

- the journal with what was acknowledged: missing and applied twice must be 0 in both runs;
- recall in each part, of both runs: the last part shows the state that was rebuilt;
- the decisions themselves, transaction by transaction, as both journals have them.

Then the supervisor is killed, `--supervisor` times, each in a run of its own: the platform ends
with it, the run must say that it failed, and all that was acknowledged must be in the journal.

Prints all that and the bars; `--json FILE` writes it as evidence (assets/evidence/crashes.json is
where a full one belongs). Ends with 1 if a bar was missed.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import psutil

from engine.model.request import RunRequest
from engine.model.results import TestStatus
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario, TrafficMix
from engine.service import Engine
from tests.benchmarks import crashed
from tests.benchmarks.evidence import write

START_SECONDS = 120.0
SHORTEST_GAP_SECONDS, LONGEST_GAP_SECONDS = 0.2, 2.0
EDGE, SCORER = "engine.platform.edge", "engine.platform.scorer"
SUPERVISOR = "engine.platform"


def main(words=None):
    asked = _options(words)
    with tempfile.TemporaryDirectory(prefix="limelight-crashes-") as folder:
        quiet = run(asked, Path(folder) / "quiet", None)
        killed = run(asked, Path(folder) / "killed", moments(asked))
        ends = [supervisor(asked, Path(folder) / f"end{n}", n) for n in range(asked.supervisor)]
        found = crashed.compare(asked, quiet, killed, ends)
    sys.stdout.write(crashed.render(found))
    if asked.json is not None:
        write(found, asked.json)
    return 0 if all(bar.met for bar in found.bars) else 1


def moments(asked):
    """When to kill, in seconds since Start, and the chance that chooses whom."""
    chance = random.Random(asked.seed)
    at, found = float(asked.quiet), []
    for _ in range(asked.kills):
        at += chance.uniform(SHORTEST_GAP_SECONDS, LONGEST_GAP_SECONDS)
        found.append(at)
    return found, chance


def run(asked, home, plan):
    """One run; with a plan, its kills."""
    engine = Engine(home=home)
    try:
        scenario = _scenario(asked)
        engine.start(RunRequest(scenario=scenario, seed=asked.seed))
        _until_running(engine)
        copy = _second_name(home)
        kills = _kill(engine, *plan) if plan else []
        summary = engine.wait()
        ticks = engine.frame()
    finally:
        engine.close()
    return crashed.Run(summary, ticks, copy, kills)


def supervisor(asked, home, number):
    """One run whose supervisor is killed; how it ended."""
    engine = Engine(home=home)
    try:
        engine.start(RunRequest(scenario=_scenario(asked), seed=asked.seed + number))
        _until_running(engine)
        mine = _platform()
        time.sleep(random.Random(number).uniform(2.0, 4.0))
        killed = time.monotonic()
        next(one for one in mine if _role(one) == "supervisor").kill()
        _, left = psutil.wait_procs(mine, timeout=10)
        seconds = time.monotonic() - killed
        summary = engine.wait()
    finally:
        engine.close()
    return crashed.End(
        status=str(summary.status),
        verdict_reason=summary.verdict_reason,
        processes_left=len(left),
        all_ended_seconds=round(seconds, 3),
        journal=summary.journal.model_dump(),
    )


def _kill(engine, plan, chance):
    """Kill by plan; whom, and when it really was, in seconds since Start."""
    began, kills = time.monotonic() - _elapsed(engine), []
    for at in plan:
        time.sleep(max(0.0, began + at - time.monotonic()))
        victims = [one for one in _platform() if _role(one) in {"edge", "scorer"}]
        victim = chance.choice(victims)
        role = _role(victim)
        victim.kill()
        kills.append(crashed.Kill(at_seconds=round(time.monotonic() - began, 3), role=role))
    return kills


def _elapsed(engine):
    ticks = engine.frame(1)
    return float(ticks["t_seconds"].iloc[-1]) if len(ticks) else 0.0


def _platform():
    """The platform's living processes."""
    return [one for one in psutil.Process().children(recursive=True) if _role(one)]


def _role(process):
    try:
        words = process.cmdline()
        living = process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    roles = {EDGE: "edge", SCORER: "scorer", SUPERVISOR: "supervisor"}
    return roles.get(words[-1]) if words and living else None


def _second_name(home):
    """The journal under a name of ours, so that it is there when the run has deleted its own."""
    (journal,) = (home / "journals").glob("*.journal.sqlite")
    copy = home / "kept.sqlite"
    copy.hardlink_to(journal)
    return copy


def _until_running(engine):
    deadline = time.monotonic() + START_SECONDS
    while engine.live().status is not TestStatus.RUNNING or not len(engine.frame(1)):
        if time.monotonic() > deadline or engine.live().status.final:
            sys.exit("the run did not start")
        engine.wait(0.05)


def _scenario(asked):
    middle = asked.kills * (SHORTEST_GAP_SECONDS + LONGEST_GAP_SECONDS) / 2
    return TestScenario(
        scenario_id="crashes",
        name="Crashes",
        load_profile=LoadProfile(
            profile_type=LoadProfileType.SUSTAINED, sustained_tps=float(asked.rate)
        ),
        duration_seconds=2.0 * asked.quiet + middle,
        traffic_mix=TrafficMix.STRESS,
        success_criteria={"zero_data_loss": True},
    )


def _options(words):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.crashes")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--supervisor", type=int, default=2, help="kills of the supervisor")
    parser.add_argument("--rate", type=float, default=1_500.0, help="transactions per second")
    parser.add_argument("--quiet", type=float, default=25.0, help="seconds before and after")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
