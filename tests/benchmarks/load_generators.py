"""Our load generator against others: `python -m tests.benchmarks.load_generators`.

First `apt-get install apache2-utils hey nghttp2-client wrk`, then `... --install --tools DIR`,
which puts k9-load and locust into environments of their own below DIR; nothing goes into this
project's. Then `... --tools DIR`, about ten minutes on a machine that does nothing else; `--quick`
takes one and is worth nothing as evidence. vegeta, wrk2, k6, oha and bombardier take part where
they are on the PATH. What is not found is listed as such.

Every tool sends the same body to the same target (`target.py`), in turns: each round runs all of
them once, and the table shows the medians of the rounds. The target has one core and the client
the other, ours as well as theirs. Saturated: as much as one core can. Paced: CPU per request and
lateness at three rates. Frozen: the target stands still for a second, and each tool says what p99
it saw.

Writes assets/evidence/load_generators.json unless told otherwise with `--output`.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.benchmarks import ours, table
from tests.benchmarks.bars import load_generator_bars
from tests.benchmarks.evidence import FOLDER, Evidence, ToolFound, rows, setup, write
from tests.benchmarks.rounds import CONNECTIONS, Rounds, Tempo
from tests.benchmarks.stand import Target, how_bound
from tests.benchmarks.tools import COMPILED
from tests.benchmarks.tools_scripted import ELSEWHERE, SCRIPTED

FROM_PYPI = ("k9-load", "locust")
TOOLS = (*COMPILED, *SCRIPTED, *ELSEWHERE)
DEFINITIONS = {
    "CPU": (
        "user and system time of the client's process tree over the window, divided by the "
        "requests the target read in it; the start and the end of a client are left out"
    ),
    "lateness": (
        "a(k) - t0 - k/R of the k-th request the target read in the window, at the rate R asked "
        "for, with t0 = min over k of a(k) - k/R: the latest schedule that no request precedes"
    ),
    "known lateness": "ours only: a(k) - due(k), with the due instants it really had",
    "true p99": (
        "of f1 - d over all requests of the schedule due at d while the target stood still from f0 "
        "to f1, and 0 for the others: a lower bound of what a client ought to state"
    ),
    "stated p99": "what the tool printed or wrote as its 99th percentile of response time",
    "saturated": (
        "the client's core is the limit unless the target's is in full use; then CPU per request "
        "can be compared and the rate cannot; ours has no closed loop and is asked for the rate, "
        "in steps of 10,000/s, at which most arrives"
    ),
}


def main(words=None):
    options = _options(words)
    if options.install:
        install(options.tools)
        return
    looked = [(tool, tool.find(options.tools)) for tool in TOOLS]
    wanted = set(options.only.split(",")) if options.only else {ours.NAME, *(t.name for t in TOOLS)}
    tempo = Tempo.quick() if options.quick else Tempo()
    with tempfile.TemporaryDirectory() as scratch, Target(scratch) as target:
        rounds = Rounds(target, Path(scratch), tempo, options.scenarios.split(","))
        rounds.run([(tool, path) for tool, path in looked if path and tool.name in wanted], wanted)
    medians = rows(rounds.measurements, ours.NAME)
    evidence = Evidence(
        setup=setup(
            quick=options.quick,
            bound=how_bound(),
            connections=CONNECTIONS,
            body_bytes=rounds.body_bytes,
            others=[one.others_cpu_cores for one in rounds.measurements if not one.failure],
        ),
        definitions=DEFINITIONS,
        tools=_tools_found(looked),
        bars=load_generator_bars(medians),
        rows=medians,
        measurements=rounds.measurements,
    )
    sys.stdout.write(table.render(evidence))
    write(evidence, options.output)


def install(folder):
    """An environment for each tool that comes as a Python package."""
    for name in FROM_PYPI:
        venv.create(folder / name, with_pip=True)
        pip = [folder / name / "bin" / "python", "-m", "pip", "install", "--quiet", name]
        subprocess.run(pip, check=True)


def _options(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=Path, metavar="DIR", help="where k9-load and locust are")
    parser.add_argument("--install", action="store_true", help="put them there, and end")
    parser.add_argument("--quick", action="store_true", help="one round of short windows")
    parser.add_argument("--only", help="these tools alone, by name, with commas between")
    parser.add_argument("--scenarios", default="saturated,paced,frozen")
    parser.add_argument("--output", type=Path, default=FOLDER / "load_generators.json")
    options = parser.parse_args(words)
    if options.install and options.tools is None:
        parser.error("--install needs --tools DIR")
    return options


def _tools_found(looked):
    own = ToolFound(name=ours.NAME, version=ours.version(), note=ours.NOTE)
    others = (
        ToolFound(name=tool.name, version=tool.version_of(path) if path else None, note=tool.note)
        for tool, path in looked
    )
    return [own, *others]


if __name__ == "__main__":
    main()
