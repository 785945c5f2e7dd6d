"""A child's end of the pipes to the supervisor: orders in, notes out, and the end of both.

Orders come on stdin. When it closes, the supervisor is gone, whatever ended it, and the process
ends at once: a daemon thread does the blocking read, so nothing the main thread does can delay it.
"""

from __future__ import annotations

import os
import resource
import socket
import struct
import threading
from collections.abc import Callable

import msgspec

from engine.measure.frames import encode
from engine.platform.wire import CARRIES_SOCKET, ChildFailed, Control, Note

FILES_WANTED = 16_384
_CHUNK = 65_536
_decoder = msgspec.json.Decoder(Control)

Handler = Callable[[Control, socket.socket | None], None]


def raise_file_limit() -> None:
    """Allow as many open files as 2,000 connections need, where the hard limit lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Lifeline:
    """Orders from the supervisor and notes to it; the process ends with it."""

    def __init__(self) -> None:
        self._control = socket.socket(fileno=os.dup(0))
        self._lines = bytearray()
        self._sockets: list[socket.socket] = []
        self._writing = threading.Lock()

    def next(self) -> tuple[Control, socket.socket | None]:
        """Wait for one order and the socket that came with it; ends the process at EOF."""
        while (end := self._lines.find(b"\n")) < 0:
            self._receive()
        line = bytes(self._lines[:end])
        del self._lines[: end + 1]
        order = _decoder.decode(line)
        carried = self._sockets.pop(0) if isinstance(order, CARRIES_SOCKET) else None
        return order, carried

    def _receive(self) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self._control, _CHUNK, 16)
        except OSError:
            data, fds = b"", []
        if not data:
            os._exit(0)
        self._sockets += [socket.socket(fileno=fd) for fd in fds]
        self._lines += data

    def listen(self, handle: Handler) -> None:
        """Hand every further order to `handle`, in a thread of its own."""

        def run() -> None:
            while True:
                handle(*self.next())

        threading.Thread(target=run, name="lifeline", daemon=True).start()

    def note(self, note: Note) -> None:
        """Tell the supervisor; ends the process when nobody listens any more."""
        with self._writing:
            _write_all(1, encode(note))

    def fail(self, message: str) -> None:
        """Say why this process cannot work, and end it."""
        self.note(ChildFailed(message))
        os._exit(1)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        os._exit(0)


def read_exactly(link: socket.socket, size: int) -> bytearray | None:
    """That many bytes, waiting for them; None when the other side closed."""
    data = bytearray(size)
    view = memoryview(data)
    while view:
        try:
            got = link.recv_into(view)
        except OSError:
            return None
        if not got:
            return None
        view = view[got:]
    return data


def read_frame(link: socket.socket) -> bytearray | None:
    """One frame's body from a blocking socket; None when the other side closed."""
    head = read_exactly(link, 4)
    return None if head is None else read_exactly(link, struct.unpack("<I", head)[0])
