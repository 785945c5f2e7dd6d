"""The recording that ships in assets/: a results file like any other, compressed.

It is unpacked beside the results, under a name that says which one it is, and never written.
"""

from __future__ import annotations

import hashlib
import lzma
import os
from pathlib import Path

from engine.adapters.store import SqliteStore

PACKED = Path(__file__).resolve().parents[2] / "assets" / "recordings" / "pitch.sqlite.xz"


def open_shipped(folder: Path, packed: Path = PACKED) -> SqliteStore | None:
    """The store that holds it; None if none ships or this machine cannot hold it."""
    try:
        data = packed.read_bytes()
        unpacked = folder / f"shipped-{hashlib.sha256(data).hexdigest()[:12]}.sqlite"
        if not unpacked.exists():
            new = unpacked.with_suffix(f".{os.getpid()}")
            new.write_bytes(lzma.decompress(data))
            new.replace(unpacked)
    except (OSError, lzma.LZMAError):
        return None
    return SqliteStore(unpacked)
