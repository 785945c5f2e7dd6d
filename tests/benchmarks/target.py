"""The fast target of the benchmarks: a process of its own that notes when each request arrives.

`python -m tests.benchmarks.target` listens on an ephemeral port of 127.0.0.1, prints it, and obeys
one word a line on stdin, each with one line of answer: `freeze SECONDS` (the whole process stands
still, as in a garbage collection; answers when it began and ended), `clear` (forget what arrived),
`first` (the instant of the first arrival since, 0 for none), `save PATH` (write what arrived as
int64). It ends with its stdin.

An arrival is the instant (`time.monotonic_ns()`) at which the server's loop reads the first byte of
a request; it is the same line of code for every client. Each request is approved in the platform's
shape, with the id it carries, so that a client that validates finds what it looks for.
"""

import asyncio
import sys
import time
from array import array

import uvloop

from tests.servers import decision, http

ID_LENGTH = 21  # a run's prefix of 9 and the number in 12 digits
MOST_ARRIVALS = 12_000_000
END_OF_HEAD = b"\r\n\r\n"
KEPT = {"Connection": "keep-alive"}  # ab, which speaks HTTP/1.0, waits for this line

BEFORE, _, AFTER = http(200, decision("X" * ID_LENGTH), **KEPT).partition(b"X" * ID_LENGTH)
REFUSED = http(400, b'{"error":"invalid"}', **KEPT)


class Arrivals:
    """When each request arrived, in ns; the memory is there before the first one."""

    def __init__(self, size=MOST_ARRIVALS):
        self.instants = array("q", bytes(8 * size))
        self.count = 0

    def save(self, path):
        with open(path, "wb") as file:  # noqa: PTH123 - an array writes to a real file only
            self.instants[: self.count].tofile(file)


class Connection(asyncio.Protocol):
    """Approves each request; a body that comes apart from its head is waited for."""

    def __init__(self, arrivals):
        self.arrivals, self.pending = arrivals, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data, now=time.monotonic_ns):
        if self.pending:
            data = self.pending + data
            self.pending = b""
        else:
            arrivals = self.arrivals
            arrivals.instants[arrivals.count] = now()
            arrivals.count += 1
        if data.endswith(b"}"):  # the head and the whole of a JSON object
            at = data.find(b'"id":"') + 6
            self.transport.write(BEFORE + data[at : at + ID_LENGTH] + AFTER)
        elif _whole(data):
            self.transport.write(REFUSED)
        else:
            self.pending = data


def _whole(data):
    """Whether head and body are here, whatever the body is."""
    head, end, body = data.partition(END_OF_HEAD)
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(end) and len(body) >= int(length or 0)


def obey(arrivals, command, argument):
    """Carry out one command; return what to answer."""
    if command == "freeze":
        began = time.monotonic_ns()
        time.sleep(float(argument))  # that the loop stands still is the point
        return began, time.monotonic_ns()
    if command == "save":
        arrivals.save(argument)
    first = arrivals.instants[0] if arrivals.count else 0
    if command == "clear":
        arrivals.count = 0
    return (first,)


async def serve():
    loop = asyncio.get_running_loop()
    arrivals = Arrivals()
    listener = await loop.create_server(lambda: Connection(arrivals), "127.0.0.1", 0, backlog=4096)
    _say(listener.sockets[0].getsockname()[1])
    while line := await asyncio.to_thread(sys.stdin.readline):
        command, _, argument = line.strip().partition(" ")
        _say(*obey(arrivals, command, argument))


def _say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve())
