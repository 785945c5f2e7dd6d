import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.comparison import problem, read
from engine.analysis.grammar import MAX_LENGTH, OPERATORS, is_comparison, parse
from engine.analysis.quantities import OF_FAULT, OF_RUN
from engine.model.errors import ConfigurationError

SPACES = st.text(" \t", max_size=2)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
NUMBERS = st.decimals(0, 10**9, places=2).map(lambda number: format(number, "f"))


@given(NAMES, st.none() | NAMES, st.sampled_from([*OPERATORS, "≤", "≥"]), NUMBERS, SPACES)
def test_whatever_is_written_by_the_rules_is_read_back_with_its_parts(name, fault, sign, number, s):
    of = "" if fault is None else f"{s}({s}{fault}{s})"
    found = parse(f"{s}{name}{of}{s}{sign}{s}{number}{s}")
    assert (found.quantity, found.fault, found.number) == (name, fault, float(number))
    assert found.sign == {"≤": "<=", "≥": ">="}.get(sign, sign)
    again = parse(found.text)
    assert (again.text, again.key) == (found.text, found.key)
    assert re.fullmatch(r"[a-z0-9_]+", found.key)


@given(st.text(max_size=MAX_LENGTH + 20))
def test_any_text_is_read_or_refused_with_a_place_within_or_just_behind_it(text):
    try:
        parse(text)
    except ConfigurationError as error:
        place = int(re.match(r"at character (\d+): ", error.problems[0])[1])
        assert 1 <= place <= len(text) + 1
    else:
        assert is_comparison(text)


@given(st.floats(0, 1e6), st.sampled_from(list(OPERATORS)))
def test_a_comparison_holds_as_its_sign_says(value, sign):
    bound = 1_000.0
    expected = {
        "<": value < bound,
        "<=": value <= bound,
        ">": value > bound,
        ">=": value >= bound,
        "==": value == bound,
        "!=": value != bound,
    }
    assert parse(f"x {sign} 1000").holds(value) is expected[sign]
    assert parse(f"x {sign} 1000").holds(bound) is (sign in {"<=", ">=", "=="})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lost ==", "at character 8: expected a number or one of none, moderate, severe, critical"),
        ("lost = 0", "at character 6: expected (fault) or one of <, <=, >, >=, ==, !=, found ="),
        ("lost == 0 0", "at character 11: expected nothing, found 0"),
        ("lost == -1", "at character 9: expected a number"),
        ("recovery_seconds(lambda_crash < 30", "at character 31: expected ), found <"),
        ("recovery_seconds() < 30", "at character 18: expected a name, found )"),
        ("(lost) == 0", "at character 1: expected a name, found ("),
        ("lost == 9999999999999999", "at character 9: a number must be ≤ 1e+12"),
        ("__import__('os') == 0", "at character 1: expected a name, found _"),
        ("p99_latency_ms < 10 and lost == 0", "at character 21: expected nothing, found and"),
        ("lst == 0", "at character 1: lst is not a known quantity; did you mean lost?"),
        (
            "recovery_seconds(lamda_crash) < 30",
            "at character 18: lamda_crash is not a known fault; did you mean lambda_crash?",
        ),
        ("recovery_seconds(x) < 3", "at character 18: x is not a known fault; known are lambda_"),
        ("offered_tps(lambda_crash) > 1", "at character 13: offered_tps is of the whole run"),
        ("x" * 121, "at character 121: a comparison has at most 120 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_and_what_is_known(text, message):
    assert problem(text).startswith(message)


@pytest.mark.parametrize("name", sorted({*OF_RUN, *OF_FAULT}))
def test_every_known_quantity_can_be_compared(name):
    assert read(f"{name} < 1").quantity == name
    if name in OF_FAULT:
        assert problem(f"{name}(cascading_failure) >= 0") is None


def test_a_level_of_degradation_is_a_number_by_name():
    assert parse("degradation_level <= moderate").number == 1
    assert parse("degradation_level < critical").text == "degradation_level < 3"
