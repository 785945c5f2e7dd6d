"""Commands that find something: lines for people, and the same as plain values for programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.model.scenario import TrafficMix


class Found(NamedTuple):
    """What a command found: lines, plain values, and whether all that must hold did."""

    lines: list[str]
    values: object
    held: bool = True


def bench_platforms(arguments: argparse.Namespace) -> Found:
    """`limelight bench platforms`. Raises LimelightError."""
    from engine.bench.platforms import run
    from engine.bench.platforms_lines import platforms_lines

    result = run(quick=arguments.quick)
    return Found(platforms_lines(result), msgspec.to_builtins(result), not result.failures)


def bench_ulb(arguments: argparse.Namespace) -> Found:
    """`limelight bench ulb`. Raises LimelightError."""
    from engine.bench.ulb import run
    from engine.bench.ulb_lines import ulb_lines

    result = run(arguments.csv, any_file=arguments.any)
    return Found(ulb_lines(result), msgspec.to_builtins(result))


def traffic_convert(arguments: argparse.Namespace) -> Found:
    """`limelight traffic convert`. Raises ConfigurationError."""
    from engine.config.own_data.convert import Job, convert, converted_json, converted_lines
    from engine.wiring import place_for_traffic

    source, mapping = Path(arguments.file), Path(arguments.mapping)
    out, name = place_for_traffic(arguments.out)
    done = convert(Job(source, mapping, out, name), strict=arguments.strict)
    return Found(converted_lines(done), converted_json(done))


def traffic_report(arguments: argparse.Namespace) -> Found:
    """`limelight traffic report`."""
    from engine.load.traffic.report import report
    from engine.load.traffic.report_lines import report_lines

    made = report(arguments.seed, TrafficMix(arguments.mix), arguments.transactions)
    return Found(report_lines(made), msgspec.to_builtins(made))
