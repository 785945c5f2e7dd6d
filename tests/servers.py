"""Small real HTTP servers for tests, in the platform's request and response shapes.

A server runs on an ephemeral port of 127.0.0.1, in a thread of the test's process or (``python -m
tests.servers``) in one of its own, and does with each request what its script says.
"""

import asyncio
import contextlib
import json
import sys
import threading
import time

import uvloop


def decision(transaction_id, decision="APPROVE", **fields):
    """A valid answer body."""
    answer = {
        "transaction_id": transaction_id,
        "decision": decision,
        "confidence_score": 0.9,
        "risk_score": 0.1,
        "risk_level": "LOW",
        "reasons": ["nothing unusual"],
        "agents": {"RiskAssessor": {"score": 0.1, "latency_ms": 0.2}},
        "processing_time_ms": 0.3,
    }
    return json.dumps(answer | fields).encode()


def http(status, body=b"", **headers):
    """A whole answer; header names with underscores for hyphens."""
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Request:
    """One request, and the means to do anything with its connection."""

    def __init__(self, connection, body, head=b""):
        self.connection = connection
        self.body, self.head = body, head
        self.id = json.loads(body).get("id", "") if body.startswith(b"{") else ""

    def write(self, data):
        if not (self.connection.transport.is_closing() or self.connection.ended):
            self.connection.transport.write(data)

    def close(self):
        self.connection.transport.close()

    def abort(self):
        self.connection.transport.abort()

    def half_close(self):
        self.connection.ended = True
        self.connection.transport.write_eof()

    def later(self, seconds, do, *args):
        self.connection.server.loop.call_later(seconds, do, *args)


class Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server = server
        self.pending = b""
        self.ended = False

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections.add(self)
        self.server.opened += 1
        if self.server.greeting is not None:
            self.server.greeting(self)

    def connection_lost(self, exc):
        self.server.connections.discard(self)

    def data_received(self, data):
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end]
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if len(self.pending) < end + 4 + length:
                return
            body = self.pending[end + 4 : end + 4 + length]
            self.pending = self.pending[end + 4 + length :]
            self.server.took(Request(self, body, head))


def approve(request):
    """The script of a healthy platform."""
    if request.id:
        request.write(http(200, decision(request.id)))
    else:
        request.write(http(400, b'{"error":"invalid"}'))


class Server:
    """A scripted target; `script` may be replaced while it runs.

    Attributes:
        url: Where it listens.
        arrivals: (monotonic seconds, transaction id) of every request.
        opened: Connections it ever accepted.
        ssl: The context of a server that speaks TLS.
    """

    def __init__(self, script=approve, greeting=None, backlog=4096, ssl=None):
        self.script, self.greeting = script, greeting
        self.arrivals, self.connections, self.opened = [], set(), 0
        self.stalled_until = 0.0
        self._backlog, self._ssl = backlog, ssl

    def __enter__(self):
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(30)
        return self

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        """Close the port and every connection."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(30)

    def stall(self, seconds):
        """Answer nothing for a while, then everything that came."""
        self.stalled_until = time.monotonic() + seconds

    def took(self, request):
        self.arrivals.append((time.monotonic(), request.id))
        wait = self.stalled_until - time.monotonic()
        if wait > 0:
            request.later(wait, self.script, request)
        else:
            self.script(request)

    @property
    def url(self):
        return f"http{'s' if self._ssl else ''}://127.0.0.1:{self.port}/v1/transactions"

    def _run(self, started):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve(started))

    async def _serve(self, started):
        self.loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        listener = await self.loop.create_server(
            lambda: Connection(self), "127.0.0.1", 0, backlog=self._backlog, ssl=self._ssl
        )
        self.port = listener.sockets[0].getsockname()[1]
        started.set()
        await self._stopping.wait()
        listener.close()
        await asyncio.sleep(0.01)  # who was accepted before is connected by now
        while self.connections:
            for connection in list(self.connections):
                connection.transport.abort()
            await asyncio.sleep(0.005)


@contextlib.contextmanager
def unused_port():
    """A port of 127.0.0.1 that refuses connections while the context lasts."""
    import socket

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


class SwiftConnection(asyncio.Protocol):
    """Approves every request that arrives whole, at a tenth of the cost of a scripted answer."""

    HEAD = http(200, decision("X" * 21)).partition(b"X" * 21)

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        at = data.find(b'"id":"') + 6
        before, _, after = self.HEAD
        self.transport.write(before + data[at : at + 21] + after)


async def serve_swiftly():
    listener = await asyncio.get_running_loop().create_server(
        SwiftConnection, "127.0.0.1", 0, backlog=4096
    )
    print(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":  # ids must be 21 characters long: a prefix of 9 and the number
    uvloop.run(serve_swiftly())
