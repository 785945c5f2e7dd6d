"""Distances on the globe."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6_371.0


def distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Great-circle distance by the haversine formula; degrees north and east in."""
    if latitude == latitude2 and longitude == longitude2:
        return 0.0
    north = sin(radians(latitude2 - latitude) / 2)
    east = sin(radians(longitude2 - longitude) / 2)
    across = cos(radians(latitude)) * cos(radians(latitude2)) * east * east
    return 2 * EARTH_KM * asin(min(1.0, sqrt(north * north + across)))
