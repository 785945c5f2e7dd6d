"""One connection of the general path and the task that uses it, over aiohttp.

aiohttp makes connections when a request needs one. A lane has its connection made ahead of time
instead: a client middleware gets the request that names the target, asks the lane's own connector
(which holds one connection) for a connection, gives it back to be kept, and sends nothing. So a
lane knows whether it is connected, a request finds its connection open, and a target that cannot
be reached costs no request. Should the target hang up in the instant between, aiohttp connects
within the request, whose deadline covers that too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
from aiohttp.http_exceptions import ContentLengthError, TransferEncodingError
from yarl import URL

from engine.load.arrival import Arrival
from engine.load.outcome import Outcome
from engine.load.senders.answer_head import END_OF_HEAD, retry_after_seconds
from engine.load.senders.answer_parser import LARGEST_BODY, LARGEST_HEAD, RAW_KEPT
from engine.load.senders.contract import Receiver

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

NO_DEADLINE = aiohttp.ClientTimeout(total=None)


@dataclass(frozen=True, slots=True)
class Way:
    """How every lane of a sender reaches the target; times in seconds."""

    url: URL
    headers: Mapping[str, str]
    options: Mapping[str, Any]
    connect_timeout_seconds: float
    request_timeout_seconds: float


class Owner(Protocol):
    """The pool a lane belongs to."""

    receiver: Receiver

    def opened(self, lane: Lane) -> None:
        """It can take its first request."""

    def free_again(self, lane: Lane) -> None:
        """It can take the next request."""

    def lost(self, lane: Lane) -> None:
        """Its connection is closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; `raw` is its beginning, written out again."""

    status: int
    body: bytes
    retry_after: float | None
    raw: bytes


class _ConnectedError(Exception):
    """The connection is made, and nothing is to be sent."""


class Lane:
    """One place of the pool."""

    def __init__(self, owner: Owner, place: int, way: Way) -> None:
        self._owner, self._way = owner, way
        self.place = place
        self.answers = 0
        self.busy = False
        self._protocol: ResponseHandler | None = None
        self._transport: asyncio.Transport | None = None
        self._connector = aiohttp.TCPConnector(
            limit=1, keepalive_timeout=None, resolver=aiohttp.ThreadedResolver()
        )
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            skip_auto_headers=("Accept-Encoding", "User-Agent"),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_line_size=LARGEST_HEAD,
            max_field_size=LARGEST_HEAD,
            timeout=aiohttp.ClientTimeout(
                total=way.request_timeout_seconds, ceil_threshold=float("inf")
            ),
        )
        self._asked: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def connect(self) -> None:
        """Make its connection; raises OSError if that cannot be done in time."""
        try:
            async with asyncio.timeout(self._way.connect_timeout_seconds):
                await self._post(b"", timeout=NO_DEADLINE, middlewares=(self._only_connect,))
        except _ConnectedError:
            self._owner.opened(self)
        except aiohttp.ClientError as error:
            if isinstance(error, OSError):
                raise
            raise ConnectionError(str(error) or type(error).__name__) from error

    def send(self, arrival: Arrival) -> None:
        """Have the request of an arrival written; the lane must be free."""
        self.busy = True
        arrival.written_ns = time.monotonic_ns()
        self._asked.set_result(arrival)

    @property
    def in_step(self) -> bool:
        """Whether it is connected, nothing waits to be written, and nothing came unasked."""
        protocol, transport = self._protocol, self._transport
        if protocol is None or transport is None or protocol.should_close:
            return False
        return protocol.is_connected() and not transport.get_write_buffer_size()

    def hang_up(self) -> None:
        """Close the connection at once; the owner will hear of it.

        aiohttp would wait until all is written, which may be for ever.
        """
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close at once and for good, and tell nobody."""
        self.hang_up()
        self._task.cancel()

    async def _only_connect(
        self, request: aiohttp.ClientRequest, _handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        connection = await self._connector.connect(request, [], NO_DEADLINE)
        protocol = self._protocol = connection.protocol
        self._transport = connection.transport
        self.answers = 0
        connection.release()
        if protocol is not None and (closed := protocol.closed) is not None:
            closed.add_done_callback(lambda done: self._closed(done, protocol))
        raise _ConnectedError

    def _closed(self, done: asyncio.Future[None], protocol: ResponseHandler) -> None:
        """Told by the connection that it ended; a request under way finds out for itself."""
        if not done.cancelled():
            done.exception()
        if not self.busy and protocol is self._protocol:
            self._owner.lost(self)

    async def _work(self) -> None:
        try:
            while True:
                arrival = await self._asked
                self._asked = asyncio.get_running_loop().create_future()
                await self._carry(arrival)
        finally:
            self._session.detach()
            await self._connector.close(abort_ssl=True)

    async def _carry(self, arrival: Arrival) -> None:
        """One attempt, from the request to its outcome, and the lane free or lost."""
        if not self.in_step:
            self.hang_up()
        arrival.written_ns = time.monotonic_ns()
        outcome, answer = await self._exchange(arrival.request.partition(END_OF_HEAD)[2])
        receiver = self._owner.receiver
        if answer is None:
            receiver.broke(arrival, outcome)
        else:
            self.answers += 1
            if not receiver.answered(
                arrival, answer.status, answer.body, answer.retry_after, answer.raw
            ):
                self.hang_up()
        self.busy = False
        if self.in_step:
            self._owner.free_again(self)
        else:
            self.hang_up()
            self._owner.lost(self)

    async def _exchange(self, body: bytes) -> tuple[Outcome, Answer | None]:
        try:
            async with self._post(body) as response:
                content = await _content(response)
                if content is None:
                    response.close()
                    return Outcome.PROTOCOL, None
                return Outcome.OK, _answer(response, content)
        except Exception as error:  # noqa: BLE001 - whatever a target does to the library is data
            return outcome_of(error), None

    def _post(self, body: bytes, **more: Any) -> Any:
        """A request; its headers are not the session's, for a proxy is shown those too."""
        way = self._way
        return self._session.post(
            way.url, data=body, headers=way.headers, allow_redirects=False, **way.options, **more
        )


def outcome_of(error: Exception) -> Outcome:
    """The class of an attempt that ended with this instead of an answer."""
    match error:
        case aiohttp.ConnectionTimeoutError() | aiohttp.ClientConnectorError():
            return Outcome.CONNECT
        case aiohttp.ClientHttpProxyError():
            return Outcome.CONNECT
        case TimeoutError():
            return Outcome.TIMEOUT
        case aiohttp.ClientPayloadError():
            cut_short = isinstance(error.__cause__, ContentLengthError | TransferEncodingError)
            return Outcome.RESET if cut_short else Outcome.PROTOCOL
        case aiohttp.ClientConnectionError() | OSError():
            return Outcome.RESET
        case _:
            return Outcome.PROTOCOL


async def _content(response: aiohttp.ClientResponse) -> bytes | None:
    """All of the body; None if it is larger than any answer of a platform."""
    parts, size = [], 0
    while part := await response.content.readany():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            return None
    return b"".join(parts)


def _answer(response: aiohttp.ClientResponse, body: bytes) -> Answer:
    version = response.version or aiohttp.HttpVersion11
    line = f"HTTP/{version.major}.{version.minor} {response.status} {response.reason or ''}"
    fields = b"".join(b"\r\n%b: %b" % field for field in response.raw_headers)
    raw = line.encode("utf-8", "replace") + fields + END_OF_HEAD + body[:RAW_KEPT]
    asked = response.headers.get("Retry-After")
    after = None if asked is None else retry_after_seconds(asked.encode("utf-8", "surrogateescape"))
    return Answer(response.status, body, after, raw[:RAW_KEPT])
