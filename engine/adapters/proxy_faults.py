"""A target that somebody else runs on this machine, behind our in-path proxy, and its faults."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from engine.adapters.children import Child
from engine.adapters.loopback import LoopbackTarget
from engine.model.address import DEFAULT_PORTS
from engine.model.errors import TargetError
from engine.model.orders import (
    ConnectionDelay,
    FaultOrder,
    LinkTrouble,
    ProxyReady,
    ProxySettings,
    Release,
)
from engine.model.results import Target

MODULE = "engine.adapters.proxy_process"
READY_SECONDS = 10.0
LOOPBACK = "127.0.0.1"
_ready = msgspec.msgpack.Decoder(ProxyReady).decode


class ProxiedTarget(LoopbackTarget):
    """A loopback endpoint whose way can be delayed, reset, narrowed and blacked out."""

    def __init__(self, url: str, logs: Path) -> None:
        super().__init__(url)
        self._logs = logs
        self._child: Child | None = None

    def start(self, run_id: str) -> Target:
        """See that somebody listens, and stand in the way; raises TargetError."""
        target = super().start(run_id)
        parts = urlsplit(target.url)
        host, port = parts.hostname or LOOPBACK, parts.port or DEFAULT_PORTS[parts.scheme]
        listen = host if host != "localhost" else LOOPBACK
        self._child = Child(MODULE, self._logs / "proxy.log")
        self._child.send(ProxySettings(listen=listen, host=host, port=port))
        ours = self._await_port(self._child)
        shown = f"[{host}]" if ":" in host else host
        url = urlunsplit(parts._replace(netloc=f"{shown}:{ours}"))
        line = f"{target.line}, through Limelight's fault proxy"
        return target.model_copy(update={"url": url, "line": line, "has_faults": True})

    def _await_port(self, child: Child) -> int:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not child.ended:
            for frame in child.frames():
                return _ready(frame).port
            time.sleep(0.005)
        self.close()
        msg = f"the fault proxy did not start (exit code {child.exit_code}): see {self._logs}"
        raise TargetError(msg)

    def injector(self) -> ProxiedTarget:
        """The proxy's faults."""
        return self

    def inject(self, order: FaultOrder | LinkTrouble) -> None:
        """Let a fault of the way hold; raises TargetError for one of the target's inside."""
        if not isinstance(order, ConnectionDelay | LinkTrouble):
            msg = "this target takes no orders: only its network can be broken, by the proxy"
            raise TargetError(msg)
        given = msgspec.structs.replace(order, given_ns=time.monotonic_ns())
        if self._child is None or not self._child.send(given):
            msg = "the fault proxy is gone: no fault can be injected"
            raise TargetError(msg)

    def release(self, *tags: str) -> None:
        """End the orders with these tags, all without any; idempotent."""
        if self._child is not None:
            self._child.send(Release(tags))

    def alive(self) -> bool:
        """Whether there is a way to it."""
        return self._child is None or self._child.running

    def close(self) -> None:
        """End the proxy; the target is not ours to end."""
        if self._child is not None:
            self._child.close()
