"""Criteria as short comparisons: `recovery_seconds(lambda_crash) < 30`, `lost == 0`.

    comparison = quantity [ "(" fault ")" ] operator number
    quantity, fault = a small letter, then small letters, digits and _
    operator   = "<" | "<=" | "≤" | ">" | ">=" | "≥" | "==" | "!="
    number     = digits [ "." digits ] | a level of degradation

Spaces stand anywhere between these. Nothing is evaluated: a comparison becomes a record of four
parts, whose names must be known (`engine.analysis.quantities`). What is wrong is told with the
character it is wrong at, counted from 1, and with what could stand there.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.analysis.degradation import LEVELS
from engine.model.errors import ConfigurationError

MAX_LENGTH = 120
MAX_NUMBER = 1e12
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_SAME = {"≤": "<=", "≥": ">="}
_SIGNS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
_TOKEN = re.compile(
    r"\s*(?:(?P<name>[a-z][a-z0-9_]*)|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<operator><=|>=|==|!=|[<>≤≥])|(?P<bracket>[()])|(?P<odd>\S)|$)"
)
_NAMES = {
    "name": "a name",
    "number": "a number",
    "operator": f"one of {', '.join(OPERATORS)}",
    "(": "(",
    ")": ")",
    "end": "nothing",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One part of a comparison; `at` counts characters from 1."""

    kind: str  # name | number | operator | ( | ) | odd | end
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a criterion asks; `places` are the characters at which quantity and fault begin."""

    quantity: str
    fault: str | None
    sign: str
    number: float
    places: tuple[int, int] = (1, 1)

    def holds(self, value: float) -> bool:
        """Whether a measured value is as asked."""
        return OPERATORS[self.sign](value, self.number)

    @property
    def text(self) -> str:
        """As it is written down everywhere, whatever its spaces were."""
        of = "" if self.fault is None else f"({self.fault})"
        return f"{self.quantity}{of} {self.sign} {_shown(self.number)}"

    @property
    def key(self) -> str:
        """Letters, digits and _ only: for ids of figures."""
        parts = [self.quantity, self.fault or "", _SIGNS[self.sign], _shown(self.number)]
        return "_".join(filter(None, parts)).replace(".", "_")


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def is_comparison(text: str) -> bool:
    """Whether a criterion's key is meant as a comparison rather than as a name."""
    return any(sign in text for sign in "<>=≤≥!()")


def parse(text: str) -> Comparison:
    """The comparison that a text says.

    Raises:
        ConfigurationError: What is wrong at which character, and what could stand there.
    """
    if len(text) > MAX_LENGTH:
        raise wrong(MAX_LENGTH + 1, f"a comparison has at most {MAX_LENGTH} characters")
    tokens = _tokens(text)
    quantity = _take(tokens, "name")
    fault = None
    if tokens[0].kind == "(":
        tokens.pop(0)
        fault = _take(tokens, "name")
        _take(tokens, ")")
    elif tokens[0].kind != "operator":
        raise _expected(tokens[0], f"(fault) or {_NAMES['operator']}")
    sign = _take(tokens, "operator").text
    number = _number(tokens.pop(0))
    _take(tokens, "end")
    return Comparison(
        quantity=quantity.text,
        fault=None if fault is None else fault.text,
        sign=_SAME.get(sign, sign),
        number=number,
        places=(quantity.at, quantity.at if fault is None else fault.at),
    )


def wrong(at: int, what: str) -> ConfigurationError:
    """An error at a character."""
    return ConfigurationError([f"at character {at}: {what}"])


def _tokens(text: str) -> list[Token]:
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            break
        kind, part = match.lastgroup, match[match.lastgroup]
        at = match.start(kind) + 1
        found.append(Token(part if kind == "bracket" else kind, part, at))
        place = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def _take(tokens: list[Token], kind: str) -> Token:
    if tokens[0].kind != kind:
        raise _expected(tokens[0], _NAMES[kind])
    return tokens[0] if kind == "end" else tokens.pop(0)


def _expected(token: Token, what: str) -> ConfigurationError:
    found = "the end" if token.kind == "end" else token.text
    return wrong(token.at, f"expected {what}, found {found}")


def _number(token: Token) -> float:
    levels = [str(level) for level in LEVELS]
    if token.kind == "name" and token.text in levels:
        return float(levels.index(token.text))
    if token.kind != "number":
        raise _expected(token, f"a number or one of {', '.join(levels)}")
    value = float(token.text)
    if value > MAX_NUMBER:
        raise wrong(token.at, f"a number must be ≤ {MAX_NUMBER:g}, got {token.text[:20]}")
    return value
