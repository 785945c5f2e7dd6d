"""Admission: what is let in, and what is said of what is not."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import msgspec
import pytest

from engine.model.decision import Transaction
from engine.model.errors import ConfigurationError
from engine.platform.admission import MIN_AMOUNT, Admission, Admitted, Incoming, Refusal, route_of
from engine.platform.currencies import load_rates
from engine.platform.wire import Facts

RATES = {"EUR": 2.0, "USD": 1.0}
VALID = {
    "id": "a-000000000001",
    "user_id": "u1",
    "amount": 10,
    "currency": "EUR",
    "merchant": "m",
    "category": "c",
    "timestamp": "2026-01-05T08:00:00.5Z",
}


def admit(**changes: object) -> Admitted | Refusal:
    return Admission(RATES).admit(json.dumps(VALID | changes).encode())


def facts_of(admitted: Admitted | Refusal) -> Facts:
    assert isinstance(admitted, Admitted)
    return msgspec.msgpack.decode(admitted.facts, type=Facts)


def test_the_checked_shape_has_the_fields_of_the_declared_one():
    assert Incoming.__struct_fields__ == Transaction.__struct_fields__


def test_amounts_are_compared_in_usd_and_kept_in_their_currency():
    admitted = admit()
    assert isinstance(admitted, Admitted)
    assert (admitted.amount, admitted.currency) == (10, "EUR")
    assert facts_of(admitted).amount_usd == 20.0


def test_event_time_is_utc_unless_it_says_otherwise():
    assert facts_of(admit(timestamp="2026-01-05T08:00:00")).event_seconds == 1767600000.0
    assert facts_of(admit(timestamp="2026-01-05T09:00:00+01:00")).event_seconds == 1767600000.0


def test_a_transaction_without_the_optional_fields_is_admitted():
    facts = facts_of(admit())
    assert (facts.located, facts.device, facts.ip_address) == (False, "", "")


@pytest.mark.parametrize("field", sorted(VALID))
def test_every_required_field_is_named_when_missing(field: str):
    body = json.dumps({key: value for key, value in VALID.items() if key != field}).encode()
    refusal = Admission(RATES).admit(body)
    assert refusal == Refusal(field, None, "required, but missing")


def test_a_refusal_repeats_the_value_that_was_sent():
    refusal = admit(amount=-3)
    assert isinstance(refusal, Refusal)
    assert (refusal.field, refusal.value) == ("amount", -3)
    nested = admit(location={"country": "France", "latitude": 1, "longitude": 1})
    assert isinstance(nested, Refusal)
    assert (nested.field, nested.value) == ("location.country", "France")


@pytest.mark.parametrize("amount", [1e-323, 5e-324, 0.00009, 0, -1, 10_000_000.01])
def test_an_amount_out_of_bounds_is_refused_with_its_bound(amount: float):
    refusal = admit(amount=amount)
    assert isinstance(refusal, Refusal)
    assert (refusal.field, refusal.value) == ("amount", amount)
    assert refusal.message.endswith(("0.0001", "10000000.0"))


def test_the_smallest_amount_of_any_shipped_currency_has_a_logarithm():
    for currency in (rates := load_rates()):
        body = json.dumps(VALID | {"amount": MIN_AMOUNT, "currency": currency}).encode()
        assert math.log(facts_of(Admission(rates).admit(body)).amount_usd) < 0


@pytest.mark.parametrize("country", ["FR\n", "\nFR", "FRA", "fr", "F", ""])
def test_a_country_is_two_capital_letters_and_nothing_after_them(country: str):
    refusal = admit(location={"country": country, "latitude": 1, "longitude": 1})
    assert isinstance(refusal, Refusal)
    assert (refusal.field, refusal.value) == ("location.country", country)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"id":"\xff"}', b"{}"]
)
def test_no_body_is_let_in_or_raises_that_is_no_transaction(body: bytes):
    assert isinstance(Admission(RATES).admit(body), Refusal)


def test_the_route_of_a_customer_is_the_same_in_every_process():
    assert route_of("u000001") == 3703551009


def test_the_shipped_currencies_have_rates():
    rates = load_rates()
    assert rates["USD"] == 1.0
    assert all(re.fullmatch("[A-Z]{3}", code) for code in rates)


def test_a_broken_currency_table_says_which_rate(tmp_path: Path):
    table = tmp_path / "currencies.toml"
    table.write_text("[usd_per_unit]\nEUR = 0\n")
    with pytest.raises(ConfigurationError, match=r"usd_per_unit.EUR must be > 0, got 0"):
        load_rates(table)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_rates(tmp_path / "none.toml")
