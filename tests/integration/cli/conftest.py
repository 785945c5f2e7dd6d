"""The command line as a person starts it: a process of its own, with a home of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.__main__ import EXIT_CODES
from engine.model.results import Verdict

ROOT = Path(__file__).parents[3]
GENEROUS_SECONDS = 120
TRIES = 3

SCENARIO = """
scenario_id = "short"
name = "Short"
description = "A short run for a test."
duration_seconds = {seconds}
traffic_mix = "{mix}"
[load_profile]
profile_type = "sustained"
sustained_tps = 200
[success_criteria]
{criteria}
"""


class CommandLine:
    """Starts `python -m engine` with its own home; every process is waited for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "LIMELIGHT_HOME": str(folder / "home"), "TERM": "xterm"}
        self.environment.pop("CI", None)

    def start(self, *arguments: object, **options) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "engine", *map(str, arguments)],
            cwd=ROOT,
            env=self.environment,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"} | options,
        )

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=GENEROUS_SECONDS)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def concluded(self, *arguments: object) -> subprocess.CompletedProcess:
        """Run again while inconclusive: where others starve the generator, it doubts itself."""
        for _ in range(TRIES):
            done = self(*arguments)
            if done.returncode != EXIT_CODES[Verdict.INCONCLUSIVE]:
                break
        return done

    def scenario(
        self,
        seconds: float = 3,
        mix: str = "realistic",
        criteria: str = "error_rate = 0.01",
        more: str = "",
    ) -> Path:
        path = self.folder / "short.toml"
        path.write_text(SCENARIO.format(seconds=seconds, mix=mix, criteria=criteria) + more)
        return path


def await_arrivals(server, count):
    """Wait until the target has read this many requests."""
    deadline = time.monotonic() + GENEROUS_SECONDS
    while len(server.arrivals) < count:
        assert time.monotonic() < deadline, len(server.arrivals)
        time.sleep(0.02)


@pytest.fixture
def limelight(tmp_path):
    return CommandLine(tmp_path)


@pytest.fixture(scope="module")
def module_limelight(tmp_path_factory):
    return CommandLine(tmp_path_factory.mktemp("cli"))
