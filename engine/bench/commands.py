"""Commands that find something: lines for people, and the same as plain values for programs."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from engine.model.scenario import TrafficMix

Found = tuple[list[str], object]


def bench_ulb(arguments: argparse.Namespace) -> Found:
    """`limelight bench ulb`. Raises LimelightError."""
    from engine.bench.ulb import run
    from engine.bench.ulb_lines import ulb_lines

    result = run(arguments.csv, any_file=arguments.any)
    return ulb_lines(result), msgspec.to_builtins(result)


def traffic_convert(arguments: argparse.Namespace) -> Found:
    """`limelight traffic convert`. Raises ConfigurationError."""
    from engine.config.own_data.convert import Job, convert, converted_json, converted_lines
    from engine.wiring import place_for_traffic

    source, mapping = Path(arguments.file), Path(arguments.mapping)
    out, name = place_for_traffic(arguments.out)
    done = convert(Job(source, mapping, out, name), strict=arguments.strict)
    return converted_lines(done), converted_json(done)


def traffic_report(arguments: argparse.Namespace) -> Found:
    """`limelight traffic report`."""
    from engine.load.traffic.report import report
    from engine.load.traffic.report_lines import report_lines

    made = report(arguments.seed, TrafficMix(arguments.mix), arguments.transactions)
    return report_lines(made), msgspec.to_builtins(made)
