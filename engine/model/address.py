"""Endpoints on this machine: the only ones that are sent to without being declared."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
DEFAULT_PATH = "/v1/transactions"


def loopback_problem(url: str) -> str | None:
    """Why this is no http or https endpoint on this machine; None if it is one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in DEFAULT_PORTS:
        return "it does not begin with http:// or https://"
    if parts.username is not None or parts.query or parts.fragment:
        return "no user, query or fragment may stand in it"
    if port == 0:
        return "the port must be from 1 to 65535"
    if not _is_loopback(parts.hostname or ""):
        return f"{parts.hostname or 'no host'} is not a loopback address"
    return None


def endpoint(url: str) -> str:
    """The URL in full, with port and path; of a URL without `loopback_problem`."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    path = parts.path if parts.path not in {"", "/"} else DEFAULT_PATH
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}{path}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
