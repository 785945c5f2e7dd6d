"""Frames on a pipe: a 4-byte little-endian length, then a msgpack body.

The reader takes whatever a non-blocking read gave it and hands back the bodies that are complete;
what is cut off stays until its rest arrives.
"""

from __future__ import annotations

import struct

import msgspec

HEAD = struct.Struct("<I")
LARGEST_BODY = 64 * 1024 * 1024

_encoder = msgspec.msgpack.Encoder()


def encode(message: object) -> bytes:
    """One message (a msgspec struct) as a frame, ready to be written."""
    body = _encoder.encode(message)
    return HEAD.pack(len(body)) + body


class FrameReader:
    """Cuts a byte stream into frame bodies."""

    def __init__(self) -> None:
        self._pending = bytearray()

    @property
    def pending(self) -> int:
        """Bytes held back because their frame is not complete."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes as read; return every body that is complete, oldest first.

        Raises:
            ValueError: a frame claims more than 64 MiB, so the stream is not made of frames.
        """
        self._pending += data
        bodies: list[bytes] = []
        at = 0
        while len(self._pending) - at >= HEAD.size:
            (length,) = HEAD.unpack_from(self._pending, at)
            if length > LARGEST_BODY:
                msg = f"a frame must be ≤ {LARGEST_BODY} bytes, got {length}: not a frame stream"
                raise ValueError(msg)
            end = at + HEAD.size + length
            if end > len(self._pending):
                break
            bodies.append(bytes(self._pending[at + HEAD.size : end]))
            at = end
        del self._pending[:at]
        return bodies
