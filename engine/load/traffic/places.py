"""Cities, and what a unit of each currency is worth, from the data files in presets/."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.load.traffic.draws import F64, I64, key, mixed, normal, unit
from engine.model.errors import ConfigurationError

PRESETS = Path(__file__).resolve().parents[3] / "presets"
POINTS = 64  # addresses a city
NEAR = 6
SPREAD_KM = 6.0
KM_PER_DEGREE = 111.2
EARTH_KM = 6371.0


@dataclass(frozen=True)
class Places:
    """Cities as columns, and the addresses customers and merchants stand at.

    `latitude` and `longitude` are of addresses: city × POINTS + point. `near` are each city's
    closest others. `currency_usd` is one unit of each currency in USD.
    """

    names: list[str]
    countries: list[str]
    currencies: list[str]
    weights: F64
    offsets: F64
    latitude: F64
    longitude: F64
    near: I64
    currency_codes: list[str]
    city_currency: I64
    currency_usd: F64


def _read(name: str) -> dict[str, Any]:
    path = PRESETS / name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"presets/{name}: cannot be read: {error}"]) from error


@cache
def usd_per_unit() -> dict[str, float]:
    """What one unit of each currency is worth in USD (assumed rates; see the file)."""
    return {
        str(code): float(rate) for code, rate in _read("currencies.toml")["usd_per_unit"].items()
    }


def distance_km(lat1: F64, lon1: F64, lat2: F64, lon2: F64) -> F64:
    """Great-circle distance in km between points in degrees (haversine formula)."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    value: F64 = 2 * EARTH_KM * np.arcsin(np.sqrt(half))
    return value


def _addresses(latitude: F64, longitude: F64) -> tuple[F64, F64]:
    """Addresses around the cities' centres, the same for every seed: cities do not move."""
    index = np.arange(len(latitude) * POINTS)
    draws = [unit(mixed(index, key("addresses", part))) for part in range(4)]
    city_latitude = np.repeat(latitude, POINTS)
    north = normal(draws[0], draws[1]) * SPREAD_KM / KM_PER_DEGREE
    east = normal(draws[2], draws[3]) * SPREAD_KM / KM_PER_DEGREE
    east /= np.cos(np.radians(city_latitude))
    return city_latitude + north, np.repeat(longitude, POINTS) + east


@cache
def places() -> Places:
    """The cities of presets/places.toml with the rates of presets/currencies.toml."""
    cities = _read("places.toml")["city"]
    rates = usd_per_unit()
    codes = list(rates)
    problems = [
        f"presets/places.toml: {city['name']}.currency must be in presets/currencies.toml, "
        f"got {city['currency']}"
        for city in cities
        if city["currency"] not in rates
    ]
    if problems:
        raise ConfigurationError(problems)
    latitude = np.array([float(city["latitude"]) for city in cities])
    longitude = np.array([float(city["longitude"]) for city in cities])
    far = distance_km(latitude[:, None], longitude[:, None], latitude[None], longitude[None])
    point_latitude, point_longitude = _addresses(latitude, longitude)
    currency = np.array([codes.index(city["currency"]) for city in cities])
    return Places(
        names=[city["name"] for city in cities],
        countries=[city["country"] for city in cities],
        currencies=[city["currency"] for city in cities],
        weights=np.array([float(city["weight"]) for city in cities]),
        offsets=np.array([float(city["utc_offset_hours"]) for city in cities]),
        latitude=point_latitude,
        longitude=point_longitude,
        near=np.argsort(far, axis=1)[:, 1 : NEAR + 1],
        currency_codes=codes,
        city_currency=currency,
        currency_usd=np.array([rates[code] for code in codes]),
    )
