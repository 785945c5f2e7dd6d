"""A platform kept warm, so that a run starts at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine.adapters.embedded import EmbeddedPlatform
from engine.model.errors import LimelightError

_log = logging.getLogger(__name__)


class Standby:
    """At most one prepared platform; `make` makes one for a number of scorers."""

    def __init__(self, make: Callable[[int], EmbeddedPlatform]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._platform: EmbeddedPlatform | None = None
        self._closed = False

    def keep(self, scorers: int) -> None:
        """Prepare one in the background, unless one is; a failure shows when a run starts."""
        with self._lock:
            if self._closed or self._platform is not None:
                return
            self._platform = platform = self._make(scorers)
        threading.Thread(target=_prepare, args=(platform,), name="standby", daemon=True).start()

    def take(self, scorers: int) -> EmbeddedPlatform:
        """The platform kept, if it has as many scorers; otherwise a new one, not started."""
        with self._lock:
            platform, self._platform = self._platform, None
        if platform is not None and platform.scorers == scorers:
            return platform
        if platform is not None:
            _end(platform)
        return self._make(scorers)

    def close(self) -> None:
        """End the platform kept, and keep no other; idempotent."""
        with self._lock:
            self._closed = True
            platform, self._platform = self._platform, None
        if platform is not None:
            _end(platform)


def _prepare(platform: EmbeddedPlatform) -> None:
    try:
        platform.prepare()
    except LimelightError as error:
        _log.warning("no platform could be kept warm: %s", error)


def _end(platform: EmbeddedPlatform) -> None:
    platform.close()
    platform.discard()
