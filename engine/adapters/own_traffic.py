"""Where converted own traffic lies: a folder of the home, by name, or any path."""

from __future__ import annotations

import re
from pathlib import Path

from engine.load.traffic.own_file import SUFFIX
from engine.model.errors import ConfigurationError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def place_for(folder: Path, wanted: str) -> tuple[Path, str]:
    """Where a conversion goes, and the name it goes by: a name of the folder, or a path.

    Raises:
        ConfigurationError: It is neither.
    """
    path = folder / f"{wanted}{SUFFIX}" if NAME.fullmatch(wanted) else Path(wanted)
    if path.suffix != SUFFIX or not NAME.fullmatch(path.stem):
        what = f"a name of letters, digits, _ and -, or a path whose last part is such a {SUFFIX}"
        raise ConfigurationError([f"--out must be {what}, got {wanted!r}"])
    return path, path.stem


def find(folder: Path, wanted: str) -> Path:
    """The file of this name in the folder, or at this path.

    Raises:
        ConfigurationError: There is none.
    """
    named = folder / f"{wanted}{SUFFIX}"
    if NAME.fullmatch(wanted) and named.is_file():
        return named
    if Path(wanted).is_file():
        return Path(wanted)
    known = sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))
    there = f"there is {', '.join(known)}" if known else "there is none yet"
    problem = f"--traffic must name converted own data, got {wanted!r}; {there}"
    raise ConfigurationError([f"{problem}: make one with `limelight traffic convert`"])
