"""Short working examples of the public API; a test runs every one of them.

`python -m engine.examples` runs them all in a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from engine.config.builder import ScenarioBuilder
from engine.config.derive import scenario_from_config
from engine.config.manager import ConfigurationManager
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError
from engine.model.fault import FailureScenario, FailureType
from engine.model.request import RunRequest
from engine.model.results import RunSummary
from engine.model.scenario import LoadProfile, LoadProfileType, TestScenario
from engine.report.format import text
from engine.report.terminal import run_lines
from engine.service import Engine


def make_a_configuration() -> StressTestConfig:
    """Begin with the defaults and change what the test is about."""
    default = ConfigurationManager.create_default_config()
    return default.model_copy(
        update={
            "test_id": "nightly",
            "test_name": "Nightly check",
            "target_tps": 200,
            "duration_seconds": 3,
            "ramp_up_seconds": 1,
            "ramp_down_seconds": 0,
            "max_p99_latency_ms": 250,
        }
    )


def save_and_load_a_configuration(folder: Path) -> StressTestConfig:
    """Write it as JSON and read it back: the same values."""
    path = folder / "nightly.json"
    ConfigurationManager.save_config(make_a_configuration(), path)
    return ConfigurationManager.load_config(path)


def learn_what_is_wrong() -> list[str]:
    """Every problem at once, each with its key, value and bound; none of it an exception."""
    return ConfigurationManager.validate_config(
        {"target_tps": 80_000, "duration_seconds": "ten", "test_enviroment": "dev"}
    )


def refuse_a_broken_file(folder: Path) -> str:
    """Loading raises one exception that holds all problems."""
    path = folder / "broken.toml"
    path.write_text('scenario_id = "broken"\nduration_seconds = 0\n', encoding="utf-8")
    try:
        ConfigurationManager.load_scenario(path)
    except ConfigurationError as error:
        return str(error)
    return ""


def take_a_preset() -> TestScenario:
    """The scenarios known by name hold what the preset files hold."""
    return ScenarioBuilder.create_investor_presentation_scenario()


def build_a_scenario() -> TestScenario:
    """A scenario of one's own: a short ramp, a worker crash, and what counts as success."""
    return TestScenario(
        scenario_id="my_crash",
        name="My crash",
        description="A worker is killed under load and nothing is lost.",
        load_profile=LoadProfile(
            profile_type=LoadProfileType.RAMP_UP, peak_tps=200, ramp_up_seconds=1
        ),
        duration_seconds=3,
        success_criteria={"zero_data_loss": True},
        failure_scenarios=(
            FailureScenario(
                failure_type=FailureType.LAMBDA_CRASH,
                start_time_seconds=1.5,
                duration_seconds=0.5,
                severity=0.3,
            ),
        ),
    )


def turn_a_configuration_into_a_scenario() -> TestScenario:
    """A bare configuration is a ramp up, a hold and a ramp down, judged by its limits."""
    return scenario_from_config(make_a_configuration())


def run_on_the_embedded_platform(
    folder: Path, scenario: TestScenario, target_url: str | None = None
) -> RunSummary:
    """Start a run, watch it, wait for its end, and keep its snapshot.

    Args:
        folder: Where results and the snapshot go.
        scenario: What to run.
        target_url: Another endpoint on this machine; None is the embedded platform.

    Raises:
        RuntimeError: The run ended without a summary.
    """
    with closing(Engine(home=folder)) as engine:
        engine.start(RunRequest(scenario=scenario, target_url=target_url))
        while (summary := engine.wait(timeout=0.5)) is None:
            state = engine.live()
            shown = {figure.id: text(figure) for figure in state.figures}
            sys.stdout.write(f"{state.status}: decided {shown.get('hero.decided', '–')}\n")
            if state.status.final and engine.live().summary is None:
                msg = f"no summary: {state.events[-1].message if state.events else 'no event'}"
                raise RuntimeError(msg)
        (folder / "snapshot.html").write_bytes(engine.snapshot_html(summary.run_id))
    return summary


def read_the_result(summary: RunSummary) -> list[str]:
    """The verdict, every criterion with its formula, counts, latencies, faults and journal."""
    return run_lines(summary)


def main() -> None:
    """Run every example in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="limelight-") as name:
        folder = Path(name)
        lines = [save_and_load_a_configuration(folder).model_dump_json(indent=2)]
        lines += [*learn_what_is_wrong(), refuse_a_broken_file(folder)]
        lines += [take_a_preset().description, turn_a_configuration_into_a_scenario().name]
        lines += read_the_result(run_on_the_embedded_platform(folder, build_a_scenario()))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
