"""Test configurations: made, loaded, saved and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.config import loader
from engine.config.files import write_json
from engine.model.config import StressTestConfig
from engine.model.errors import ConfigurationError
from engine.model.scenario import TestScenario


class ConfigurationManager:
    """Test configurations: made, loaded, saved and checked; holds no state."""

    @staticmethod
    def create_default_config() -> StressTestConfig:
        """A configuration with every field at its default."""
        return StressTestConfig()

    @staticmethod
    def load_config(path: str | Path) -> StressTestConfig:
        """The configuration a JSON or TOML file holds.

        Raises:
            ConfigurationError: With every problem of the file.
        """
        return loader.load_config(Path(path))

    @staticmethod
    def load_scenario(path: str | Path) -> TestScenario:
        """The scenario a TOML or JSON file holds.

        Raises:
            ConfigurationError: With every problem of the file.
        """
        return loader.load_scenario(Path(path))

    @staticmethod
    def save_config(config: StressTestConfig | TestScenario, path: str | Path) -> None:
        """Write a configuration or a scenario as JSON, whole or not at all.

        Raises:
            ConfigurationError: It is not valid, the name does not end in .json, or the file cannot
                be written.
        """
        target = Path(path)
        if target.suffix.lower() != ".json":
            raise ConfigurationError(
                [f"{target}: must end in .json, got {target.suffix or 'no suffix'!r}"]
            )
        if problems := ConfigurationManager.validate_config(config):
            raise ConfigurationError(problems)
        write_json(target, config.model_dump_json(indent=2, exclude_unset=False) + "\n")

    @staticmethod
    def validate_config(
        config: StressTestConfig | TestScenario | Mapping[str, object] | str | Path,
        where: str = "",
    ) -> list[str]:
        """Every problem of a configuration, each naming field, value and bound; [] if it is valid.

        `config` is a model (also one made without checks), a mapping of plain values, or a file's
        path; `where` begins each message in place of the usual "configuration" or "scenario".
        """
        try:
            if isinstance(config, str | Path):
                loader.load(Path(config))
            elif isinstance(config, TestScenario):
                loader.parse_scenario(_plain(config), where or "scenario")
            elif isinstance(config, StressTestConfig):
                loader.parse_config(_plain(config), where or "configuration")
            elif loader.model_of(config) is TestScenario:
                loader.parse_scenario(config, where or "scenario")
            else:
                loader.parse_config(config, where or "configuration")
        except ConfigurationError as error:
            return error.problems
        return []


def _plain(model: StressTestConfig | TestScenario) -> object:
    """A model's values, also when they were never checked; created_at stays a date."""
    return model.model_dump(warnings=False)
