"""What a model accepts at a place, in words: read from its JSON schema.

A place is a tuple of keys and list indices, as `("failure_scenarios", 0, "severity")`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

Place = tuple[str | int, ...]
Schema = Mapping[str, Any]

WORDS_BY_PATTERN = {
    r"^[a-z][a-z0-9_]*$": "small letters, digits and _, beginning with a letter",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]*$": "letters, digits and _.-, beginning with a letter or digit",
}
LONGEST_VALUE = 60


@cache
def _root(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def at(model: type[BaseModel], place: Place) -> tuple[Place, Schema]:
    """The schema at a place, and the place itself, cut where the schema has no more inside."""
    schema = _resolve(model, _root(model))
    for depth, step in enumerate(place):
        inner = _step(schema, step)
        if inner is None:
            return place[:depth], schema
        schema = _resolve(model, inner)
    return place, schema


def known_keys(schema: Schema) -> list[str]:
    """The keys an object of this schema may have."""
    return list(schema.get("properties", {}))


def words(model: type[BaseModel], schema: Schema) -> str:
    """What is accepted, as it follows "must be": "a number from 0 to 50000"."""
    if "anyOf" in schema:
        parts = [_resolve(model, part) for part in schema["anyOf"]]
        if {part.get("type") for part in parts} == {"boolean", "number"}:
            return "true or a number"
        return " or ".join(words(model, part) for part in parts if part.get("type") != "null")
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    kind = schema.get("type")
    if kind in ("number", "integer"):
        return ("a number" if kind == "number" else "a whole number") + _bounds(schema)
    if kind == "string":
        return _text(schema)
    return {"boolean": "true or false", "array": "a list"}.get(str(kind), "a table of keys")


def show(value: object) -> str:
    """A value for a message: as JSON writes it, cut when long, containers by kind."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = f"a value of type {type(value).__name__}"
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def dotted(place: Place) -> str:
    """`failure_scenarios[0].severity`; keys with odd characters in quotes."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
            continue
        plain = step.replace("_", "").replace("-", "").isalnum() and len(step) <= LONGEST_VALUE
        text += ("." if text else "") + (step if plain else show(step))
    return text


def _step(schema: Schema, step: str | int) -> Schema | None:
    if isinstance(step, int):
        found = schema.get("items")
    else:
        found = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    return found if isinstance(found, Mapping) else None


def _resolve(model: type[BaseModel], schema: Schema) -> Schema:
    if "$ref" in schema:
        found: Schema = _root(model)["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
        return found
    return schema


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    if low is not None and high is not None:
        return f" from {plain(low)} to {plain(high)}"
    parts = [f"≥ {plain(low)}"] if low is not None else []
    parts += [f"> {plain(above)}"] if above is not None else []
    parts += [f"≤ {plain(high)}"] if high is not None else []
    return " " + " and ".join(parts) if parts else ""


def _text(schema: Schema) -> str:
    if schema.get("format") == "date-time":
        return "a date and time such as 2026-01-31T12:00:00Z"
    low, high, pattern = (schema.get(key) for key in ("minLength", "maxLength", "pattern"))
    parts = [f"at least {low} character"] if low else []
    parts += [f"at most {high} characters"] if high else []
    text = "text of " + " and ".join(parts) if parts else "text"
    return f"{text}: {WORDS_BY_PATTERN.get(pattern, pattern)}" if pattern else text


def plain(bound: float) -> str:
    """A bound as a person writes it: 50000, 0.1."""
    return str(int(bound)) if float(bound).is_integer() else str(bound)
