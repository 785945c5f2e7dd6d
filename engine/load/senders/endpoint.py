"""Where requests go and what their heads say: an address and headers, checked once.

Credentials never show: those of the address become a header, and whatever is shown to people or
put in a message comes through `Endpoint.url` and `Secrets.hide`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from engine.model.errors import TargetError

DEFAULT_PATH = "/v1/transactions"
HIDDEN = b"(hidden)"
SHORTEST_SECRET = 4

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_OURS = frozenset({"connection", "content-length", "expect", "transfer-encoding", "upgrade"})
_OPEN = frozenset({"accept", "accept-language", "content-type", "host", "user-agent"})


@dataclass(frozen=True)
class Endpoint:
    """One address, without credentials, and the headers that go with every request to it."""

    url: str
    host: str
    port: int
    path: str
    headers: Mapping[str, str]

    def head(self) -> bytes:
        """A request's head up to the value of its Content-Length."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"POST {self.path} HTTP/1.1\r\n{fields}Content-Length: ".encode("latin-1")


def endpoint(
    url: str, headers: Mapping[str, str], schemes: frozenset[str], what: str = "target"
) -> Endpoint:
    """Check an address and headers.

    Raises:
        TargetError: the address is not of these schemes, or a header cannot be sent.
    """
    address = _address(url, schemes, what)
    path = address.path if address.path not in {"", "/"} else DEFAULT_PATH
    path += f"?{address.query}" if address.query else ""
    authority = address.netloc.rpartition("@")[2]
    fields = {
        "Host": authority,
        "Content-Type": "application/json",
        "Accept": "application/json",
        **basic_auth(address, "Authorization"),
    }
    for name, value in headers.items():
        _check(name, value)
        fields = {n: v for n, v in fields.items() if n.lower() != name.lower()} | {name: value}
    return Endpoint(
        url=f"{address.scheme}://{authority}{path}",
        host=str(address.hostname),
        port=address.port or (443 if address.scheme == "https" else 80),
        path=path,
        headers=fields,
    )


def basic_auth(address: SplitResult, header: str) -> dict[str, str]:
    """The header that carries the credentials of an address, if it has any."""
    if address.username is None:
        return {}
    pair = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return {header: "Basic " + base64.b64encode(pair.encode()).decode()}


class Secrets:
    """Header values that nobody may see: all but those of a few names that carry none."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        values = [v.strip() for name, v in headers.items() if name.lower() not in _OPEN]
        parts = {part for value in values for part in (value, value.split(" ")[-1])}
        known = [part.encode("latin-1") for part in parts if len(part) >= SHORTEST_SECRET]
        self._known = sorted(known, key=len, reverse=True)

    def hide(self, data: bytes) -> bytes:
        """These bytes with every such value replaced."""
        for secret in self._known:
            data = data.replace(secret, HIDDEN)
        return data


def without_credentials(url: str) -> str:
    """An address as it may be shown."""
    return re.sub(r"//[^/?#]*@", "//", url)


def _address(url: str, schemes: frozenset[str], what: str) -> SplitResult:
    try:
        address = urlsplit(url)
        usable = address.scheme in schemes and address.hostname and (address.port or 80) > 0
    except ValueError:
        address, usable = urlsplit(""), False
    if not usable or not url.isascii() or any(c.isspace() for c in url):
        path = DEFAULT_PATH if what == "target" else ""
        kinds = " or ".join(sorted(f"{scheme}://127.0.0.1:8080{path}" for scheme in schemes))
        msg = f"{what} must be an address like {kinds}, got {without_credentials(url)!r}"
        raise TargetError(msg)
    return address


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        msg = f"header {name!r} cannot be sent: names are tokens, values one line of Latin-1"
        raise TargetError(msg)
    if name.lower() in _OURS:
        msg = f"header {name!r} cannot be set: the sender decides how a request is framed"
        raise TargetError(msg)
