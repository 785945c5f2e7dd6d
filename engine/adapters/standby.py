"""A platform kept warm, so that a run starts at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine.adapters.embedded import EmbeddedPlatform
from engine.model.errors import LimelightError
from engine.model.scenario import PlatformSize

_log = logging.getLogger(__name__)


class Standby:
    """At most one prepared platform; `make` makes one of a size."""

    def __init__(self, make: Callable[[PlatformSize], EmbeddedPlatform]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._platform: EmbeddedPlatform | None = None
        self._closed = False

    def keep(self, size: PlatformSize) -> None:
        """Prepare one in the background, unless one is; a failure shows when a run starts."""
        with self._lock:
            kept = self._platform
            if self._closed or (kept is not None and kept.size == size):
                return
            self._platform = platform = self._make(size)
        _in_background(lambda: _replace(kept, platform))

    def take(self, size: PlatformSize) -> EmbeddedPlatform:
        """The platform kept, if it is of this size; otherwise a new one, not started."""
        with self._lock:
            platform, self._platform = self._platform, None
        if platform is not None and platform.size == size:
            return platform
        if platform is not None:
            _in_background(platform.close)
        return self._make(size)

    def close(self) -> None:
        """End the platform kept, and keep no other; idempotent."""
        with self._lock:
            self._closed = True
            platform, self._platform = self._platform, None
        if platform is not None:
            platform.close()
            platform.discard()


def _in_background(task: Callable[[], None]) -> None:
    threading.Thread(target=task, name="standby", daemon=True).start()


def _replace(kept: EmbeddedPlatform | None, platform: EmbeddedPlatform) -> None:
    if kept is not None:
        kept.close()
        kept.discard()
    try:
        platform.prepare()
    except LimelightError as error:
        _log.warning("no platform could be kept warm: %s", error)
