"""A tree of plain values → a model, or every problem it has, at once.

Values are checked as strictly as JSON types allow: "10" and true are no numbers. A value that no
file should hold (nan, infinity, half a surrogate pair, a date where none belongs) is taken out
first, so that the model's own checks see the rest.
"""

from __future__ import annotations

import datetime
import difflib
import json
import math
from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.config import schema
from engine.config.schema import Place
from engine.model.errors import ConfigurationError
from engine.model.rules import number

M = TypeVar("M", bound=BaseModel)

DEEPEST = 20
LONGEST_WHOLE = 10**15
BOUND_SIGNS = {
    "greater_than_equal": ("≥", "ge"),
    "greater_than": (">", "gt"),
    "less_than_equal": ("≤", "le"),
    "less_than": ("<", "lt"),
}


def check(model: type[M], tree: object, where: str) -> M:
    """The model a tree describes; `where` (a file's name, mostly) begins each message.

    Raises:
        ConfigurationError: With one problem for each thing that is wrong in the tree itself;
            rules between fields are the caller's.
    """
    problems: dict[Place, str] = {}
    clean = _clean(tree, (), problems)
    result = None
    try:
        result = model.model_validate_json(json.dumps(clean), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            for place, problem in _explain(model, detail, clean):
                problems.setdefault(place, problem)
    if problems or result is None:
        raise ConfigurationError(
            [f"{where}: {_at(place)}{text}" for place, text in problems.items()]
        )
    return result


def nearest(word: str, known: list[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, or all of them."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return "known are " + ", ".join(known) if known else "none is known here"


def _explain(
    model: type[BaseModel], detail: ErrorDetails, tree: object
) -> Iterator[tuple[Place, str]]:
    kind, loc = detail["type"], detail["loc"]
    if kind == "value_error":
        return  # a rule between fields: the caller runs those on the whole tree
    place, part = schema.at(model, loc)
    if kind == "extra_forbidden":
        unknown = str(loc[-1])
        hint = nearest(unknown, schema.known_keys(part))
        yield loc, f"is not a known key (got {schema.show(_look(tree, loc))}); {hint}"
    elif kind == "missing":
        yield place, f"is missing: it must be {schema.words(model, part)}"
    elif kind in BOUND_SIGNS:
        sign, name = BOUND_SIGNS[kind]
        bound = schema.plain(detail["ctx"][name])
        yield place, f"must be {sign} {bound}, got {schema.show(_look(tree, place))}"
    else:
        got = schema.show(_look(tree, place))
        yield place, f"must be {schema.words(model, part)}, got {got}"


def _at(place: Place) -> str:
    return f"{schema.dotted(place)} " if place else ""


def _look(tree: object, place: Place) -> object:
    for step in place:
        if isinstance(tree, Mapping) and isinstance(step, str):
            tree = tree.get(step)
        elif isinstance(tree, list) and isinstance(step, int):
            tree = tree[step]
    return tree


def _clean(value: object, place: Place, problems: dict[Place, str]) -> object:
    """The value as JSON can hold it; what it cannot is named in `problems` and made null."""
    if len(place) > DEEPEST:
        problems[place[:1]] = f"is nested more than {DEEPEST} deep"
        return None
    if isinstance(value, Mapping):
        return _clean_table(value, place, problems)
    if isinstance(value, list | tuple):
        return [_clean(item, (*place, index), problems) for index, item in enumerate(value)]
    problem = _unfit(value, place)
    if problem:
        problems[place] = problem
        return None
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    long = isinstance(value, int) and abs(value) > LONGEST_WHOLE
    return number(value) if long else value


def _clean_table(
    table: Mapping[object, object], place: Place, problems: dict[Place, str]
) -> dict[str, object]:
    clean = {}
    for key, item in table.items():
        if isinstance(key, str) and _is_text(key):
            clean[key] = _clean(item, (*place, key), problems)
        else:
            shown = key if isinstance(key, str) else str(key)
            problems[(*place, shown)] = "is a key that is not text"
    return clean


def _unfit(value: object, place: Place) -> str | None:
    if isinstance(value, str):
        return None if _is_text(value) else "must be text, got half a surrogate pair"
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return f"must be a finite number, got {value}"
    if isinstance(value, int | float):
        return None if number(value) is not None else "must be a number that fits, got a longer one"
    if isinstance(value, datetime.datetime) and place[-1:] == ("created_at",):
        return None
    if isinstance(value, datetime.date | datetime.time):
        return f"must not be a date or time, got {value.isoformat()}"
    return f"must be a value that JSON can hold, got {type(value).__name__}"


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
