"""Settings that only count if Streamlit really heeds them."""

import gc
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit import config
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

SETTINGS = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
FULL = 2  # the oldest generation of Python's garbage collector


@contextmanager
def full_collections() -> Iterator[Callable[[], int]]:
    """Counts full collections; with automatic ones off, only those somebody asked for."""
    seen: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == FULL:
            seen.append(phase)

    gc.disable()
    gc.callbacks.append(note)
    try:
        yield lambda: len(seen)
    finally:
        gc.callbacks.remove(note)
        gc.enable()


def test_the_app_answers_on_this_machine_only_and_sends_nothing_home() -> None:
    settings = tomllib.loads(SETTINGS.read_text("utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
    for section, options in settings.items():
        if section != "theme":
            for option, value in options.items():
                assert config.get_option(f"{section}.{option}") == value


def test_a_rerun_is_not_followed_by_a_full_garbage_collection(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = ScriptRunner._on_script_finished  # AppTest's own leaves the collection out
    monkeypatch.setattr(LocalScriptRunner, "_on_script_finished", finish)
    with full_collections() as count:
        page.run()
        assert count() == 0
    config.set_option("runner.postScriptGC", True)
    try:
        with full_collections() as count:
            page.run()
            assert count() >= 1
    finally:
        config.set_option("runner.postScriptGC", False)
