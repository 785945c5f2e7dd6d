"""Files that cannot be read say why, and what to do."""

import json
import os
from pathlib import Path

import pytest

from engine.config.files import MAX_FILE_BYTES, read_tree, write_json
from engine.model.errors import ConfigurationError


def problem_of(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_tree(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    return problem.removeprefix(f"{path}: ")


def test_a_missing_file_is_named(tmp_path):
    assert problem_of(tmp_path / "none.toml") == "does not exist"


def test_a_directory_is_no_file(tmp_path):
    (tmp_path / "some.toml").mkdir()
    assert problem_of(tmp_path / "some.toml").startswith("is a directory")


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    assert problem_of(tmp_path / "pipe.json") == "is not a regular file"


@pytest.mark.parametrize(("name", "got"), [("x.yaml", "'.yaml'"), ("x", "'no suffix'")])
def test_the_suffix_decides_what_a_file_is(tmp_path, name, got):
    assert problem_of(tmp_path / name) == f"must end in .toml or .json, got {got}"


def test_bytes_that_are_not_utf_8_are_found_by_line(tmp_path):
    (tmp_path / "x.toml").write_bytes(b'name = "a"\ndescription = "caf\xe9"\n')
    assert problem_of(tmp_path / "x.toml") == (
        "is not UTF-8: byte 0xe9 at line 2; save it as UTF-8"
    )


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "x.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_tree(tmp_path / "x.json") == {"a": 1}


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("x.json", '{"a": 1,\n "b": }', "line 2, column 7"),
        ("x.json", "", "line 1, column 1"),
        ("x.toml", "a = 1\nb = = 2\n", "line 2, column 5"),
        ("x.toml", "a = 1\na = 2\n", "line 2, column"),
        ("x.toml", 'a = "never closed', "line 1, column 18"),
    ],
)
def test_broken_syntax_is_found_by_line_and_column(tmp_path, name, text, where):
    (tmp_path / name).write_text(text)
    kind = name[2:].upper()
    problem = problem_of(tmp_path / name)
    assert problem.startswith(f"is not valid {kind}: ")
    assert where in problem


def test_a_key_that_stands_twice_in_json_is_refused(tmp_path):
    (tmp_path / "x.json").write_text('{"a": 1, "a": 2}')
    assert problem_of(tmp_path / "x.json") == (
        'cannot be read: the key "a" stands twice in one object'
    )


@pytest.mark.parametrize(
    ("name", "text"), [("x.json", "[" * 90_000), ("x.toml", "a=" + "[" * 9000)]
)
def test_bottomless_nesting_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert problem_of(tmp_path / name) == "is nested too deeply to be read"


@pytest.mark.parametrize("text", ['{"a": ' + "9" * 5000 + "}"])
def test_a_number_of_thousands_of_digits_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    assert problem_of(tmp_path / "x.json").startswith("cannot be read: ")


def test_a_file_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "x.json").write_text(" " * (MAX_FILE_BYTES + 1))
    assert problem_of(tmp_path / "x.json") == "must be ≤ 1000000 bytes, and is larger"


def test_a_written_file_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, json.dumps({"a": 1}))
    write_json(path, json.dumps({"a": 2}))
    assert read_tree(path) == {"a": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none/x\.json: cannot be written: no such file"):
        write_json(tmp_path / "none" / "x.json", "{}")
    (tmp_path / "x.json").mkdir()
    with pytest.raises(ConfigurationError, match=r"x\.json: cannot be written: is a directory"):
        write_json(tmp_path / "x.json", "{}")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]
