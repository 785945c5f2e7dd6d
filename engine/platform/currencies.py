"""Exchange rates: the dated table the platform compares amounts by."""

from __future__ import annotations

import tomllib
from pathlib import Path

from engine.model.errors import ConfigurationError

TABLE = Path(__file__).parents[2] / "presets" / "currencies.toml"


def load_rates(path: Path = TABLE) -> dict[str, float]:
    """USD for one unit of each known ISO 4217 currency.

    Raises:
        ConfigurationError: the file is missing, broken, or holds a rate that is not above 0.
    """
    try:
        rates = tomllib.loads(path.read_text(encoding="utf-8"))["usd_per_unit"]
        problems = [
            f"{path.name}: usd_per_unit.{code} must be > 0, got {rate!r}"
            for code, rate in rates.items()
            if not isinstance(rate, int | float) or not rate > 0
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ConfigurationError([f"{path.name}: cannot be read: {error}"]) from error
    if problems:
        raise ConfigurationError(problems)
    return {code: float(rate) for code, rate in rates.items()}
