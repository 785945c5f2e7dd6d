"""Distances on the globe."""

from __future__ import annotations

from math import asin, cos, pi, sin, sqrt

EARTH_KM = 6_371.0
_RADIAN = pi / 180.0
_HALF = _RADIAN / 2.0


def distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Great-circle distance by the haversine formula; degrees north and east in."""
    if latitude == latitude2 and longitude == longitude2:
        return 0.0
    north = sin((latitude2 - latitude) * _HALF)
    east = sin((longitude2 - longitude) * _HALF)
    across = cos(latitude * _RADIAN) * cos(latitude2 * _RADIAN) * east * east
    return 2 * EARTH_KM * asin(min(1.0, sqrt(north * north + across)))
