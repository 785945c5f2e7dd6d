"""Admission: from the bytes of one transaction to its facts, or to what is wrong with it.

The rules are types and bounds of `Incoming`, so msgspec checks them while it decodes; only the
currency needs a look-up.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from engine.platform.wire import Facts

MIN_AMOUNT, MAX_AMOUNT = 0.0001, 10_000_000.0  # of any currency; its logarithm stays finite
_FIELD = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]+)`")

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Optional = Annotated[str, msgspec.Meta(max_length=64)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class IncomingLocation(msgspec.Struct, gc=False):
    """`location` with its bounds; degrees north and east."""

    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
    city: Optional = ""
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] = 0.0
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] = 0.0


class IncomingDevice(msgspec.Struct, gc=False):
    """`device_info` with its bounds."""

    device_id: Key
    kind: Optional = ""


class Incoming(msgspec.Struct, gc=False):
    """`engine.model.decision.Transaction` with the bounds a valid one keeps."""

    id: Key
    user_id: Key
    amount: Annotated[float, msgspec.Meta(ge=MIN_AMOUNT, le=MAX_AMOUNT)]
    currency: str
    merchant: Name
    category: Name
    timestamp: datetime
    location: IncomingLocation | None = None
    card_type: Optional | None = None
    device_info: IncomingDevice | None = None
    ip_address: Optional | None = None
    session_id: Optional | None = None


class Admitted(msgspec.Struct, gc=False):
    """A valid transaction, ready for routing and for the journal."""

    id: str
    user_id: str
    amount: float
    currency: str
    event_seconds: float
    route: int
    facts: bytes


class Refusal(msgspec.Struct):
    """What is wrong with a transaction; `value` as it was sent."""

    field: str
    value: object
    message: str


def route_of(user_id: str) -> int:
    """A stable hash of the customer: the same in every process and every run."""
    return zlib.crc32(user_id.encode())


class Admission:
    """Admits or refuses; pure but for the rates it was made with."""

    def __init__(self, rates: dict[str, float]) -> None:
        self._rates = rates
        self._decode = msgspec.json.Decoder(Incoming).decode
        self._encode = msgspec.msgpack.Encoder().encode

    def admit(self, body: bytes) -> Admitted | Refusal:
        """One transaction as JSON."""
        try:
            incoming = self._decode(body)
        except msgspec.ValidationError as error:
            return _refusal(body, str(error))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Refusal("body", None, f"not a JSON object: {error}")
        rate = self._rates.get(incoming.currency)
        if rate is None:
            return Refusal("currency", incoming.currency, "not a currency with a known rate")
        moment = incoming.timestamp
        if moment.tzinfo is None:  # event time is UTC unless it says otherwise
            moment = moment.replace(tzinfo=UTC)
        seconds = moment.timestamp()
        facts = self._encode(_facts(incoming, incoming.amount * rate, seconds))
        return Admitted(
            incoming.id,
            incoming.user_id,
            incoming.amount,
            incoming.currency,
            seconds,
            zlib.crc32(incoming.user_id.encode()),
            facts,
        )


def _facts(incoming: Incoming, amount_usd: float, seconds: float) -> Facts:
    place = incoming.location
    device = incoming.device_info
    return Facts(
        amount_usd,
        seconds,
        incoming.merchant,
        incoming.category,
        place is not None,
        "" if place is None else place.country,
        0.0 if place is None else place.latitude,
        0.0 if place is None else place.longitude,
        "" if device is None else device.device_id,
        incoming.card_type or "",
        incoming.currency,
        incoming.ip_address or "",
        incoming.session_id or "",
    )


def _refusal(body: bytes, problem: str) -> Refusal:
    missing = _MISSING.match(problem)
    where = _FIELD.search(problem)
    path = where["path"] if where else ""
    text = _FIELD.sub("", problem)
    if missing:
        path = f"{path}.{missing['name']}" if path else missing["name"]
        text = "required, but missing"
    return Refusal(path or "body", None if missing else _value_at(body, path), text)


def _value_at(body: bytes, path: str) -> object:
    """What the body holds there; a number too large for JSON decoders comes back as its text."""
    try:
        found = msgspec.json.decode(body)
        for key in path.split(".") if path else []:
            found = found[key]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return None
    if isinstance(found, str):
        return found[:128]
    return found if isinstance(found, int | float | bool) else None
