import contextlib
import io
import re
import tomllib
from pathlib import Path

import pytest

from engine.__main__ import EXIT_CODES, INVALID, main
from engine.config.presets import preset_names
from engine.faults.registry import FAULTS
from engine.metrics.view import DEGRADED, RATE_CHANGED
from engine.model.results import SCHEMA_VERSION
from engine.report.snapshot_top import INCONCLUSIVE

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
GATE = (ROOT / ".ci" / "run").read_text("utf-8")


def commands():
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_has_its_line_in_the_readme(name):
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_that_can_be_injected_is_named_in_the_readme(fault):
    assert f"`{fault}`" in README


def options_of(command):
    """The options a command takes, as it says itself."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main([command, "--help"])
    return sorted(set(re.findall(r"^  (--[a-z-]+)", said.getvalue(), flags=re.MULTILINE)))


@pytest.mark.parametrize("option", options_of("run"))
def test_every_option_of_a_run_is_named_in_the_readme(option):
    assert f"`{option}`" in README


@pytest.mark.parametrize("code", [*EXIT_CODES.values(), INVALID])
def test_every_exit_code_is_explained_in_the_readme(code):
    assert re.search(rf"^\| {code} \| ", README, flags=re.MULTILINE)


@pytest.mark.parametrize("mark", [RATE_CHANGED, DEGRADED, INCONCLUSIVE])
def test_every_mark_is_named_in_the_readme(mark):
    assert f"`{mark}" in README


def test_every_benchmark_that_can_be_started_has_its_command_in_the_readme():
    for path in (ROOT / "tests" / "benchmarks").glob("[a-z]*.py"):
        if "argparse" in path.read_text("utf-8"):
            assert f".venv/bin/python -m tests.benchmarks.{path.stem}" in README


def test_every_file_the_readme_names_is_there():
    named = re.findall(r"`((?:engine|dashboard|presets|assets|tests)/[\w./-]*)`", README)
    assert len(named) >= 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_page_is_named_in_the_readme():
    for page in (ROOT / "dashboard" / "pages").glob("[a-z]*.py"):
        assert f"dashboard/pages/{page.name}" in README


def test_one_command_runs_the_app_and_one_passes_the_tests():
    setup = "python3 -m venv .venv && .venv/bin/pip install -r"
    assert [line for line in commands() if line.startswith(setup)] == [
        f"{setup} requirements.lock && .venv/bin/pip install --no-deps -e . "
        "&& .venv/bin/streamlit run streamlit_app.py",
        f"{setup} requirements-dev.lock && .venv/bin/pip install --no-deps -e . "
        "&& .venv/bin/python -m pytest -n 3 --dist loadfile",
    ]


def test_the_gate_runs_the_readme_s_test_command_and_every_check():
    for step in (
        "python3 -m venv .venv",
        "-r requirements-dev.lock",
        "--no-deps -e .",
        ".venv/bin/python -m pytest -n 3 --dist loadfile",
        "ruff format --check .",
        "ruff check .",
        ".venv/bin/mypy",
        "lint-imports",
    ):
        assert step in GATE


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_with_hashes_and_names_no_address(name):
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pins = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,]+\])?==", text, flags=re.MULTILINE)
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert len(pins) > 40
    assert all("--hash=sha256:" in block for block in blocks)


def test_every_dependency_is_in_the_lock():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    for dependency in project["dependencies"]:
        name = re.match(r"[A-Za-z0-9_.-]+", dependency).group().lower()
        assert re.search(rf"^{re.escape(name)}==", lock, flags=re.MULTILINE), name


def test_the_changelog_has_an_entry_for_what_is_not_released():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## Unreleased" in changelog
    assert SCHEMA_VERSION == 1, "a new schema version needs its line in the changelog"
