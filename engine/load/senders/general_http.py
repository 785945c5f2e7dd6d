"""The general path: https, proxies and whatever else aiohttp can do, over a fixed pool of lanes.

Each lane is one task with one connection, so however fast arrivals come due there is never a task
a request. It reports as the hot path does: same deadlines, same classes, same reconnecting. What
it cannot do is listen on after a deadline has passed: then its connection is closed, so an answer
that comes after all is not compared with the one its retry got.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from engine.load.arrival import Arrival
from engine.load.senders.contract import Receiver, SenderSettings
from engine.load.senders.endpoint import Secrets, basic_auth, endpoint, without_credentials
from engine.load.senders.keeper import PROBES, PROBES_OF_USERS, Keeper
from engine.load.senders.lane import Lane, Way
from engine.model.errors import TargetError

SCHEMES = frozenset({"http", "https"})


class GeneralHttpSender:
    """A pool of lanes to one target."""

    def __init__(self, settings: SenderSettings, receiver: Receiver) -> None:
        self._target = endpoint(settings.url, settings.headers, SCHEMES)
        self._head = self._target.head()
        self._settings = settings
        proxy, to_proxy = _proxy(settings.proxy)
        self._secrets = Secrets({**self._target.headers, **to_proxy})
        secure = self._target.url.startswith("https")
        options: dict[str, Any] = {"proxy": proxy} if proxy else {}
        if secure:
            options |= {"ssl": _trust(settings.ca_file), "proxy_headers": to_proxy}
        self._way = Way(
            url=URL(self._target.url, encoded=True),
            headers={**self._target.headers, **({} if secure else to_proxy)},
            options=options,
            connect_timeout_seconds=settings.connect_timeout_seconds,
            request_timeout_seconds=settings.request_timeout_seconds,
        )
        self.by_user = settings.users > 0
        self.receiver = receiver
        self.free: dict[int, Lane] = {}
        self._lanes: dict[int, Lane] = {}
        self._open: set[Lane] = set()
        probes = PROBES_OF_USERS if self.by_user else PROBES
        self._keeper = Keeper(settings.pool, self._connect, self._failed, probes)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def open(self) -> None:
        """Open the connections ahead of time.

        Raises:
            TargetError: not one could be made within the connect timeout.
        """
        if not await self._keeper.first_round():
            raise TargetError(self._unreachable())

    def prepare(self, body: bytes) -> bytes:
        """A request as it is shown; only what follows its head is sent as it is here."""
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)

    def send(self, arrival: Arrival) -> None:
        """Write the request of an arrival, over any free lane, or its user's own."""
        lane = self.free.pop(arrival.user) if self.by_user else self.free.popitem()[1]
        lane.send(arrival)

    def sweep(self, now_ns: int) -> None:
        """Reconnect; deadlines are aiohttp's."""
        for lane in [lane for lane in self.free.values() if not lane.in_step]:
            lane.hang_up()
        self._keeper.refill(now_ns)

    def hide(self, data: bytes) -> bytes:
        """A request or an answer as it may be shown: without the values of secret headers."""
        return self._secrets.hide(data)

    def close(self) -> None:
        """Close every connection at once and tell nobody."""
        self._keeper.close()
        self.free.clear()
        for lane in self._lanes.values():
            lane.close()

    def opened(self, lane: Lane) -> None:
        """Called by a lane: it can take its first request."""
        self._open.add(lane)
        self._keeper.opened(lane.place)
        self.free_again(lane)

    def free_again(self, lane: Lane) -> None:
        """Called by a lane: it can take the next request."""
        if self._keeper.closed:
            return
        if lane.answers == 1:
            self._keeper.proved()
        self.free[lane.place] = lane
        self.receiver.freed(lane.place)

    def lost(self, lane: Lane) -> None:
        """Called by a lane: its connection is closed."""
        if lane in self._open:
            self._open.discard(lane)
            self.free.pop(lane.place, None)
            if lane.answers > 0:
                self._keeper.proved()
            self._keeper.lost(lane.place, proved=lane.answers > 0)

    async def _connect(self, place: int) -> None:
        lane = self._lanes.get(place)
        if lane is None:
            lane = self._lanes[place] = Lane(self, place, self._way)
        await lane.connect()

    def _failed(self, place: int, began_ns: int) -> None:
        if not self._open:
            self.receiver.connect_failed(began_ns, None)
        elif self.by_user:
            self.receiver.connect_failed(began_ns, place)

    def _unreachable(self) -> str:
        error, url = self._keeper.last_error, self._target.url
        via = without_credentials(self._settings.proxy)
        via = f" through the proxy {via}" if via else ""
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return (
                f"{url} shows a certificate that is not trusted{via}: {error.certificate_error}; "
                "if an authority of your own signed it, name its PEM file as ca_file"
            )
        reason = str(error) or "no answer within the connect timeout"
        what = "check the proxy and the target" if via else "start the target"
        return f"cannot connect to {url}{via}: {reason}; {what}, or name one that runs"


def create(settings: SenderSettings, receiver: Receiver) -> GeneralHttpSender:
    """The sender `engine.load.senders.general_http:create`.

    Raises:
        TargetError: the address, the proxy, a header or the file of certificates cannot be used.
    """
    return GeneralHttpSender(settings, receiver)


def _proxy(url: str) -> tuple[URL | None, dict[str, str]]:
    """The proxy's address without credentials, and the header that carries them."""
    if not url:
        return None, {}
    address = endpoint(url, {}, frozenset({"http"}), "proxy")
    return (
        URL(f"http://{address.headers['Host']}"),
        basic_auth(urlsplit(url), "Proxy-Authorization"),
    )


def _trust(ca_file: str) -> ssl.SSLContext:
    """Trust the authorities of this file alone, or those of the system."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:  # ssl.SSLError is one
        msg = f"ca_file must be a PEM file of certificates, got {ca_file!r}: {error}"
        raise TargetError(msg) from error
