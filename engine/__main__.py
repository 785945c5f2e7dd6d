"""The command line: `python -m engine`, installed as `limelight`.

Exit codes: 0 passed, 99 criteria failed, 3 inconclusive, 104 invalid configuration or usage,
105 aborted.
"""

from __future__ import annotations

import argparse
import io
import json
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Self

from rich.console import Console

from engine.bench import commands
from engine.config.faults import fault_lines, fault_of, with_faults
from engine.config.files import check_writable, write_json, write_whole
from engine.config.manager import ConfigurationManager
from engine.config.options import Command, UsageError, parse
from engine.config.presets import read_presets
from engine.config.request import OPTIONS, build_request, find
from engine.faults.registry import kinds
from engine.model.errors import (
    ConfigurationError,
    IllegalTransitionError,
    LimelightError,
    StoreError,
)
from engine.model.request import RunRequest
from engine.model.results import RunSummary, Verdict
from engine.playing import play
from engine.report import terminal
from engine.report.calibration_lines import StepTable, calibration_lines
from engine.report.progress import Progress, printable

if TYPE_CHECKING:
    from engine.service import Engine

INVALID, ABORTED = 104, 105
EXIT_CODES = {
    Verdict.PASSED: 0,
    Verdict.FAILED: 99,
    Verdict.INCONCLUSIVE: 3,
    Verdict.ABORTED: ABORTED,
}
POLL_SECONDS = 0.1
# Fields of a request, and what argparse calls their options.
_ATTRIBUTES = {key: name.lstrip("-").replace("-", "_") for key, name in OPTIONS.items()}


class Interrupts:
    """Counts the wish to end: the first stops in order, any further one at once.

    While entered it has SIGINT, SIGTERM and SIGHUP; the handler only counts, as it must not take
    locks.
    """

    def __init__(self) -> None:
        self.count = 0
        self._handled = 0

    def __enter__(self) -> Self:
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._before = {number: signal.signal(number, self._on_signal) for number in signals}
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1

    def act(self, engine: Engine, progress: Progress) -> None:
        """Do what the signals since the last call ask for."""
        while self._handled < min(self.count, 2):
            self._handled += 1
            first = self._handled == 1
            text = "Stopping in order; once more to stop at once." if first else "Stopping at once."
            progress.say(text, "yellow")
            with suppress(IllegalTransitionError):
                (engine.stop if first else engine.emergency_stop)()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # also a terminal without ÷ gets its report
            stream.reconfigure(errors="replace")
    try:
        arguments = parse(argv, COMMANDS)
        command: Command = arguments.command
        return command(arguments)
    except LimelightError as error:
        _complain(str(error).split("\n"))
        mine = isinstance(error, ConfigurationError | StoreError | UsageError)
        return INVALID if mine else ABORTED
    except KeyboardInterrupt:
        return ABORTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone; Python would complain at exit
        return ABORTED


def _run(arguments: argparse.Namespace) -> int:
    if arguments.what is None:
        return _explain_choices()
    options = {key: getattr(arguments, name) for key, name in _ATTRIBUTES.items()}
    if arguments.traffic is not None:
        options["traffic_file"] = _own_traffic(arguments.traffic)
    request = build_request(find(arguments.what), options, arguments.target)
    request = _broken(request, arguments)
    _check_outputs(arguments)
    console = _console(arguments)
    with closing(_engine(arguments.store)) as engine:
        summary, interrupted = _conduct(engine, request, console)
        _say(console, terminal.run_lines(summary))
        _emit(arguments, summary.model_dump_json(indent=2))
        if arguments.html is not None:
            write_whole(arguments.html, engine.snapshot_html(summary.run_id))
    return ABORTED if interrupted else EXIT_CODES[summary.verdict]


def _broken(request: RunRequest, arguments: argparse.Namespace) -> RunRequest:
    """The run with the faults asked for too, and without breakers if that was asked for."""
    scenario = with_faults(request.scenario, [fault_of(text) for text in arguments.fault])
    breakers = scenario.breakers and not arguments.no_breakers
    scenario = scenario.model_copy(update={"breakers": breakers})
    return request.model_copy(update={"scenario": scenario})


def _faults(arguments: argparse.Namespace) -> int:
    _table(arguments, fault_lines())
    _emit(arguments, _json([kind.model_dump(mode="json") for kind in kinds()]))
    return 0


def _own_traffic(wanted: str) -> str:
    from engine.wiring import find_traffic

    return str(find_traffic(wanted))


def _explain_choices() -> int:
    found = read_presets()
    head = "Name a preset or a file, as `limelight run pitch`. The presets:"
    _complain([head, "", *terminal.preset_lines(found.scenarios), *found.problems])
    return INVALID


def _conduct(engine: Engine, request: RunRequest, console: Console) -> tuple[RunSummary, bool]:
    """Start a run and see it to its end; also says whether somebody ended it before."""
    quiet = request.config is not None and not request.config.enable_real_time_metrics
    with Interrupts() as interrupts, Progress(console, quiet=quiet) as progress:
        run_id = engine.start(request)
        progress.say(f"Run {run_id}")
        while (summary := engine.wait(POLL_SECONDS)) is None:
            interrupts.act(engine, progress)
            state = engine.live()
            progress.show(state)
            if state.status.final and engine.wait(POLL_SECONDS) is None:
                reason = next((event.message for event in reversed(state.events)), "unknown reason")
                raise LimelightError(f"run {run_id} ended without a summary: {reason}")
        progress.show(engine.live())
    return summary, interrupts.count > 0


def _list(arguments: argparse.Namespace) -> int:
    from engine.wiring import known_calibration

    found, kept = read_presets(), known_calibration()
    known = kept.calibration
    _table(arguments, terminal.preset_lines(found.scenarios, known))
    _complain(found.problems)
    listed = {
        "presets": [scenario.model_dump(mode="json") for scenario in found.scenarios],
        "problems": found.problems,
        "calibration": None if known is None else known.model_dump(mode="json"),
    }
    _emit(arguments, _json(listed))
    return INVALID if found.problems else 0


def _validate(arguments: argparse.Namespace) -> int:
    checked = {str(path): ConfigurationManager.validate_config(path) for path in arguments.files}
    good = [path for path, problems in checked.items() if not problems]
    _table(arguments, [f"{path}: valid" for path in good])
    _complain([problem for problems in checked.values() for problem in problems])
    _emit(arguments, _json([{"file": name, "problems": checked[name]} for name in checked]))
    return 0 if len(good) == len(checked) else INVALID


def _runs(arguments: argparse.Namespace) -> int:
    with closing(_engine(arguments.store)) as engine:
        rows = engine.runs()
    _table(arguments, terminal.run_row_lines(rows))
    _emit(arguments, _json([row.model_dump(mode="json") for row in rows]))
    return 0


def _export(arguments: argparse.Namespace) -> int:
    if arguments.html is None and arguments.json is None:
        raise UsageError("limelight export: name a file with --html FILE or --json FILE")
    _check_outputs(arguments)
    with closing(_engine(arguments.store)) as engine:
        summary = engine.record(arguments.run).summary
        if arguments.html is not None:
            write_whole(arguments.html, engine.snapshot_html(arguments.run))
            _say(_console(arguments), [f"{arguments.html}: the snapshot of {summary.run_id}"])
    _emit(arguments, summary.model_dump_json(indent=2))
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    _check_outputs(arguments)
    console = _console(arguments)
    with closing(_engine(arguments.store)) as engine:
        summary = play(engine, arguments.run, arguments.speed, console)
    _say(console, terminal.run_lines(summary))
    _emit(arguments, summary.model_dump_json(indent=2))
    return EXIT_CODES[summary.verdict]


def _calibrate(arguments: argparse.Namespace) -> int:
    console = _console(arguments)
    with closing(_engine(arguments.store)) as engine:
        table = StepTable()
        _say(console, ["Measuring what this machine holds …", table.head])
        found = engine.calibrate(lambda progress: _say(console, table.news(progress.steps)))
    _say(console, [*table.news(found.steps), *calibration_lines(found)])
    _emit(arguments, found.model_dump_json(indent=2))
    return 0


def _shown(find_out: Callable[[argparse.Namespace], commands.Found]) -> Command:
    """A command that shows what it found, as lines and as JSON."""

    def command(arguments: argparse.Namespace) -> int:
        _check_outputs(arguments)
        found = find_out(arguments)
        _table(arguments, found.lines)
        _emit(arguments, _json(found.values))
        return EXIT_CODES[Verdict.PASSED if found.held else Verdict.FAILED]

    return command


def _engine(store: Path | None) -> Engine:
    # Imported here so that `validate` need not load pandas, plotly and the store.
    from engine.service import Engine

    engine = Engine(store=store)
    _complain([engine.home.warning] if engine.home.warning else [])
    return engine


def _check_outputs(arguments: argparse.Namespace) -> None:
    for name in (getattr(arguments, "html", None), arguments.json):
        if name not in (None, "-"):
            check_writable(Path(name))


def _console(arguments: argparse.Namespace) -> Console:
    """Where people read; standard output belongs to the figures when they are asked for there."""
    return Console(stderr=arguments.json == "-", highlight=False, markup=False)


def _say(console: Console, lines: list[str]) -> None:
    for line in lines:
        console.print(printable(line), soft_wrap=True)


def _table(arguments: argparse.Namespace, lines: list[str]) -> None:
    if arguments.json != "-":  # the same again, for people, would only be in the way
        _say(_console(arguments), lines)


def _complain(problems: list[str]) -> None:
    for problem in problems:
        sys.stderr.write(f"{printable(problem)}\n")


def _emit(arguments: argparse.Namespace, text: str) -> None:
    if arguments.json == "-":
        sys.stdout.buffer.write(f"{text}\n".encode())  # JSON is UTF-8 whatever the terminal is
        sys.stdout.flush()
    elif arguments.json is not None:
        write_json(Path(arguments.json), f"{text}\n")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


COMMANDS = {
    "run": _run,
    "list": _list,
    "faults": _faults,
    "validate": _validate,
    "runs": _runs,
    "export": _export,
    "replay": _replay,
    "calibrate": _calibrate,
    "bench platforms": _shown(commands.bench_platforms),
    "bench ulb": _shown(commands.bench_ulb),
    "traffic convert": _shown(commands.traffic_convert),
    "traffic report": _shown(commands.traffic_report),
}

if __name__ == "__main__":
    sys.exit(main())
