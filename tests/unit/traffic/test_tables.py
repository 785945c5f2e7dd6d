"""Draws, digits, event time and places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load.traffic import places as places_module
from engine.load.traffic.digits import amounts, decimal12, hexadecimal, iso_times
from engine.load.traffic.draws import exponential, key, keys, mixed, normal, uniform, uniforms
from engine.load.traffic.event_time import DAY_SECONDS, EPOCH, PER_DAY, WEEK_SECONDS, event_ms
from engine.load.traffic.places import POINTS, distance_km, places, usd_per_unit
from engine.model.errors import ConfigurationError

numbers = st.integers(0, 10**12 - 1)


@given(st.lists(numbers, min_size=1, max_size=20), st.integers(0, 2**32))
def test_a_draw_does_not_depend_on_its_neighbours(indices, seed):
    stream = key(seed, "any")
    together = uniform(np.array(indices), stream)
    alone = [float(uniform(np.array([index]), stream)[0]) for index in indices]
    assert together.tolist() == alone
    assert ((together >= 0) & (together < 1)).all()


def test_draws_of_streams_and_neighbours_are_uncorrelated_and_even():
    drawn = uniforms(np.arange(50_000), keys(1, "test", names=("a", "b")))
    assert abs(np.corrcoef(drawn)[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn[0][:-1], drawn[0][1:])[0, 1]) < 0.02
    counts = np.histogram(drawn[0], bins=20, range=(0, 1))[0]
    assert counts.min() > 2_300
    assert counts.max() < 2_700


def test_splitmix64_gives_its_published_numbers():
    # the reference generator's first two outputs for the seed 1234567: state is seed + i·golden
    outputs = mixed(np.array([1, 2]), np.uint64(1234567)).tolist()
    assert outputs == [6457827717110365317, 3203168211198807973]


def test_normal_and_exponential_numbers_have_their_moments():
    first, second = uniforms(np.arange(100_000), keys(2, "test", names=("a", "b")))
    assert np.mean(normal(first, second)) == pytest.approx(0, abs=0.02)
    assert np.std(normal(first, second)) == pytest.approx(1, abs=0.02)
    assert np.mean(exponential(first, 3.0)) == pytest.approx(3, abs=0.05)


@given(st.lists(numbers, max_size=30))
def test_twelve_digits_are_those_of_python(values):
    assert decimal12(np.array(values, dtype=np.int64)) == [b"%012d" % value for value in values]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30))
def test_hexadecimal_digits_are_those_of_python(values):
    column = np.array(values, dtype=np.uint64)
    assert hexadecimal(column, column) == [b"%016x%016x" % (value, value) for value in values]


@given(st.lists(st.integers(1, 1_500_000_000), max_size=30))
def test_amounts_are_written_to_the_cent(cents):
    before, after = amounts(np.array(cents) / 100)
    written = [whole + part for whole, part in zip(before, after, strict=True)]
    assert written == [b"%d.%02d" % divmod(value, 100) for value in cents]


@given(st.lists(st.integers(0, 10**12), max_size=30))
def test_times_are_iso_8601_in_utc(values):
    texts = iso_times(np.array(values, dtype=np.int64), {})
    for text, value in zip(texts, values, strict=True):
        assert datetime.fromisoformat(text.decode()) == EPOCH + timedelta(milliseconds=value)


@given(first=st.integers(0, 2 * 10**9), jitter=st.floats(0, 1, exclude_max=True))
def test_event_time_never_runs_backwards(first, jitter):
    numbers = first + np.arange(50)
    times = event_ms(numbers, np.linspace(jitter, 0, 50))
    assert (np.diff(times) >= 0).all()
    assert times[0] >= 0


def test_a_day_of_events_is_ten_thousand_transactions_with_quiet_nights():
    week = event_ms(np.arange(7 * PER_DAY), np.full(7 * PER_DAY, 0.5)) / 1000
    assert week[-1] - week[0] == pytest.approx(WEEK_SECONDS, rel=1e-3)
    hours = np.histogram(week % DAY_SECONDS // 3600, bins=24, range=(0, 24))[0]
    assert hours[17] > 3 * hours[2]
    assert datetime(2026, 1, 5, tzinfo=UTC) == EPOCH


def test_ten_years_of_events_still_have_their_rhythm():
    late = event_ms(np.array([36_500_000]), np.array([0.0]))[0] / 1000
    assert late == pytest.approx(3650 * DAY_SECONDS, rel=0.01)


def test_cities_lie_where_they_lie():
    # great-circle distances between city centres, km
    known = {("Paris", "London"): 344, ("New York", "Los Angeles"): 3_936}
    known |= {("Sydney", "Melbourne"): 713, ("Tokyo", "Sao Paulo"): 18_540}
    where = places()
    centre = {
        name: [float(np.mean(axis[row * POINTS : (row + 1) * POINTS])) for axis in where_axes]
        for where_axes in [(where.latitude, where.longitude)]
        for row, name in enumerate(where.names)
    }
    for (one, other), expected in known.items():
        points = [np.array([value]) for value in (*centre[one], *centre[other])]
        assert distance_km(*points)[0] == pytest.approx(expected, abs=12)


def test_every_address_is_on_the_globe_and_in_its_city():
    where = places()
    assert np.abs(where.latitude).max() < 85
    assert np.abs(where.longitude).max() < 180
    cities = where.latitude.reshape(-1, POINTS), where.longitude.reshape(-1, POINTS)
    middle = [axis.mean(axis=1, keepdims=True) for axis in cities]
    assert distance_km(*middle, *cities).max() < 40


def test_every_citys_currency_has_a_rate():
    assert set(places().currencies) <= set(usd_per_unit())
    assert usd_per_unit()["USD"] == 1.0
    assert all(rate > 0 for rate in usd_per_unit().values())


def test_a_city_with_an_unknown_currency_is_named(tmp_path, monkeypatch):
    (tmp_path / "currencies.toml").write_text("[usd_per_unit]\nUSD = 1.0\n")
    (tmp_path / "places.toml").write_text('city = [{ name = "Nowhere", currency = "ZZZ" }]\n')
    monkeypatch.setattr(places_module, "PRESETS", tmp_path)
    usd_per_unit.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match=r"places.toml: Nowhere.currency .* got ZZZ"):
            places.__wrapped__()
    finally:
        usd_per_unit.cache_clear()


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(places_module, "PRESETS", tmp_path)
    with pytest.raises(ConfigurationError, match=r"presets/currencies.toml: cannot be read"):
        usd_per_unit.__wrapped__()
