"""Settings files on disk: TOML or JSON in, JSON out; the suffix decides."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from pathlib import Path

from engine.model.errors import ConfigurationError

MAX_FILE_BYTES = 1_000_000
SUFFIXES = (".toml", ".json")


def read_tree(path: Path) -> object:
    """The values a file holds, not yet checked.

    Raises:
        ConfigurationError: It is missing, no file, too large, not UTF-8 or broken; with line and
            column where the syntax breaks.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise _refuse(path, f"must end in .toml or .json, got {path.suffix or 'no suffix'!r}")
    text = _read_text(path)
    try:
        if suffix == ".toml":
            return tomllib.loads(text)
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        problem = f"is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise _refuse(path, problem) from error
    except tomllib.TOMLDecodeError as error:
        raise _refuse(path, f"is not valid TOML: {_toml_reason(error, text)}") from error
    except RecursionError as error:
        raise _refuse(path, "is nested too deeply to be read") from error
    except ValueError as error:
        raise _refuse(path, f"cannot be read: {error}") from error


def write_json(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        ConfigurationError: The directory is missing or cannot be written.
    """
    write_whole(path, text.encode())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a temporary neighbour is renamed over it.

    Raises:
        ConfigurationError: The directory is missing or cannot be written.
    """
    try:
        real = path.resolve()
        if real.exists() and not real.is_file() and not real.is_dir():
            real.write_bytes(data)  # a pipe or a device: nothing to rename over
        else:
            _replace(real, data)
    except OSError as error:
        raise _refuse(path, f"cannot be written: {_reason(error)}") from error


def check_writable(path: Path) -> None:
    """Refuse early what `write_whole` would refuse late.

    Raises:
        ConfigurationError: The path is a directory, or its directory is missing or not writable.
    """
    if path.is_dir():
        raise _refuse(path, "is a directory; name a file in it")
    parent = path.resolve().parent
    if not parent.is_dir():
        raise _refuse(path, f"cannot be written: there is no directory {parent}")
    if not os.access(parent, os.W_OK):
        raise _refuse(path, f"cannot be written: the directory {parent} is not writable")


def _replace(path: Path, data: bytes) -> None:
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_usual_mode(path))
        temporary.replace(path)
    except OSError:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise _refuse(path, "is a directory; name a .toml or .json file in it")
        if path.exists() and not path.is_file():
            raise _refuse(path, "is not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise _refuse(path, "does not exist") from error
    except (OSError, ValueError) as error:
        raise _refuse(path, f"cannot be read: {_reason(error)}") from error
    if len(data) > MAX_FILE_BYTES:
        raise _refuse(path, f"must be ≤ {MAX_FILE_BYTES} bytes, and is larger")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8: byte {data[error.start]:#04x} at line {line}; save it as UTF-8"
        raise _refuse(path, problem) from error


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for key, value in pairs:
        if key in tree:
            raise ValueError(f"the key {json.dumps(key)} stands twice in one object")
        tree[key] = value
    return tree


def _toml_reason(error: tomllib.TOMLDecodeError, text: str) -> str:
    reason = str(error)
    if "(at end of document)" in reason:
        lines = text.split("\n")
        where = f"at line {len(lines)}, column {len(lines[-1]) + 1} (the end)"
        return reason.replace("(at end of document)", where)
    return reason.replace("(at line", "at line").removesuffix(")")


def _usual_mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _refuse(path: Path, problem: str) -> ConfigurationError:
    return ConfigurationError([f"{path}: {problem}"])
