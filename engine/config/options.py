"""The command line's grammar: commands, their options and what these accept."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from engine.model.errors import LimelightError
from engine.model.scenario import TrafficMix

Command = Callable[[argparse.Namespace], int]
EXIT_CODES_TEXT = (
    "Exit codes: 0 passed, 99 criteria failed, 3 inconclusive, "
    "104 invalid configuration or usage, 105 aborted."
)

# Commands of two words: the first ones.
GROUPS = {
    "bench": "Measure decisions beside those of others.",
    "traffic": "Look at the transactions that are sent.",
}


class UsageError(LimelightError):
    """The command line cannot be understood."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors leave the exit code to its caller."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` instead of ending the process with argparse's own code."""
        raise UsageError(f"{self.format_usage()}{self.prog}: {message}")


def parse(argv: Sequence[str] | None, commands: Mapping[str, Command]) -> argparse.Namespace:
    """The options given; `.command` is the function of the command asked for.

    Raises:
        UsageError: The command line cannot be understood.
    """
    return _parser(commands).parse_args(argv)


def _parser(commands: Mapping[str, Command]) -> Parser:
    parser = Parser(
        prog="limelight",
        description="Real load, real faults and honest figures.",
        epilog=EXIT_CODES_TEXT,
        allow_abbrev=False,
    )
    group = parser.add_subparsers(required=True, metavar="COMMAND")
    groups = {
        name: group.add_parser(name, help=text, description=text).add_subparsers(
            required=True, metavar="WHAT"
        )
        for name, text in GROUPS.items()
    }

    def add(name: str, text: str) -> Parser:
        """One command; of two words, the first is a group made before."""
        *first, word = name.split()
        under = groups[first[0]] if first else group
        one = under.add_parser(word, help=text, description=text, allow_abbrev=False)
        one.set_defaults(command=commands[name])
        one.add_argument("--json", metavar="FILE", help='figures as JSON; "-": standard output')
        return one

    run = add("run", "Run a preset, or a scenario or test configuration from a file.")
    _run_options(run)
    add("list", "List the presets.")
    add("faults", "List what can be broken, with parameters and proof.")
    validate = add("validate", "Check scenario and configuration files.")
    validate.add_argument("files", nargs="+", type=Path, metavar="FILE")
    runs = add("runs", "List the runs in the store.")
    export = add("export", "Export a run of the store.")
    export.add_argument("run", metavar="RUN", help="its id, as `limelight runs` lists it")
    export.add_argument("--html", type=Path, metavar="FILE", help="the snapshot, one HTML file")
    replay = _replay_options(add("replay", "Play a recorded run again, as it happened."))
    calibrate = add("calibrate", "Measure what this machine holds.")
    quick = add("bench platforms", "Compare the platform with baselines on held-out traffic.")
    quick.add_argument("--quick", action="store_true", help="only see that it works")
    ulb = add("bench ulb", "Test the platform's kind of model on the ULB card data.")
    ulb.add_argument("--csv", type=Path, required=True, metavar="FILE", help="creditcard.csv")
    ulb.add_argument("--any", action="store_true", help="also a file that is not the known one")
    _report_options(add("traffic report", "Describe the simulated traffic, with its labels."))
    _convert_options(add("traffic convert", "Make own transactions ready to be sent."))
    for one in (run, runs, export, replay, calibrate):
        one.add_argument("--store", type=Path, metavar="FILE", help="another results file")
    return parser


def _run_options(run: Parser) -> None:
    run.add_argument("what", nargs="?", metavar="PRESET|FILE", help="see `limelight list`")
    for name, kind, value, text in (
        ("--target", str, "URL", "an endpoint on this machine, as http://127.0.0.1:8080"),
        ("--speed", _number, "N", "rehearse: divide every duration by N"),
        ("--rate-scale", _number, "X", "multiply every rate by X"),
        ("--duration", _number, "S", "cut the run to S seconds, counted before --speed"),
        ("--seed", _whole, "N", "the traffic's seed"),
        ("--workers", _whole, "N", "how many load workers; the machine decides by default"),
        ("--connections", _whole, "N", "how many connections, all workers together"),
        ("--users", _whole, "N", "simulated users instead, each with a connection of its own"),
        ("--ca-file", str, "FILE", "PEM certificates that vouch for an https target"),
        ("--traffic", str, "NAME|PATH", "own data, as `limelight traffic convert` makes it"),
        ("--html", Path, "FILE", "write the snapshot here when the run has ended"),
    ):
        run.add_argument(name, type=kind, metavar=value, help=text)
    run.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="TYPE@START[:DUR[:SEV]]",
        help="break it too, as lambda_crash@20:10:0.5; again for more; see `limelight faults`",
    )
    run.add_argument(
        "--no-breakers",
        action="store_true",
        help="switch the platform's circuit breakers off, for comparison",
    )
    again = "let own data begin again when it ends"
    run.add_argument("--repeat", action="store_true", default=None, help=again)


def _replay_options(replay: Parser) -> Parser:
    replay.add_argument("run", metavar="RUN", help="its id, as `limelight runs` lists it")
    replay.add_argument(
        "--speed", type=_number, default=1, metavar="N", help="N times as fast as it was"
    )
    return replay


def _report_options(report: Parser) -> None:
    mixes = [str(mix) for mix in TrafficMix]
    report.add_argument("--mix", choices=mixes, default=mixes[0], help="how much is fraud")
    report.add_argument("--seed", type=_whole, default=1, metavar="N", help="the traffic's seed")
    report.add_argument(
        "--transactions", type=_positive, default=100_000, metavar="N", help="how many to look at"
    )


def _convert_options(convert: Parser) -> None:
    convert.add_argument("file", metavar="FILE", help="CSV with a line of names, or Parquet")
    convert.add_argument("--mapping", required=True, metavar="FILE", help="columns, as TOML")
    convert.add_argument("--out", required=True, metavar="NAME", help="its name, or a path")
    convert.add_argument("--strict", action="store_true", help="refuse a file with a bad row")


def _number(text: str) -> float:
    try:
        return int(text) if text.strip("+-").isdecimal() else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}") from error


def _positive(text: str) -> int:
    if (number := _whole(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text!r}")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}") from error
